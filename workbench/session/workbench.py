"""``Workbench``: one open library, with everything that notebooks, servers and commands do to it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from workbench.audio.source import inode_time, size_and_time
from workbench.errors import UnknownTrackError
from workbench.settings import Settings
from workbench.values import DEFAULT_SIZE

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.features import TrackFeatures
    from workbench.performance.monitor import PerformanceMonitor
    from workbench.playlists.playlist import Playlist
    from workbench.processing.cluster.cluster import Cluster
    from workbench.processing.job.job import Job
    from workbench.session.jobs.plan import Plan
    from workbench.session.jobs.queue import JobQueue
    from workbench.session.jobs.report import Report
    from workbench.session.maps import Maps
    from workbench.session.models import Models
    from workbench.session.playlists import Playlists
    from workbench.session.problems import Problem
    from workbench.session.tagger import Tagger
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.maintenance import Maintenance
    from workbench.store.library.records import Prediction
    from workbench.store.library.track import Track

PathLike = str | os.PathLike[str]


class Found(NamedTuple):
    """Tracks that were found; ``total`` counts those beyond the limit too."""

    total: int
    tracks: list[Track]


class Workbench:
    """One library: its database, caches and workers. Close it, or use it in a ``with`` statement.

    Parameters
    ----------
    data_dir : path, optional
        Where the library is kept; DATA_DIR by default.
    settings : Settings, optional
        Ready-made settings; nothing else is read then.
    role : str
        How this process is called where processes are listed.
    share_cluster : bool
        Let other processes use the workers, as a server does.
    **overrides
        Single settings by lower-case name, such as ``async_workers=2``.

    Raises
    ------
    SettingsError
        A setting is unknown or not allowed.
    StoreError
        The database cannot be opened: locked, damaged, read-only, or from a newer version.
    """

    def __init__(
        self,
        data_dir: PathLike | None = None,
        *,
        settings: Settings | None = None,
        role: str = "session",
        share_cluster: bool = False,
        **overrides: Any,
    ) -> None:
        from workbench.performance.process_publisher import ProcessPublisher
        from workbench.session.caches import Caches
        from workbench.session.jobs.jobs import Jobs
        from workbench.store.data_folder import make_data_folder
        from workbench.store.database_pool import DatabasePool
        from workbench.store.library.library import Library

        self.settings = settings or Settings.load(data_dir=data_dir, **overrides)
        make_data_folder(self.settings.data_dir)
        self.pool = DatabasePool(
            self.settings.database_path,
            min_connections=self.settings.db_min_connections,
            max_connections=self.settings.db_max_connections,
        )
        self.library = Library(self.pool)
        self.caches = Caches(self.settings)
        self.jobs = Jobs(self.settings, self.library, self.caches, share_cluster=share_cluster)
        self._monitor: PerformanceMonitor | None = None
        self._queue: JobQueue | None = None
        self._table: LibraryTable | None = None
        self._lock = threading.RLock()
        self._closed = False
        self._publisher = ProcessPublisher(
            role,
            self.library.activity,
            self._figures,
            clear_caches=self.clear_caches,
            workers=self.jobs.worker_pids,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel jobs, stop the workers that this session owns and close the database. Twice is fine."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._queue is not None:
            self._queue.close()
        self.jobs.close()
        if self._monitor is not None:
            self._monitor.close()
        self._publisher.close()
        self.caches.close()
        self.pool.close()

    @property
    def cluster(self) -> Cluster:
        """The Dask cluster, which starts at its first use."""
        return self.jobs.cluster

    # Analysis

    def make_demo_library(self) -> Path:
        """Synthesize the demo library in the data folder, unless it is there, and return its folder."""
        from workbench.audio.demo.demo_library import make_demo_library

        folder = self.settings.data_dir / "demo"
        make_demo_library(folder)
        return folder

    def plan(
        self,
        *paths: PathLike,
        force: bool = False,
        recursive: bool = True,
        formats: Sequence[str] | None = None,
    ) -> Plan:
        """Say what an analysis of these folders and files would do, and why, without opening any file.

        Parameters
        ----------
        force : bool
            Analyze again what is known, and try again what failed.
        recursive : bool
            Look into folders inside of folders.
        formats : sequence of str, optional
            Only files with these suffixes, such as ``flac``.

        Raises
        ------
        LibraryPathError
            One of ``paths`` does not exist or cannot be read.
        """
        from workbench.analysis.features import stale
        from workbench.session.jobs.plan import make_plan

        return make_plan(
            self.library,
            paths,
            force=force,
            stale=stale,
            recursive=recursive,
            formats=formats,
            exclude=self.settings.scan_exclude,
        )

    def analyze(
        self,
        *paths: PathLike,
        force: bool = False,
        plan: Plan | None = None,
        timeout: float | None = None,
        show: bool | None = None,
    ) -> Job[Report]:
        """Analyze every audio file below these folders and files; return at once.

        Parameters
        ----------
        force : bool
            Analyze again what is known, and try again what failed.
        plan : Plan, optional
            From :meth:`plan`, instead of ``paths``.
        timeout : float, seconds, optional
            Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default.
        show : bool, optional
            Show a progress bar; by default in a notebook and on a terminal.
        """
        return self.jobs.analyze(plan or self.plan(*paths, force=force), timeout=timeout, show=show)

    def embed(
        self, *, force: bool = False, timeout: float | None = None, show: bool | None = None
    ) -> Job[Report]:
        """Run the published models in MODELS_DIR over the analyzed tracks that they have not seen; return at once.

        Parameters
        ----------
        force : bool
            Over all analyzed tracks.
        timeout : float, seconds, optional
            Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default.
        show : bool, optional
            Show a progress bar; by default in a notebook and on a terminal.

        Raises
        ------
        ModelError
            There is no usable model; says what models would add.
        """
        return self.jobs.embed(force=force, timeout=timeout, show=show)

    async def analyze_async(
        self, *paths: PathLike, force: bool = False, timeout: float | None = None
    ) -> Report:
        """Analyze without blocking the event loop; see :meth:`analyze`."""
        plan = await asyncio.to_thread(self.plan, *paths, force=force)
        return await self.analyze(plan=plan, timeout=timeout, show=False)

    # Tracks

    @property
    def tracks(self) -> pd.DataFrame:
        """Every track as a DataFrame, one row a track, indexed by id."""
        return self.table().to_frame()

    def table(self) -> LibraryTable:
        """The library as columns; read again only when the library has changed."""
        from workbench.models.columns import with_model_results
        from workbench.playlists.making.kinds import with_kinds

        version = self.library.version()
        with self._lock:
            if self._table is None or self._table.version != version:
                table = with_model_results(self.library, self.library.table())
                self._table = with_kinds(table, long_track_minutes=self.settings.long_track_minutes)
            return self._table

    def find(
        self,
        query: str | None = None,
        *,
        status: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Found:
        """Find tracks by words and status, in order of id.

        Parameters
        ----------
        query : str, optional
            Words that all occur in title, artist, album, genre or path; case and accents do not matter.
        status : {"pending", "analyzed", "failed", "missing"}, optional
        limit, offset : int
            Return at most ``limit`` tracks, from number ``offset`` on.
        """
        tracks = self.library.tracks.select(limit=limit, offset=offset, query=query, status=status)
        return Found(self.library.tracks.count(query=query, status=status), tracks)

    def track(self, track: int | str) -> Track:
        """Return one track.

        Parameters
        ----------
        track : int or str
            A number is an id. A text is an id, a path, a title, or words of them.

        Raises
        ------
        UnknownTrackError
            None or several match; ``candidates`` lists those that come near.
        """
        key = (self.library.version(), str(track))
        found: Track = self.caches.tracks.get_or_compute(key, lambda: self._find_track(str(track)))
        if isinstance(track, int) and found.id != track:  # a number is an id, not the title "1999"
            raise UnknownTrackError(f"There is no track {track}.", candidates=[])
        return found

    def first_playable(self) -> int | None:
        """Return the lowest id of a track that is analyzed and whose file is there; ``None`` where there is none."""
        table = self.table()
        ready = table.ids[table.analyzed & ~table.missing]
        return int(ready[0]) if len(ready) else None

    def _find_track(self, track: str) -> Track:
        matches = self.library.tracks.find(track)
        if len(matches) == 1:
            return matches[0]
        candidates = [{"id": match.id, "title": match.title, "path": match.path} for match in matches[:10]]
        problem = f"{len(matches)} tracks match" if matches else "No track matches"
        raise UnknownTrackError(
            f"{problem} {track!r}. Give an id from `workbench tracks`.", candidates=candidates
        )

    def unchanged(self, path: PathLike) -> dict[str, Any] | None:
        """Return the described track of a file that is analyzed and has not changed since, or ``None``."""
        file = os.fspath(path)
        status = Path(file).stat()
        key = f"track:{file}:{size_and_time(status)}:{inode_time(status)}:{self.library.version()}"
        described: dict[str, Any] | None = self.caches.tracks.get(key)
        if described is None:
            known = self.library.files.known([file]).get(file)
            if known is None or known.status != "analyzed":
                return None
            now = (*size_and_time(status), inode_time(status))
            if (known.size_bytes, known.mtime_ns, known.ctime_ns) != now:
                return None
            (described,) = self.described([self.track(known.id)])
            self.caches.tracks[key] = described
        return described

    def similar(self, track: int | str, n: int = 10) -> Playlist:
        """Return the ``n`` tracks nearest to one in sound, nearest first, each with its ``distance``.

        Files with the same content as the track, and copies among the others, are left out. Nothing is kept;
        ``wb.playlists.keep`` does that.

        Raises
        ------
        UnknownTrackError
            There is no such track, or it is not analyzed.
        """
        start = self.track(track).id
        made = self.playlists.draft("similarity", start=start, size=n + 1, random_state=0)
        return replace(made, tracks=tuple(one for one in made if one.id != start)[:n], card={})

    def problems(self, table: LibraryTable) -> list[Problem]:
        """Return what is wrong with the tracks of a table: duplicates, failed and missing files, odd values."""
        from workbench.session.problems import find_problems

        return find_problems(self.library, table)

    def statistics(self) -> dict[str, Any]:
        """Return how much of the library is analyzed: counts, features, failures by kind, seconds of audio."""
        import numpy as np

        info, table = self.library.maintenance.info(), self.table()
        durations = table.columns.get("duration_s", np.zeros(0))  # no such column before the first analysis
        failed = Counter(track.error_kind or "error" for track in self.library.tracks.select(status="failed"))
        return {
            "tracks": {"total": 0, **self.library.tracks.count_by_status(), **info["tracks"]},
            "features": info["features"],
            "failures": dict(failed),
            "audio_seconds": float(np.nansum(durations)),
        }

    # Ratings and labels

    def rate(self, track: int | str, rating: float | None) -> None:
        """Keep the user's rating of a track: 1 liked, -1 disliked, ``None`` for no rating."""
        self.library.ratings.rate(self.track(track).content_hash, rating)

    def rating(self, track: int | str) -> float | None:
        """Return the user's rating of a track, ``None`` where there is none."""
        rating = self.library.ratings.all().get(self.track(track).content_hash)
        return rating.rating if rating else None

    def label(self, track: int | str, **labels: str) -> None:
        """Set labels of a track by hand, such as ``genre="House"``; they take precedence over tags and playlists."""
        self.library.ratings.label(self.track(track).content_hash, labels)

    def described(self, tracks: Sequence[Track]) -> list[dict[str, Any]]:
        """Return tracks as JSON-able values; what models predict is in ``predicted``, apart from the tags."""
        from workbench.models.predicted import predicted

        by_content: dict[str, list[Prediction]] = {}
        for prediction in self.library.models.predictions({track.content_hash for track in tracks}):
            by_content.setdefault(prediction.content_hash, []).append(prediction)
        return [
            track.to_dict() | {"predicted": predicted(by_content.get(track.content_hash, ()))}
            for track in tracks
        ]

    def features(self, track: int | str) -> TrackFeatures | None:
        """Return the features of a track, curves included, or ``None`` when it is not analyzed."""
        from workbench.analysis.features import TrackFeatures

        found = self.track(track)
        if not found.features:
            return None
        return TrackFeatures.from_record(
            self.caches.features.get_or_compute(
                found.content_hash, lambda: self.library.features.get(found.content_hash)
            )
        )

    # Playlists

    @property
    def playlists(self) -> Playlists:
        """Playlists: make several, make again, refresh, compare, read files. Calling it gives the kept ones."""
        from workbench.session.playlists import Playlists

        return Playlists(self.library, self.table)

    def playlist(
        self,
        /,
        method: str,
        *,
        name: str | None = None,
        size: int = DEFAULT_SIZE,
        random_state: int | None = None,
        **parameters: Any,
    ) -> Playlist:
        """Make a playlist and keep it in the database, with the recipe that makes it again.

        Parameters
        ----------
        method : str
            See ``workbench.playlists.METHODS``.
        name : str, optional
            Made from the method by default.
        random_state : int, optional
            The same number, on the same library, gives the same playlist.
        **parameters
            Of the method, of the order and of the constraints.

        Raises
        ------
        PlaylistError
            Unknown method, parameter or track; a value that is not allowed; nothing to choose from.
        """
        return self.playlists.make(method, name=name, size=size, random_state=random_state, **parameters)

    @staticmethod
    def waiting_until(give_up_at: float) -> AbstractContextManager[None]:
        """Let this thread wait for the database no longer than until ``time.monotonic()`` is ``give_up_at``."""
        from workbench.store.sqlite.wait_limit import waiting_until

        return waiting_until(give_up_at)

    # The other nouns

    @property
    def models(self) -> Models:
        """The published models in MODELS_DIR."""
        from workbench.session.models import Models

        return Models(self.library, self.settings)

    @property
    def tagger(self) -> Tagger:
        """Taggers, which learn from the user's own labels."""
        from workbench.session.tagger import Tagger

        return Tagger(self.library, self.playlists, self.settings.data_dir)

    @property
    def maps(self) -> Maps:
        """Where tracks lie on the music map."""
        from workbench.session.maps import Maps

        return Maps(self.library, lambda: self.cluster)

    @property
    def database(self) -> Maintenance:
        """Care for the database: info, check, backup, restore, vacuum, cleanup."""
        return self.library.maintenance

    @property
    def queue(self) -> JobQueue:
        """The jobs of a server; made when first used."""
        from workbench.session.jobs.queue import JobQueue

        with self._lock:
            if self._queue is None:
                self._queue = JobQueue(self._analyze_request, self.library)
            return self._queue

    def _analyze_request(self, request: Mapping[str, Any]) -> Job[Report]:
        plan = self.plan(
            *request["paths"],
            force=request["force"],
            recursive=request["recursive"],
            formats=request["formats"],
        )
        return self.analyze(plan=plan, show=False)

    # Performance

    def performance(self) -> dict[str, Any]:
        """Return what the performance endpoints answer, about every live process.

        The keys of ``metrics``, and beside them ``cache_stats``, ``async_processor_health``, ``resource_usage`` and
        ``optimization_report``.
        """
        self._publisher.publish()
        monitor = self.monitor
        monitor.refresh()
        return monitor.metrics() | {
            "cache_stats": monitor.cache_stats(),
            "async_processor_health": monitor.processor_health(),
            "resource_usage": monitor.resource_usage(),
            "optimization_report": monitor.optimization_report(),
        }

    @property
    def monitor(self) -> PerformanceMonitor:
        """What watches every process of this workbench; made when first used."""
        from workbench.performance.monitor import PerformanceMonitor
        from workbench.performance.system import SystemSampler

        with self._lock:
            if self._monitor is None:
                self._monitor = PerformanceMonitor(
                    self.settings,
                    self.library.activity,
                    SystemSampler(self.settings.data_dir),
                    probe=self.jobs.health,
                )
                self.jobs.statistics.account_for(self._monitor.guest_operations)
            return self._monitor

    def performance_history(self, *, hours: float = 6) -> list[tuple[float, Any]]:
        """Return the counters of all processes over the last hours, each with its time in seconds since the epoch."""
        return self.library.activity.metrics(since=time.time() - 3600 * hours)

    def keep_benchmark(self, result: Mapping[str, Any]) -> None:
        """Keep what ``workbench bench`` measured, for the optimization report."""
        self.library.activity.add_benchmark(result)

    def clear_caches(self) -> None:
        """Empty the caches of this process."""
        self.caches.clear()

    def _figures(self) -> dict[str, Any]:
        return {
            "caches": self.caches.stats(),
            "database_pool": self.pool.stats(),
            "async_processor": self.jobs.statistics.totals(),
        }
