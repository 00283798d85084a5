"""``Workbench``: one open library, with everything that notebooks, servers and commands do to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from workbench.errors import ModelError, UnknownTrackError, WorkbenchError
from workbench.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from workbench.analysis.features import TrackFeatures
    from workbench.analysis_job import AnalysisJob
    from workbench.embedding_run import EmbeddingRun
    from workbench.ingest import Ingest, Plan, Report
    from workbench.performance.monitor import PerformanceMonitor
    from workbench.playlist_shelf import PlaylistShelf
    from workbench.playlists.playlist import Playlist
    from workbench.processing.cluster import Cluster
    from workbench.store.library_table import LibraryTable
    from workbench.store.records import FeatureRecord, PlaylistSummary, Prediction
    from workbench.store.shared_cache import SharedCache
    from workbench.store.track import Track

PathLike = str | os.PathLike[str]

CLOSE_WAIT_S = 5.0


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
        from workbench.performance.job_figures import JobFigures
        from workbench.performance.process_publisher import ProcessPublisher
        from workbench.store.data_folder import make_data_folder
        from workbench.store.database_pool import DatabasePool
        from workbench.store.library import Library
        from workbench.store.memory_cache import MemoryCache

        self.settings = settings or Settings.load(data_dir=data_dir, **overrides)
        make_data_folder(self.settings.data_dir)
        self.pool = DatabasePool(
            self.settings.database_path,
            min_connections=self.settings.db_min_connections,
            max_connections=self.settings.db_max_connections,
        )
        self.library = Library(self.pool)
        half_bytes = int(self.settings.cache_size_mb * 2**20) // 2
        ttl_seconds = self.settings.cache_ttl_seconds
        self.analysis_cache = MemoryCache(half_bytes, ttl_seconds, name="analysis_cache")
        self.feature_cache = MemoryCache(half_bytes, ttl_seconds, name="feature_cache")
        self.shared_cache = self._open_shared_cache()
        self._share_cluster = share_cluster
        self._cluster: Cluster | None = None
        self._monitor: PerformanceMonitor | None = None
        self._table: LibraryTable | None = None
        self._jobs: list[AnalysisJob] = []
        self._lock = threading.RLock()
        self._closed = False
        self.job_figures = JobFigures(lambda: self.settings.async_workers)
        self._publisher = ProcessPublisher(
            role, self.library, self._figures, clear_caches=self.clear_caches, workers=self._worker_pids
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
        for job in self._jobs:
            job.cancel()
        for job in self._jobs:
            with contextlib.suppress(WorkbenchError, TimeoutError):
                job.result(timeout=CLOSE_WAIT_S)
        if self._cluster is not None:
            self._cluster.close()
        if self._monitor is not None:
            self._monitor.close()
        self._publisher.close()
        self.analysis_cache.close()
        self.feature_cache.close()
        if self.shared_cache is not None:
            self.shared_cache.close()
        self.pool.close()

    @property
    def cluster(self) -> Cluster:
        """The Dask cluster, which starts at its first use."""
        from workbench.analysis import warm_up
        from workbench.processing.cluster import Cluster

        with self._lock:
            if self._cluster is None:
                self._cluster = Cluster(
                    self.settings,
                    warm_up=warm_up,
                    shared_modules=["workbench.analysis.warmed_up"],
                    share=self._share_cluster,
                )
            return self._cluster

    # Analysis

    def make_demo_library(self) -> Path:
        """Synthesise the demo library in the data folder, unless it is there, and return its folder."""
        from workbench.audio.demo_library import make_demo_library

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
        from workbench.ingest import make_plan

        return make_plan(self.library, paths, force=force, stale=stale)

    def analyze(
        self,
        *paths: PathLike,
        force: bool = False,
        plan: Plan | None = None,
        timeout: float | None = None,
        show: bool | None = None,
    ) -> AnalysisJob:
        """Analyse every audio file below these folders and files; return at once.

        Parameters
        ----------
        force : bool
            Analyse again what is known, and try again what failed.
        plan : Plan, optional
            From :meth:`plan`, instead of ``paths``.
        timeout : float, seconds, optional
            Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default.
        show : bool, optional
            Show a progress bar; by default in a notebook and on a terminal.
        """
        from workbench.analysis.features import stale
        from workbench.analysis.timed import analyze_file_timed
        from workbench.ingest import Ingest

        plan = plan or self.plan(*paths, force=force)
        elsewhere = self.shared_cache.get_many if self.shared_cache is not None else None
        ingest = Ingest(self.library, plan, stale=stale, keep=self._keep, elsewhere=elsewhere)
        for_workers = self.settings.with_(token=None, redis_url=None)
        return self._start(ingest, analyze_file_timed, for_workers, timeout=timeout, show=show)

    def embed(
        self, *, force: bool = False, timeout: float | None = None, show: bool | None = None
    ) -> AnalysisJob:
        """Run the published models in MODELS_DIR over the analysed tracks that they have not seen; return at once.

        Parameters
        ----------
        force : bool
            Over all analysed tracks.
        timeout : float, seconds, optional
            Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default.
        show : bool, optional
            Show a progress bar; by default in a notebook and on a terminal.

        Raises
        ------
        ModelError
            There is no usable model; says what models would add.
        """
        from workbench.embedding_run import EmbeddingRun
        from workbench.models.gpu import embedding_needs
        from workbench.models.inference import run_models
        from workbench.models.registry import usable_models, what_models_would_add

        models = usable_models(self.settings.models_dir)
        if not models:
            raise ModelError(what_models_would_add(self.settings.models_dir))
        work = EmbeddingRun(self.library, models, force=force)
        return self._start(
            work,
            run_models,
            models,
            timeout=timeout,
            show=show,
            needs=lambda client: embedding_needs(client, models),
        )

    def _start(
        self,
        work: Ingest | EmbeddingRun,
        function: Callable[..., Any],
        argument: Any,
        *,
        timeout: float | None = None,
        show: bool | None = None,
        needs: Callable[[Any], Mapping[str, int]] | None = None,
    ) -> AnalysisJob:
        from workbench.analysis_job import AnalysisJob
        from workbench.processing.job import run
        from workbench.processing.progress import in_notebook, show_progress
        from workbench.processing.worker_paths import translation
        from workbench.shared_cluster import with_server_workers

        entries = work.tasks()
        job = run(
            self.cluster,
            entries if self._share_cluster else with_server_workers(entries, self.library, self.settings),
            function,
            args=(argument,),
            timeout_s=timeout,
            worker_path=translation(self.settings.worker_paths),
            on_value=work.on_value,
            on_failure=work.on_failure,
            needs=needs,
        )
        analysis = AnalysisJob(job, work, self.settings.async_workers)
        self.job_figures.watch(job)
        with self._lock:
            self._jobs = [known for known in self._jobs if not known.done()] + [analysis]
        if in_notebook() or sys.stderr.isatty() if show is None else show:
            show_progress(job)
        return analysis

    async def analyze_async(
        self, *paths: PathLike, force: bool = False, timeout: float | None = None
    ) -> Report:
        """Analyse without blocking the event loop; see :meth:`analyze`."""
        plan = await asyncio.to_thread(self.plan, *paths, force=force)
        return await self.analyze(plan=plan, timeout=timeout, show=False)

    def _keep(self, content_hash: str, record: FeatureRecord) -> None:
        self.library.save_features(content_hash, record)
        self.analysis_cache.pop(content_hash, None)
        if self.shared_cache is not None:
            self.shared_cache.put(content_hash, record)

    def _open_shared_cache(self) -> SharedCache | None:
        if self.settings.redis_url is None:
            return None
        from workbench.analysis.features import VERSION
        from workbench.store.shared_cache import SharedCache

        return SharedCache(
            self.settings.redis_url, version=VERSION, ttl_seconds=self.settings.cache_ttl_seconds
        )

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
        matches = self.library.find_tracks(str(track))
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
        for prediction in self.library.predictions({track.content_hash for track in tracks}):
            by_content.setdefault(prediction.content_hash, []).append(prediction)
        return [
            track.to_dict() | {"predicted": predicted(by_content.get(track.content_hash, ()))}
            for track in tracks
        ]

    def features(self, track: int | str) -> TrackFeatures | None:
        """Return the features of a track, curves included, or ``None`` when it is not analysed."""
        from workbench.analysis.features import TrackFeatures

        found = self.track(track)
        if not found.features:
            return None
        return TrackFeatures.from_record(
            self.analysis_cache.get_or_compute(
                found.content_hash, lambda: self.library.features(found.content_hash)
            )
        )

    # Playlists

    @property
    def shelf(self) -> PlaylistShelf:
        """The kept playlists: make several, make again, bring up to date, compare, read files."""
        from workbench.playlist_shelf import PlaylistShelf

        return PlaylistShelf(self.library, self.table)

    def playlist(
        self,
        method: str,
        *,
        name: str | None = None,
        size: int = 25,
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
                    self.settings, self.library, SystemSampler(self.settings.data_dir), probe=self._probe
                )
            return self._monitor

    def clear_caches(self) -> None:
        """Empty the caches of this process."""
        self.analysis_cache.clear()
        self.feature_cache.clear()

    def _probe(self) -> dict[str, Any]:
        return {"started": False} if self._cluster is None else self._cluster.health()

    def _worker_pids(self) -> list[int]:
        return [] if self._cluster is None else self._cluster.worker_pids()

    def _figures(self) -> dict[str, Any]:
        caches = (self.analysis_cache, self.feature_cache, self.shared_cache)
        return {
            "caches": {
                stats["name"]: stats for stats in (cache.stats() for cache in caches if cache is not None)
            },
            "database_pool": self.pool.stats(),
            "async_processor": self.job_figures.figures(),
        }
