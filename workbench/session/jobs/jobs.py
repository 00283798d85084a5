"""``wb.jobs``: the workers of one session, and its running jobs."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from workbench.audio.bounds import call_inside
from workbench.cards.verbs import Verbs
from workbench.errors import WorkbenchError
from workbench.processing.job.job_statistics import JobStatistics
from workbench.settings import Settings
from workbench.store.library.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.processing.cluster.cluster import Cluster
    from workbench.processing.cluster.worker_health import WorkerHealth
    from workbench.processing.job.job import Job
    from workbench.processing.job.single_call import Steps
    from workbench.processing.job.task import Cached, Failure, Task
    from workbench.session.jobs.cluster_watch import ClusterWatch
    from workbench.session.jobs.report import Report

CLOSE_WAIT_S = 5.0  # cancelled files get two seconds to end, and their workers three to be killed

V = TypeVar("V")


class Tasks(Protocol):
    """The tasks of a job: yields them and receives the result of each."""

    def tasks(self) -> Iterator[Task | Cached | Failure]: ...
    def on_value(self, task: Task, value: Any) -> float: ...
    def on_failure(self, task: Task | None, failure: Failure) -> Sequence[Failure] | None: ...
    def report(self, workers: int) -> Report: ...


class Jobs(Verbs):
    """Starts jobs on the Dask cluster, which starts at its first use.

    Parameters
    ----------
    share_cluster : bool
        Let other processes use the workers: publish their address in the data folder, start them when another
        process requests them, and check their health every second.
    announce : callable
        Called with every job just before it starts, so that other processes see it, and no server ends the workers that
        the job is about to use.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        *,
        share_cluster: bool,
        announce: Callable[[Job[Any]], None],
    ) -> None:
        self._settings = settings
        self._announce = announce
        self._library = library
        self._share_cluster = share_cluster
        self._cluster: Cluster | None = None
        self._watch = self._watch_cluster() if share_cluster else None
        self._jobs: list[Job[Any]] = []
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

    def start(
        self,
        tasks: Tasks,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        *,
        timeout: float | None = None,
        show: bool | None = None,
        needs: Callable[[Any], Mapping[str, int]] | None = None,
        title: str = "Analysis",
        within: Sequence[Path] | None = None,
    ) -> Job[Report]:
        """Call ``function(path, *arguments)`` on workers for every task; ``tasks`` receives each result.

        Workers do not read files outside the folders ``within``, if these are given.
        """
        from workbench.processing.cluster.worker_paths import folders_on_workers, translation
        from workbench.processing.cluster.workers import TaskCall
        from workbench.processing.job.job import Job
        from workbench.processing.job.loop import JobLoop
        from workbench.session.jobs.shared_cluster import with_server_workers

        entries = tasks.tasks()
        if not self._share_cluster:
            entries = with_server_workers(entries, self._library, self._settings)
        paths = translation(self._settings.worker_paths)
        if within is not None:
            function = partial(call_inside, folders_on_workers(within, self._settings.worker_paths), function)
        call = TaskCall(function, arguments, timeout_s=timeout, worker_path=paths, needs=needs)
        loop = JobLoop(self.cluster, entries, call, on_value=tasks.on_value, on_failure=tasks.on_failure)
        job = Job(loop, lambda _: tasks.report(loop.most_at_once), title=title, announce=self._announce)
        self.statistics.watch(job)
        self._started(job, show=show)
        return job

    def call(
        self, call: Callable[[Steps], V], *, title: str, unit: str = "step", show: bool | None = None
    ) -> Job[V]:
        """Run ``call(steps)`` as a job; its value is the result."""
        from workbench.processing.job.job import Job
        from workbench.processing.job.single_call import SingleCall

        loop = SingleCall(call, unit=unit)
        job: Job[Any] = Job(loop, lambda _: loop.value, title=title, announce=self._announce)
        self._started(job, show=show)
        return job

    def _started(self, job: Job[Any], *, show: bool | None) -> None:
        from workbench.processing.job.notebook import in_notebook
        from workbench.processing.job.progress import show_progress

        with self._lock:
            self._jobs = [*(known for known in self._jobs if not known.done()), job]
        if in_notebook() or sys.stderr.isatty() if show is None else show:
            show_progress(job)

    def health(self) -> WorkerHealth:
        """Return the health of the workers, last known or measured now; does not start a worker."""
        from workbench.processing.cluster.worker_health import WorkerHealth

        if self._watch is not None:
            return WorkerHealth(self._watch.latest())
        return WorkerHealth({"started": False} if self._cluster is None else self._cluster.health())

    def worker_pids(self) -> list[int]:
        """Return the worker processes that this session owns."""
        return [] if self._cluster is None else self._cluster.worker_pids()

    def close(self) -> None:
        """Cancel jobs and stop the workers that this session owns."""
        if self._watch is not None:
            self._watch.close()
        for job in self._jobs:
            job.cancel()
        for job in self._jobs:
            with contextlib.suppress(WorkbenchError, TimeoutError):
                job.result(timeout=CLOSE_WAIT_S)
        if self._cluster is not None:
            self._cluster.close()

    def _watch_cluster(self) -> ClusterWatch:
        from workbench.session.jobs.cluster_watch import ClusterWatch

        return ClusterWatch(lambda: self.cluster, self._library)

    def _has_joined(self) -> bool:
        return self._cluster is not None and self._cluster.joined
