"""What the handlers call: one workbench, its queue of jobs, its figures, threads for whatever may wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tornado.web import HTTPError

from workbench.apps.rest.allowed_paths import allowed_file, allowed_folder
from workbench.apps.rest.operations import InvalidInputError
from workbench.apps.server.cluster_watch import ClusterWatch
from workbench.apps.server.loop_lag import LoopLag
from workbench.errors import StoreError, UnknownTrackError
from workbench.session.job_queue import JobQueue
from workbench.store.sqlite.wait_limit import waiting_until

if TYPE_CHECKING:
    from workbench.performance.monitor import PerformanceMonitor
    from workbench.playlists.playlist import Playlist
    from workbench.session.workbench import Workbench
    from workbench.settings import Settings
    from workbench.store.library.track import Track

THREADS = 8
WRITING_THREADS = 4
DATABASE_WAIT_S = 2.5  # then 503: whoever asks can try again, and the threads are free for others
RESERVED = frozenset({"method", "size", "name", "random_state"})

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Service:
    """One open library behind a server; close it when the server stops.

    Parameters
    ----------
    role : str
        What this process calls itself among the published ones.
    """

    def __init__(self, settings: Settings, *, role: str) -> None:
        from workbench.performance.monitor import PerformanceMonitor
        from workbench.performance.system import SystemSampler
        from workbench.session.workbench import Workbench

        self.settings = settings
        self.started_at = time.time()
        self.closing = False
        self.lag = LoopLag()
        self.workbench: Workbench = Workbench(settings=settings, role=role, share_cluster=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="workbench-api")
        self._writing_threads = ThreadPoolExecutor(WRITING_THREADS, thread_name_prefix="workbench-write")
        self.cluster_watch = ClusterWatch(self.workbench)
        self.monitor: PerformanceMonitor = PerformanceMonitor(
            settings,
            self.workbench.library.activity,
            SystemSampler(settings.data_dir),
            probe=self.cluster_watch.latest,
        )
        self.workbench.runs.statistics.account_for(self.monitor.guest_operations)
        self.monitor.start()
        self.jobs = JobQueue(self._analyze, self.workbench.library)
        try:
            if resumed := self.jobs.resume():
                _log.info("Resuming %d unfinished jobs", resumed)
        except StoreError as error:
            _log.warning("Unfinished jobs were not resumed: %s", error)

    async def run(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Call a function that reads and may wait for disk or database, off the event loop."""
        return await self._call(self._threads, partial(function, *args, **options))

    async def write(self, function: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Call a function that writes: on threads of their own, so that a locked database holds up no reader."""
        return await self._call(self._writing_threads, partial(function, *args, **options))

    async def _call(self, threads: ThreadPoolExecutor, function: Callable[[], T]) -> T:
        give_up_at = time.monotonic() + DATABASE_WAIT_S

        def call() -> T:
            with waiting_until(give_up_at):
                return function()

        return await asyncio.get_running_loop().run_in_executor(threads, call)

    def close(self) -> None:
        """Park unfinished jobs, stop the workers, close the database. Twice is fine."""
        self.closing = True
        self.lag.close()
        self.jobs.close()
        self.cluster_watch.close()
        self.monitor.close()
        self._threads.shutdown(cancel_futures=True)
        self._writing_threads.shutdown(cancel_futures=True)
        self.workbench.close()

    def cached_track(self, path: str) -> dict[str, Any] | None:
        """Return a track that is analyzed and whose file has not changed since, or ``None``."""
        file = allowed_file(path, self.settings.library_roots)
        status = file.stat()
        key = f"track:{file}:{status.st_size}:{status.st_mtime_ns}:{self.workbench.library.version()}"
        found: dict[str, Any] | None = self.workbench.caches.tracks.get(key)
        if found is None:
            known = self.workbench.library.files.known([str(file)]).get(str(file))
            if known is None or known.status != "analyzed":
                return None
            if (known.size_bytes, known.mtime_ns) != (status.st_size, status.st_mtime_ns):
                return None
            track = self.workbench.library.tracks.get(known.id)
            if track is None:
                return None
            (found,) = self.workbench.described([track])
            self.workbench.caches.tracks[key] = found
        return found

    def track(self, track_id: int) -> Track:
        """Return a track.

        Raises
        ------
        UnknownTrackError
            There is none with this id.
        """
        track = self.workbench.library.tracks.get(track_id)
        if track is None:
            raise UnknownTrackError(f"There is no track {track_id}.", candidates=[])
        return track

    def failure_kinds(self) -> dict[str, int]:
        """Return how many tracks failed for each kind of reason."""
        failed = self.workbench.library.tracks.select(status="failed")
        return dict(Counter(track.error_kind or "error" for track in failed))

    def make_playlist(
        self,
        method: str,
        *,
        size: int,
        name: str | None,
        random_state: int | None,
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """Make and keep a playlist; return it as JSON-able values."""
        if taken := sorted(RESERVED & parameters.keys()):
            raise InvalidInputError(f"parameters.{taken[0]}", "is a field of its own, beside parameters")
        for file in (parameters.get("history"), parameters.get("playlist")):
            if isinstance(file, str) and "/" in file:
                allowed_file(file, self.settings.library_roots)
        return self.workbench.playlist(
            method, size=size, name=name, random_state=random_state, **parameters
        ).to_dict()

    def playlist_methods(self) -> dict[str, Any]:
        """Return every method and the parameters that all share, each with what it allows."""
        from workbench.playlists import COMMON_PARAMETERS, METHODS

        return {
            "methods": [method.to_dict() for method in METHODS.values()],
            "common": [parameter.to_dict() for parameter in COMMON_PARAMETERS.values()],
        }

    def compare_playlists(self, a: int, b: int) -> dict[str, Any]:
        """Return what two kept playlists share."""
        for playlist_id in (a, b):
            self._stored(playlist_id)
        return self.workbench.shelf.compare(a, b).to_dict()

    def playlist_again(self, playlist_id: int) -> dict[str, Any]:
        """Make a kept playlist again and keep it."""
        return self.workbench.shelf.again(self._stored(playlist_id).recipe()).to_dict()

    def refresh_playlist(self, playlist_id: int) -> dict[str, Any]:
        """Bring a kept playlist up to date and keep it."""
        self._stored(playlist_id)
        return self.workbench.shelf.refresh(playlist_id).to_dict()

    def playlist(self, playlist_id: int) -> dict[str, Any]:
        """Return a kept playlist as JSON-able values."""
        return self._stored(playlist_id).to_dict()

    def playlist_file(self, playlist_id: int, format: str) -> tuple[str, str, bytes]:
        """Return file name, media type and bytes of a kept playlist."""
        from workbench.playlists.files.exporting import render
        from workbench.playlists.files.formats import find_format

        playlist = self._stored(playlist_id)
        data = render(playlist, format=format)
        return f"{playlist.name}.{format}", find_format(Path(), format).media_type, data

    def _stored(self, playlist_id: int) -> Playlist:
        # the number must be an id here, never a name
        if self.workbench.library.playlists.get(playlist_id) is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "There is no such playlist.")
        return self.workbench.stored_playlist(playlist_id)

    def request_for_file(self, path: str, *, force: bool) -> dict[str, Any]:
        """Return the job request that analyses one file."""
        file = allowed_file(path, self.settings.library_roots)
        return {"paths": [str(file)], "force": force, "recursive": False, "formats": None}

    def request_for_folder(self, path: str, *, recursive: bool, formats: list[str] | None) -> dict[str, Any]:
        """Return the job request that analyses what is in a folder."""
        folder = allowed_folder(path, self.settings.library_roots)
        return {"paths": [str(folder)], "force": False, "recursive": recursive, "formats": formats}

    def _analyze(self, request: Mapping[str, Any]) -> Any:
        """Start the analysis that a request asks for; runs on a thread of the queue."""
        from workbench.audio.scan import FoundFile, scan

        paths = request["paths"]
        if request["formats"] is not None or not request["recursive"]:
            found = scan(paths, formats=request["formats"], recursive=request["recursive"])
            paths = [file.path for file in found if isinstance(file, FoundFile)]
        plan = self.workbench.plan(*paths, force=request["force"])
        return self.workbench.analyze(plan=plan, show=False)

    @property
    def uptime_s(self) -> float:
        return time.time() - self.started_at
