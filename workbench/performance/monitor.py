"""Read the records of all processes twice a second, so that no request waits for the database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.errors import StoreError
from workbench.performance import endpoint_answers
from workbench.performance.optimization_report import optimization_report
from workbench.performance.process_publisher import is_alive
from workbench.performance.published import CLEAR_CACHES, CLUSTER_HEALTH, merge_ended
from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSampler
from workbench.performance.totals import add_counters
from workbench.settings import Settings
from workbench.store.library.activity import ActivityRepository
from workbench.store.library.records import ProcessRecord

WINDOW_S = 15 * 60.0  # convention: recent enough to judge the current settings
REFRESH_S = 0.5  # processes publish once a second
PROBE_VALID_S = 10.0  # the server probes the workers more often
HISTORY_STEP_S = 10.0  # 360 points an hour are enough for a chart
THIN_AFTER_S = 3600.0  # older samples are kept once a minute, for a week
KEEP_S = 7 * 24 * 3600.0  # a week, so that the same weekday can be compared; set by hand

NOT_STARTED: Mapping[str, Any] = {"started": False}

_log = logging.getLogger(__name__)


class PerformanceMonitor:
    """Reads the records of processes, removes those of dead ones, and answers the performance endpoints.

    Parameters
    ----------
    sampler : SystemSampler
        It is closed with the monitor.
    probe : callable
        Returns the result of the last probe of the cluster, in the format of
        :func:`~workbench.performance.endpoint_answers.processor_health`.
    """

    def __init__(
        self,
        settings: Settings,
        activity: ActivityRepository,
        sampler: SystemSampler,
        *,
        probe: Callable[[], Mapping[str, Any]] = lambda: NOT_STARTED,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._activity = activity
        self._sampler = sampler
        self._probe = probe
        self._clock, self._timer = clock, timer
        self._stored_at = float("-inf")
        self._window: list[tuple[float, dict[str, Any]]] | None = None
        self._benchmark: Mapping[str, Any] | None = None
        self._shared_probe: Mapping[str, Any] = {}
        self._snapshot = Snapshot(clock())
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.refresh()

    def start(self) -> None:
        """Refresh twice a second from now on."""
        self._thread = threading.Thread(target=self._run, name="performance-monitor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._sampler.close()

    def refresh(self) -> Snapshot:
        """Read the records now, remove those of dead processes, and return a snapshot."""
        now = self._clock()
        self._retire_dead(now)
        live, retired = self._read()
        started_at, totals = self._window_start(now)
        self._snapshot = Snapshot(now, live, retired, totals, self._timer() - started_at)
        self._remember(self._snapshot)
        self._benchmark = self._read_benchmark()
        self._shared_probe = self._activity.value(CLUSTER_HEALTH) or {}
        return self._snapshot

    def metrics(self) -> dict[str, Any]:
        return endpoint_answers.metrics(self._snapshot, self._sampler.latest(), self._workers())

    def cache_stats(self) -> dict[str, Any]:
        return endpoint_answers.cache_stats(self._snapshot)

    def database_pool(self) -> dict[str, Any]:
        return endpoint_answers.database_pool(self._snapshot)

    def processor_health(self) -> dict[str, Any]:
        return endpoint_answers.processor_health(
            self._snapshot,
            self._sampler.latest(),
            self._workers(),
            memory_limit_percent=self._settings.memory_limit_percent,
        )

    def guest_operations(self) -> int:
        """Return how many files the workers of this process are analyzing for other processes."""
        return int(self._snapshot.async_processor["guest_operations"])

    def resource_usage(self) -> dict[str, Any]:
        return endpoint_answers.resource_usage(self._sampler.history())

    def optimization_report(self) -> dict[str, Any]:
        return optimization_report(self._settings, self._snapshot, self._sampler.latest(), self._benchmark)

    def prometheus(self, *, loop_lag_seconds: Mapping[str, float] | None = None) -> str:
        from workbench.performance.prometheus import exposition

        return exposition(
            self._snapshot,
            self._sampler.latest(),
            self.processor_health(),
            loop_lag_seconds=loop_lag_seconds,
        )

    def clear_caches(self) -> None:
        """Ask every process to clear its caches, which it does within a second."""
        self._activity.set_value(CLEAR_CACHES, self._clock())

    def _run(self) -> None:
        while not self._stop.wait(REFRESH_S):
            try:
                self.refresh()
            except StoreError as error:
                _log.info("What processes publish could not be read: %s", error)
            except Exception:  # noqa: BLE001 - logged; this thread must go on for the next second
                _log.exception("What processes publish could not be read")

    def _retire_dead(self, now: float) -> None:
        dead = [process.id for process in self._activity.processes() if not is_alive(process, now)]
        if dead:
            self._activity.retire_processes(ids=dead, merge=merge_ended)

    def _read(self) -> tuple[Sequence[ProcessRecord], Mapping[str, Any]]:
        """Return live processes and the totals of ended ones at the same moment."""
        while True:  # read again if a process ended in between, which would be counted twice or not at all
            retired = self._activity.retired_totals() or {}
            live = self._activity.processes()
            if retired == (self._activity.retired_totals() or {}):
                return live, retired

    def _workers(self) -> Mapping[str, Any]:
        """Return the health of our own cluster, or of the shared one as the server has published it."""
        own, found = self._probe(), self._shared_probe
        fresh = abs(self._clock() - found.get("at", 0.0)) < PROBE_VALID_S
        return found if fresh and not own.get("started") else own

    def _read_benchmark(self) -> Mapping[str, Any] | None:
        found = self._activity.latest_benchmark()
        return None if found is None else {"at": found[0], **found[1]}

    def _window_start(self, now: float) -> tuple[float, dict[str, Any]]:
        """Return the start of the window by the timer, because the clock may be set, and the totals at that time."""
        timer = self._timer()
        if self._window is None:
            # without a history, the window starts with the counts of ended processes; all counts of live ones are new
            past = add_counters({}, self._activity.retired_totals() or {})
            stored = self._activity.metrics(since=now - WINDOW_S, until=now) or [(now, past)]
            self._window = [(timer - (now - at), totals) for at, totals in stored]
        while len(self._window) > 1 and self._window[1][0] <= timer - WINDOW_S:
            del self._window[0]
        return self._window[0]

    def _remember(self, snapshot: Snapshot) -> None:
        timer = self._timer()
        if timer - self._stored_at < HISTORY_STEP_S or self._window is None:
            return
        self._stored_at = timer
        totals = snapshot.counters
        if not self._window or totals != self._window[-1][1]:
            self._activity.add_metrics(totals, at=snapshot.at)
            now = snapshot.at
            self._activity.thin_metrics(before=now - THIN_AFTER_S, every=60.0, forget_before=now - KEEP_S)
        self._window.append((timer, totals))
