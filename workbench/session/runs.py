"""The runs of one session: its Dask cluster, and the analyses and embeddings under way there."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import ModelError, WorkbenchError
from workbench.processing.job.job_statistics import JobStatistics
from workbench.session.caches import Caches
from workbench.settings import Settings
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord

if TYPE_CHECKING:
    from workbench.processing.cluster.cluster import Cluster
    from workbench.session.analysis_job import AnalysisJob
    from workbench.session.embedding_run import EmbeddingRun
    from workbench.session.ingest import Ingest, Plan

CLOSE_WAIT_S = 5.0


class Runs:
    """Starts what needs workers. The cluster starts at its first use.

    Parameters
    ----------
    share_cluster : bool
        Publish the workers in the data folder, for other processes to join.
    """

    def __init__(self, settings: Settings, library: Library, caches: Caches, *, share_cluster: bool) -> None:
        self._settings = settings
        self._library = library
        self._caches = caches
        self._share_cluster = share_cluster
        self._cluster: Cluster | None = None
        self._jobs: list[AnalysisJob] = []
        self._lock = threading.Lock()
        self.statistics = JobStatistics(lambda: settings.async_workers, joined=self._has_joined)

    @property
    def cluster(self) -> Cluster:
        """The Dask cluster, which starts at its first use."""
        from workbench.analysis import warm_up
        from workbench.processing.cluster.cluster import Cluster

        with self._lock:
            if self._cluster is None:
                self._cluster = Cluster(
                    self._settings,
                    warm_up=warm_up,
                    shared_modules=["workbench.analysis.preload"],
                    share=self._share_cluster,
                )
            return self._cluster

    def analyze(self, plan: Plan, *, timeout: float | None, show: bool | None) -> AnalysisJob:
        """Start an analysis; see :meth:`workbench.session.workbench.Workbench.analyze`."""
        from workbench.analysis.analyze_file import analyze_file_timed
        from workbench.analysis.features import stale
        from workbench.session.ingest import Ingest

        shared = self._caches.shared
        elsewhere = shared.get_many if shared is not None else None
        ingest = Ingest(self._library, plan, stale=stale, keep=self.keep, elsewhere=elsewhere)
        for_workers = self._settings.with_(token=None, redis_url=None)
        return self.start(ingest, analyze_file_timed, for_workers, timeout=timeout, show=show)

    def keep(self, content_hash: str, record: FeatureRecord) -> None:
        """Save what a worker found, and let caches know."""
        self._library.features.save(content_hash, record)
        self._caches.features.pop(content_hash, None)
        if self._caches.shared is not None:
            self._caches.shared.put(content_hash, record)

    def embed(self, *, force: bool, timeout: float | None, show: bool | None) -> AnalysisJob:
        """Start the published models; see :meth:`workbench.session.workbench.Workbench.embed`."""
        from workbench.models.networks.gpu_needs import embedding_needs
        from workbench.models.networks.inference import run_models
        from workbench.models.networks.registry import usable_models, what_models_would_add
        from workbench.session.embedding_run import EmbeddingRun

        models = usable_models(self._settings.models_dir)
        if not models:
            raise ModelError(what_models_would_add(self._settings.models_dir))
        return self.start(
            EmbeddingRun(self._library, models, force=force),
            run_models,
            models,
            timeout=timeout,
            show=show,
            needs=lambda client: embedding_needs(client, models),
        )

    def start(
        self,
        work: Ingest | EmbeddingRun,
        function: Callable[..., Any],
        argument: Any,
        *,
        timeout: float | None = None,
        show: bool | None = None,
        needs: Callable[[Any], Mapping[str, int]] | None = None,
    ) -> AnalysisJob:
        """Call ``function(path, argument)`` on workers for every file of ``work``, and tell it what came of each."""
        from workbench.processing.cluster.worker_paths import translation
        from workbench.processing.job.job import run
        from workbench.processing.job.progress import in_notebook, show_progress
        from workbench.session.analysis_job import AnalysisJob
        from workbench.session.shared_cluster import with_server_workers

        entries = work.tasks()
        job = run(
            self.cluster,
            entries if self._share_cluster else with_server_workers(entries, self._library, self._settings),
            function,
            args=(argument,),
            timeout_s=timeout,
            worker_path=translation(self._settings.worker_paths),
            on_value=work.on_value,
            on_failure=work.on_failure,
            needs=needs,
        )
        analysis = AnalysisJob(job, work, self._settings.async_workers)
        self.statistics.watch(job)
        with self._lock:
            self._jobs = [known for known in self._jobs if not known.done()] + [analysis]
        if in_notebook() or sys.stderr.isatty() if show is None else show:
            show_progress(job)
        return analysis

    def health(self) -> dict[str, Any]:
        """Return what :meth:`Cluster.health` does; starts nothing."""
        return {"started": False} if self._cluster is None else self._cluster.health()

    def worker_pids(self) -> list[int]:
        """Return the worker processes that this session owns."""
        return [] if self._cluster is None else self._cluster.worker_pids()

    def close(self) -> None:
        """Cancel jobs and stop the workers that this session owns."""
        for job in self._jobs:
            job.cancel()
        for job in self._jobs:
            with contextlib.suppress(WorkbenchError, TimeoutError):
                job.result(timeout=CLOSE_WAIT_S)
        if self._cluster is not None:
            self._cluster.close()

    def _has_joined(self) -> bool:
        return self._cluster is not None and self._cluster.joined
