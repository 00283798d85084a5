"""Write the statistics as Prometheus metrics, in base units; the names of counters end in ``_total``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.performance.totals import CACHES
from workbench.store.memory_cache import CACHE_COUNTERS, MIB

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATUSES = ("healthy", "degraded", "unhealthy")

_POOL = {
    "total_queries": ("queries", "Queries that succeeded."),
    "failed_queries": ("failed_queries", "Queries that failed."),
    "retries": ("retries", "Queries that were tried again."),
    "pool_hits": ("hits", "Requests for a connection that found an open one."),
    "pool_misses": ("misses", "Requests for a connection that opened one or waited."),
    "waits": ("waits", "Requests that waited for a connection."),
    "wait_seconds": ("wait_seconds", "Time that requests waited for a connection."),
}
_PROCESSOR = {
    "total_processed": ("tracks_processed", "Tracks that were analyzed."),
    "total_failed": ("tracks_failed", "Tracks whose analysis failed."),
    "total_timeouts": ("deadlines_missed", "Tracks that took longer than the deadline."),
    "total_crashes": ("worker_crashes", "Tracks that crashed their worker."),
    "audio_seconds": ("audio_seconds", "Audio that was analyzed."),
    "busy_seconds": ("busy_seconds", "Time that workers were at work."),
    "available_seconds": ("available_seconds", "Time of all workers while there was work."),
}

Rows = Iterable[tuple[Sequence[str], float]]
"""The values of labels, and the value of the metric."""


def exposition(
    snapshot: Snapshot,
    sample: SystemSample,
    health: Mapping[str, Any],
    *,
    loop_lag_seconds: Mapping[str, float] | None = None,
) -> str:
    """Return the metrics of one moment as Prometheus text.

    Parameters
    ----------
    health : mapping
        The result of :func:`workbench.performance.endpoint_answers.processor_health`.
    loop_lag_seconds : mapping of str to float, seconds, optional
        The longest delay of the server's event loop, by period.
    """
    families = [
        *_caches(snapshot),
        *_pool(snapshot),
        *_processor(snapshot, health),
        *_processes(snapshot),
        *_system(sample),
    ]
    if loop_lag_seconds is not None:
        rows = [([period], lag) for period, lag in loop_lag_seconds.items()]
        families.append(
            _gauge("server_event_loop_lag_seconds", "Longest delay of the event loop.", rows, labels=["over"])
        )
    registry = CollectorRegistry()
    registry.register(_Collected(families))
    return generate_latest(registry).decode()


class _Collected(Collector):
    """Computed metrics in the form that a registry needs."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _caches(snapshot: Snapshot) -> Iterator[Metric]:
    caches = snapshot.caches
    for counter in CACHE_COUNTERS:
        rows = [([name], caches[name][counter]) for name in CACHES]
        yield _counter(f"cache_{counter}", f"Cache {counter.replace('_', ' ')}.", rows, labels=["cache"])
    for metric, text, key, scale in (
        ("size_bytes", "Size of the values in the cache.", "current_size_bytes", 1.0),
        ("entries", "Number of values in the cache.", "current_entries", 1.0),
        ("max_size_bytes", "Largest size that the cache may have.", "max_size_mb", MIB),
    ):
        rows = [([name], caches[name][key] * scale) for name in CACHES]
        yield _gauge(f"cache_{metric}", text, rows, labels=["cache"])


def _pool(snapshot: Snapshot) -> Iterator[Metric]:
    pool = snapshot.database_pool
    for key, (name, text) in _POOL.items():
        yield _counter(f"database_{name}", text, [([], pool[key])])
    states = [([state], pool[state]) for state in ("active", "idle")]
    yield _gauge("database_connections", "Connections by state.", states, labels=["state"])
    yield _gauge("database_wal_size_bytes", "Size of the write-ahead log.", [([], pool["wal_size_bytes"])])


def _processor(snapshot: Snapshot, health: Mapping[str, Any]) -> Iterator[Metric]:
    totals = snapshot.async_processor
    for key, (name, text) in _PROCESSOR.items():
        yield _counter(f"processor_{name}", text, [([], totals[key])])
    states = [([state], totals[f"{state}_operations"]) for state in ("active", "queued")]
    yield _gauge("processor_operations", "Tracks in work and waiting.", states, labels=["state"])
    yield _gauge("processor_workers", "Workers that answer.", [([], health["workers"])])
    statuses = [([status], float(health["status"] == status)) for status in STATUSES]
    yield _gauge("processor_status", "1 for the present status.", statuses, labels=["status"])
    if health["response_time_ms"] is not None:
        seconds = health["response_time_ms"] / 1000.0
        yield _gauge("processor_response_seconds", "Last round trip through the workers.", [([], seconds)])


def _processes(snapshot: Snapshot) -> Iterator[Metric]:
    for name, key, text in (
        ("process_rss_memory_bytes", "rss_bytes", "Resident memory."),
        ("process_pss_memory_bytes", "pss_bytes", "Resident memory, shared pages divided among their users."),
    ):
        rows = [
            ([row.role, str(row.pid)], size)
            for row in snapshot.processes
            if (size := row.payload.get("memory", {}).get(key)) is not None
        ]
        if rows:
            yield _gauge(name, text, rows, labels=["role", "pid"])
    ended = snapshot.retired.get("processes", 0)
    yield _counter("processes_ended", "Processes that ended; their counters are kept.", [([], ended)])


def _system(sample: SystemSample) -> Iterator[Metric]:
    available = sample.memory_available_bytes
    states = [(["available"], available), (["used"], sample.memory_total_bytes - available)]
    yield _gauge("system_memory_bytes", "Memory of the machine or its container.", states, labels=["state"])
    yield _gauge("system_cpu_usage_ratio", "CPU use, 0 to 1.", [([], sample.cpu_percent / 100.0)])
    yield _gauge(
        "system_disk_free_bytes",
        "Free space on the disk of the data folder.",
        [([], sample.disk_free_bytes)],
    )


def _counter(name: str, text: str, rows: Rows, *, labels: Sequence[str] = ()) -> Metric:
    return _filled(CounterMetricFamily(f"workbench_{name}", text, labels=labels), rows)


def _gauge(name: str, text: str, rows: Rows, *, labels: Sequence[str] = ()) -> Metric:
    return _filled(GaugeMetricFamily(f"workbench_{name}", text, labels=labels), rows)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, rows: Rows) -> Metric:
    for label_values, value in rows:
        family.add_metric(label_values, value)
    return family
