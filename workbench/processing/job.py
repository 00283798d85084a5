"""A job: many files through one function on the cluster, without blocking the caller."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from workbench.errors import CancelledError
from workbench.processing.cluster import Cluster
from workbench.processing.dispatch import Dispatcher
from workbench.processing.task import Cached, Failure, Progress, Task

__all__ = ["Cached", "Failure", "Job", "Progress", "Task", "run"]

INTERRUPT_GRACE_S = 4.0

logger = logging.getLogger(__name__)


def run(
    cluster: Cluster,
    tasks: Iterable[Task | Cached | Failure],
    function: Callable[..., Any],
    *,
    args: Sequence[Any] = (),
    on_value: Callable[[Task, Any], float],
    on_failure: Callable[[Task | None, Failure], None],
    timeout_s: float | None = None,
    priority: int = 0,
    worker_path: Callable[[str], str] | None = None,
) -> Job:
    """Start a job and return at once.

    Parameters
    ----------
    cluster : Cluster
        Started by the job, and only when the first :class:`Task` appears.
    tasks : iterable of Task, Cached or Failure
        Read on a thread of its own, a few hundred ahead of the workers, so it may scan and hash as it goes.
        ``Cached`` and ``Failure`` are counted; a ``Failure`` goes to ``on_failure`` with ``None`` for its task.
    function : callable
        ``function(path, *args) -> value``, importable by the workers. What it raises becomes a ``Failure``.
    args : sequence
        Further arguments of ``function``; they pickle.
    on_value : callable
        ``on_value(task, value) -> seconds of audio``; stores the value. Runs on the job's thread, as does
        ``on_failure(task, failure)``; what either raises ends the job as failed.
    timeout_s : float, seconds, optional
        Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default. Its worker is killed and restarted.
    priority : int
        Higher goes first among the jobs that share the cluster: people before batches.
    worker_path : callable, optional
        Translates a path to what the workers call it, when they mount the music elsewhere.
    """
    timeout = cluster.settings.analysis_timeout_seconds if timeout_s is None else timeout_s
    job = Job()
    dispatcher = Dispatcher(
        cluster, tasks, function, tuple(args), job.id,
        on_value=on_value, on_failure=on_failure, on_progress=job._publish,
        timeout_s=timeout, priority=priority, worker_path=worker_path or str,
    )
    job._start(dispatcher)
    return job


class Job:
    """A running job. Its state is queued, running, paused, cancelling, done, cancelled or failed."""

    id: str
    failed: list[Failure]

    @property
    def state(self) -> str: ...
    @property
    def progress(self) -> Progress: ...
    def done(self) -> bool: ...
    def cancel(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def result(self, timeout: float | None = None) -> Progress: ...
    def __await__(self) -> Generator[Any, None, Progress]: ...
    def subscribe(self, callback: Callable[[Progress], None]) -> Callable[[], None]: ...
