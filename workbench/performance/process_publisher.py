"""Publish the statistics of this process, and find out which published processes still run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psutil

from workbench.errors import StoreError
from workbench.machine.process_identity import process_name, still_runs
from workbench.performance.proportional_memory import ProportionalMemory
from workbench.performance.published import CLEAR_CACHES, merge_ended
from workbench.store.library.activity import ActivityRepository
from workbench.store.library.records import ProcessRecord

INTERVAL_S = 1.0  # often enough to watch, and little to write; set by hand
# An idle process writes at this interval. Shared memory (PSS) is also measured at it, because that can take longest.
# It is not measured when the process starts, because most commands end before the next heartbeat.
HEARTBEAT_S = 5.0
STALE_S = 12.0  # a process on another host counts as dead after two missed heartbeats

Statistics = Callable[[], Mapping[str, Any]]

_log = logging.getLogger(__name__)


class ProcessPublisher:
    """Writes the row of this process at most once a second, on a separate thread.

    Parameters
    ----------
    role : str
        "server", "kernel", "lab", "cli", …: the name of this process for people.
    activity : ActivityRepository
        The part of the library that stores statistics of processes.
    statistics : callable
        Returns this process's ``{"caches": {name: stats}, "database_pool": …, "async_processor": …}``.
    clear_caches : callable
        Called when any process has asked all processes to clear their caches.
    workers : callable
        Returns the pids of the worker processes that this process has started. They have no database, so this process
        publishes a record for each of them.
    """

    def __init__(
        self,
        role: str,
        activity: ActivityRepository,
        statistics: Statistics,
        *,
        clear_caches: Callable[[], None] = lambda: None,
        workers: Callable[[], Iterable[int]] = tuple,
        interval_s: float = INTERVAL_S,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._role = role
        self._activity = activity
        self._statistics = statistics
        self._clear_caches = clear_caches
        self._workers = workers
        self._interval_s = interval_s
        self._timer = timer
        self._process = psutil.Process()
        self._memory = ProportionalMemory(self._process, timer)
        self._memory_of_workers: dict[psutil.Process, ProportionalMemory] = {}
        self._seen: Mapping[str, Any] = {}
        self._pss_bytes: int | None = None
        self._heartbeat_at = float("-inf")
        self._started_at = time.time()
        self._asked_at: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="process-publisher", daemon=True)
        self._thread.start()

    @property
    def id(self) -> str:
        return process_name(self._process.pid)

    def publish(self) -> None:
        """Write the row now if a statistic has changed or the last sign of life is too old."""
        now = self._timer()
        statistics = dict(self._statistics())
        beat = now - self._heartbeat_at >= HEARTBEAT_S
        if beat or statistics != self._seen:
            is_first = self._heartbeat_at == float("-inf")
            if not is_first and (beat or self._pss_bytes is None):
                self._pss_bytes = self._memory.bytes()
            self._write(self._process, self._role, statistics, self._pss_bytes)
        if beat:
            self._heartbeat_at = now
            self._publish_workers()

    def close(self) -> None:
        """Publish a last time, and add the counters to those of ended processes. A second call does nothing."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        try:
            self._write(self._process, self._role, dict(self._statistics()), self._pss_bytes)
            self._activity.retire_processes(ids=[self.id], merge=merge_ended)
        except StoreError as error:
            _log.info("The last statistics of this process were not stored: %s", error)

    def _run(self) -> None:
        while True:
            try:
                self.publish()
                self._clear_when_asked()
                # after our own queries, which must not count as a change
                self._seen = dict(self._statistics())
            except StoreError as error:  # locked or full: try again a second later
                _log.info("Statistics were not published: %s", error)
            except Exception:  # noqa: BLE001 - logged; this thread must go on for the next second
                _log.exception("Statistics were not published")
            if self._stop.wait(self._interval_s):
                return

    def _clear_when_asked(self) -> None:
        asked_at = self._activity.value(CLEAR_CACHES, 0.0)
        is_old = self._asked_at is None and asked_at < self._started_at
        if asked_at != self._asked_at and not is_old:  # not only later: the clock may be set
            self._clear_caches()
        self._asked_at = asked_at

    def _publish_workers(self) -> None:
        known, self._memory_of_workers = self._memory_of_workers, {}
        for pid in self._workers():
            try:
                process = psutil.Process(pid)
                memory = known.get(process) or ProportionalMemory(process, self._timer)
                self._write(process, "worker", {}, memory.bytes())
            except psutil.Error:
                continue  # it has ended since it was listed
            self._memory_of_workers[process] = memory

    def _write(
        self, process: psutil.Process, role: str, statistics: Mapping[str, Any], pss_bytes: int | None
    ) -> None:
        started_at = process.create_time()
        memory = {"rss_bytes": process.memory_info().rss, "pss_bytes": pss_bytes}
        self._activity.publish_process(
            process_name(process.pid),
            pid=process.pid,
            role=role,
            started_at=started_at,
            payload={**statistics, "memory": memory},
        )


def is_alive(row: ProcessRecord, now: float) -> bool:
    """Return whether the process that published this row still runs (a zombie does not)."""
    runs = still_runs(row.id)
    return now - row.updated_at < STALE_S if runs is None else runs
