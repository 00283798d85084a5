"""``wb.performance``: measurements of every process of this workbench, and the results of ``workbench bench``."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.cards.verbs import Verbs
from workbench.performance.measurements import Measurements
from workbench.performance.process_publisher import ProcessPublisher
from workbench.session.caches import Caches
from workbench.session.jobs.jobs import Jobs
from workbench.settings import Settings
from workbench.store.library.library import Library

if TYPE_CHECKING:
    from workbench.performance.monitor import PerformanceMonitor
    from workbench.processing.job.job import Job
    from workbench.session.jobs.command_call import CommandReport


class Performance(Verbs):
    """Publishes the statistics of this process, and reads those of all processes. Close it with the session.

    Parameters
    ----------
    role : str
        The name of this process in lists of processes.
    """

    def __init__(self, role: str, settings: Settings, library: Library, caches: Caches, jobs: Jobs) -> None:
        self._settings = settings
        self._library = library
        self._caches = caches
        self._jobs = jobs
        self._monitor: PerformanceMonitor | None = None
        self._lock = threading.Lock()
        self._publisher = ProcessPublisher(
            role, library.activity, self._statistics, clear_caches=caches.clear, workers=jobs.worker_pids
        )

    def __call__(self) -> Measurements:
        """Return the answers of the performance endpoints, about every live process.

        It has the keys of ``metrics``, and ``cache_stats``, ``async_processor_health``, ``resource_usage`` and
        ``optimization_report``.
        """
        self._publisher.publish()
        monitor = self.monitor
        monitor.refresh()
        return Measurements(
            monitor.metrics()
            | {
                "cache_stats": monitor.cache_stats(),
                "async_processor_health": monitor.processor_health(),
                "resource_usage": monitor.resource_usage(),
                "optimization_report": monitor.optimization_report(),
            }
        )

    @property
    def monitor(self) -> PerformanceMonitor:
        """The monitor of every process of this workbench; created at the first use."""
        from workbench.performance.monitor import PerformanceMonitor
        from workbench.performance.system import SystemSampler

        with self._lock:
            if self._monitor is None:
                self._monitor = PerformanceMonitor(
                    self._settings,
                    self._library.activity,
                    SystemSampler(self._settings.data_dir),
                    probe=self._jobs.health,
                )
                self._jobs.statistics.account_for(self._monitor.guest_operations)
            return self._monitor

    def history(self, *, hours: float = 6) -> list[tuple[float, Any]]:
        """Return the counters of all processes over the last hours, each with its time in seconds since the epoch."""
        return self._library.activity.metrics(since=time.time() - 3600 * hours)

    def benchmark(self, *, show: bool | None = None) -> Job[CommandReport]:
        """Begin ``workbench bench --quick``, which measures before and after on the demo library; return at once."""
        from workbench.session.jobs.command_call import command_call

        call = command_call(["bench", "--quick", "--data-dir", str(self._settings.data_dir)])
        return self._jobs.call(call, title="Benchmark", unit="measurement", show=show)

    def keep_benchmark(self, result: Mapping[str, Any]) -> None:
        """Keep the results of ``workbench bench`` for the optimization report."""
        self._library.activity.add_benchmark(result)

    def clear_caches(self) -> None:
        """Empty the caches of this process, and ask every other process to do so; each does within a second."""
        self.monitor.clear_caches()
        self._caches.clear()

    def close(self) -> None:
        """Stop the monitor, and publish the statistics a last time."""
        if self._monitor is not None:
            self._monitor.close()
        self._publisher.close()

    def _statistics(self) -> dict[str, Any]:
        return {
            "caches": self._caches.stats(),
            "database_pool": self._library.pool.stats(),
            "async_processor": self._jobs.statistics.totals(),
        }
