"""What the handlers call: one workbench, its queue of jobs, its figures, threads for whatever may wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from workbench.apps.rest.operations import InvalidInputError
from workbench.apps.server.loop_lag import LoopLag
from workbench.errors import StoreError
from workbench.session.allowed_paths import allowed_file, allowed_folder
from workbench.store.sqlite.wait_limit import waiting_until

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench
    from workbench.settings import Settings

THREADS = 8  # set by hand: requests that wait for the disk
WRITING_THREADS = 4  # set by hand; the database has one writer, so these only wait in turn
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
        from workbench.session.workbench import Workbench

        self.settings = settings
        self.started_at = time.time()
        self.closing = False
        self.lag = LoopLag()
        self.workbench: Workbench = Workbench(settings=settings, role=role, share_cluster=True)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="workbench-api")
        self._writing_threads = ThreadPoolExecutor(WRITING_THREADS, thread_name_prefix="workbench-write")
        self.workbench.jobs.watch_cluster()
        self.workbench.monitor.start()
        try:
            if resumed := self.workbench.queue.resume():
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
        self.workbench.queue.close()
        self._threads.shutdown(cancel_futures=True)
        self._writing_threads.shutdown(cancel_futures=True)
        self.workbench.close()

    def unchanged_track(self, path: str) -> dict[str, Any] | None:
        """Return a track that is analyzed and whose file has not changed since, or ``None``."""
        return self.workbench.unchanged(allowed_file(path, self.settings.library_roots))

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

    def request_for_file(self, path: str, *, force: bool) -> dict[str, Any]:
        """Return the job request that analyses one file."""
        file = allowed_file(path, self.settings.library_roots)
        return {"paths": [str(file)], "force": force, "recursive": False, "formats": None}

    def request_for_folder(self, path: str, *, recursive: bool, formats: list[str] | None) -> dict[str, Any]:
        """Return the job request that analyses what is in a folder."""
        folder = allowed_folder(path, self.settings.library_roots)
        return {"paths": [str(folder)], "force": False, "recursive": recursive, "formats": formats}

    @property
    def uptime_s(self) -> float:
        return time.time() - self.started_at
