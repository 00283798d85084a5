"""The statistics of all jobs of one process, which the process publishes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.processing.job.task import Progress


class JobStatistics:
    """Adds up jobs. Finished jobs are kept as sums, running ones are read for each request.

    Parameters
    ----------
    workers : callable
        Returns the number of workers that the jobs may use.
    joined : callable
        Returns whether the workers belong to another process. Only that process counts their time, because otherwise
        every process that shares them would count it.
    timer : callable
        Returns monotonic seconds. Busy worker time is sampled: the number of files in work at a call of :meth:`totals`,
        times the time since the call before. Worker time counts as available while any process has work for workers.
    """

    def __init__(
        self,
        workers: Callable[[], int],
        *,
        joined: Callable[[], bool] = lambda: False,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workers = workers
        self._joined = joined
        self._guests: Callable[[], int] = lambda: 0
        self._timer = timer
        self._running: list[Job[Any]] = []
        self._finished = _Counts()
        self._busy_seconds = 0.0
        self._available_seconds = 0.0
        self._asked_at = timer()
        self._lock = threading.Lock()

    def watch(self, job: Job[Any]) -> None:
        """Count this job from now on."""
        with self._lock:
            self._running.append(job)

    def account_for(self, guests: Callable[[], int]) -> None:
        """Set the function that returns how many files our workers process for other processes."""
        self._guests = guests

    def totals(self) -> dict[str, Any]:
        """Return counters and current values under the published names."""
        with self._lock:
            for job in [job for job in self._running if job.done()]:
                self._running.remove(job)
                self._finished.add(job)
            counts = _Counts(**vars(self._finished))
            for job in self._running:
                counts.add(job)
            active = sum(len(job.progress.current) for job in self._running)
            queued = sum(_waiting(job.progress) for job in self._running)
            joined = self._joined()
            self._sample(active, joined=joined)
            return {
                **vars(counts),
                "active_operations": active,
                "guest_operations": active if joined else 0,
                "queued_operations": queued,
                "workers": self._workers(),
                "busy_seconds": round(self._busy_seconds, 3),
                "available_seconds": round(self._available_seconds, 3),
            }

    def _sample(self, active: int, *, joined: bool) -> None:
        now = self._timer()
        elapsed, self._asked_at = now - self._asked_at, now
        workers = max(1, self._workers())
        self._busy_seconds += elapsed * min(active, workers)
        if not joined and (active or self._guests()):
            self._available_seconds += elapsed * workers


class _Counts:
    def __init__(self, **counts: Any) -> None:
        self.total_processed: int = counts.get("total_processed", 0)
        self.total_failed: int = counts.get("total_failed", 0)
        self.total_timeouts: int = counts.get("total_timeouts", 0)
        self.total_crashes: int = counts.get("total_crashes", 0)
        self.audio_seconds: float = counts.get("audio_seconds", 0.0)

    def add(self, job: Job[Any]) -> None:
        progress, kinds = job.progress, [failure.kind for failure in job.failed]
        self.total_processed += progress.done
        self.total_failed += progress.failed
        self.total_timeouts += kinds.count("timeout")
        self.total_crashes += kinds.count("crash")
        self.audio_seconds += progress.audio_seconds


def _waiting(progress: Progress) -> int:
    return max(0, progress.total - progress.done - progress.cached - progress.failed - len(progress.current))
