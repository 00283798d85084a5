"""``Workbench``: one open library, with everything that notebooks, servers and commands do to it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from workbench.errors import UnknownTrackError
from workbench.settings import Settings
from workbench.values import DEFAULT_SIZE

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.features import TrackFeatures
    from workbench.performance.monitor import PerformanceMonitor
    from workbench.playlists.playlist import Playlist
    from workbench.processing.cluster.cluster import Cluster
    from workbench.session.analysis_job import AnalysisJob
    from workbench.session.ingest import Plan, Report
    from workbench.session.playlists import PlaylistShelf
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import PlaylistSummary, Prediction
    from workbench.store.library.track import Track

PathLike = str | os.PathLike[str]


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
        Publish the workers in the data folder, for other processes to join.
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
        from workbench.session.runs import Runs
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
        self.runs = Runs(self.settings, self.library, self.caches, share_cluster=share_cluster)
        self._monitor: PerformanceMonitor | None = None
        self._table: LibraryTable | None = None
        self._lock = threading.RLock()
        self._closed = False
        self._publisher = ProcessPublisher(
            role,
            self.library.activity,
            self._figures,
            clear_caches=self.clear_caches,
            workers=self.runs.worker_pids,
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
        self.runs.close()
        if self._monitor is not None:
            self._monitor.close()
        self._publisher.close()
        self.caches.close()
        self.pool.close()

    @property
    def cluster(self) -> Cluster:
        """The Dask cluster, which starts at its first use."""
        return self.runs.cluster

    # Analysis

    def make_demo_library(self) -> Path:
        """Synthesize the demo library in the data folder, unless it is there, and return its folder."""
        from workbench.audio.demo.demo_library import make_demo_library

        folder = self.settings.data_dir / "demo"
        make_demo_library(folder)
        return folder

    def plan(self, *paths: PathLike, force: bool = False) -> Plan:
        """Say what an analysis of these folders and files would do, and why, without reading any file.

        Raises
        ------
        LibraryPathError
            One of ``paths`` does not exist or cannot be read.
        """
        from workbench.analysis.features import stale
        from workbench.session.ingest import make_plan

        return make_plan(self.library, paths, force=force, stale=stale)

    def analyze(
        self,
        *paths: PathLike,
        force: bool = False,
        plan: Plan | None = None,
        timeout: float | None = None,
        show: bool | None = None,
    ) -> AnalysisJob:
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
        return self.runs.analyze(plan or self.plan(*paths, force=force), timeout=timeout, show=show)

    def embed(
        self, *, force: bool = False, timeout: float | None = None, show: bool | None = None
    ) -> AnalysisJob:
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
        return self.runs.embed(force=force, timeout=timeout, show=show)

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

        version = self.library.version()
        with self._lock:
            if self._table is None or self._table.version != version:
                self._table = with_model_results(self.library, self.library.table())
            return self._table

    def track(self, track: int | str) -> Track:
        """Return one track by id, path or title.

        Raises
        ------
        UnknownTrackError
            None or several match; ``candidates`` lists those that come near.
        """
        key = (self.library.version(), str(track))
        found: Track = self.caches.tracks.get_or_compute(key, lambda: self._find_track(track))
        return found

    def _find_track(self, track: int | str) -> Track:
        matches = self.library.tracks.find(str(track))
        if len(matches) == 1:
            return matches[0]
        candidates = [{"id": match.id, "title": match.title, "path": match.path} for match in matches[:10]]
        problem = f"{len(matches)} tracks match" if matches else "No track matches"
        raise UnknownTrackError(
            f"{problem} {track!r}. Give an id from `workbench tracks`.", candidates=candidates
        )

    def described(self, tracks: Sequence[Track]) -> list[dict[str, Any]]:
        """Return tracks as JSON-able values, with what models predict apart from the tags, in ``predicted``."""
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
    def shelf(self) -> PlaylistShelf:
        """The kept playlists: make several, make again, bring up to date, compare, read files."""
        from workbench.session.playlists import PlaylistShelf

        return PlaylistShelf(self.library, self.table)

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
        return self.shelf.make(method, name=name, size=size, random_state=random_state, **parameters)

    def playlists(self) -> list[PlaylistSummary]:
        """Return the newest kept playlist of every name, newest first."""
        return self.shelf.kept()

    def stored_playlist(self, playlist: int | str) -> Playlist:
        """Return a kept playlist by id or name."""
        return self.shelf.get(playlist)

    # Figures

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
                    probe=self.runs.health,
                )
            return self._monitor

    def clear_caches(self) -> None:
        """Empty the caches of this process."""
        self.caches.clear()

    def _figures(self) -> dict[str, Any]:
        return {
            "caches": self.caches.stats(),
            "database_pool": self.pool.stats(),
            "async_processor": self.runs.statistics.totals(),
        }
