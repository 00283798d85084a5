"""The figures in Prometheus's text format (version 0.0.4): base units, counters end in ``_total``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench.performance.figures import (
    CACHE_COUNTERS,
    CACHES,
    MIB,
    POOL_COUNTERS,
    PROCESSOR_COUNTERS,
)
from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATUSES = ("healthy", "degraded", "unhealthy")

Sample = tuple[Mapping[str, str], float]


def exposition(snapshot: Snapshot, sample: SystemSample, health: Mapping[str, Any]) -> str:
    """Return the exposition of one moment."""
    families = (
        *_caches(snapshot),
        *_pool(snapshot),
        *_processor(snapshot, health),
        *_processes(snapshot),
        *_system(sample),
    )
    return "".join(_family(*family) for family in families)


Family = tuple[str, str, str, Iterable[Sample]]


def _caches(snapshot: Snapshot) -> Iterator[Family]:
    caches = snapshot.caches
    for counter in CACHE_COUNTERS:
        yield (
            f"workbench_cache_{counter}_total",
            "counter",
            f"Cache {counter.replace('_', ' ')}.",
            [({"cache": name}, caches[name][counter]) for name in CACHES],
        )
    for name, text, key, scale in (
        ("size_bytes", "Bytes held.", "current_size_bytes", 1.0),
        ("entries", "Values held.", "current_entries", 1.0),
        ("max_size_bytes", "Bytes allowed.", "max_size_mb", MIB),
    ):
        yield (
            f"workbench_cache_{name}",
            "gauge",
            text,
            [({"cache": cache}, caches[cache][key] * scale) for cache in CACHES],
        )


_POOL_NAMES = {
    "total_queries": "queries_total",
    "failed_queries": "failed_queries_total",
    "retries": "retries_total",
    "pool_hits": "hits_total",
    "pool_misses": "misses_total",
    "waits": "waits_total",
    "wait_seconds": "wait_seconds_total",
}
_PROCESSOR_NAMES = {
    "total_processed": "tracks_processed_total",
    "total_failed": "tracks_failed_total",
    "total_timeouts": "deadlines_missed_total",
    "total_crashes": "worker_crashes_total",
    "audio_seconds": "audio_seconds_total",
    "busy_seconds": "busy_seconds_total",
    "available_seconds": "available_seconds_total",
}


def _pool(snapshot: Snapshot) -> Iterator[Family]:
    pool = snapshot.database_pool
    for key in POOL_COUNTERS:
        yield (
            f"workbench_database_{_POOL_NAMES[key]}",
            "counter",
            f"Database pool: {key.replace('_', ' ')}.",
            [({}, pool[key])],
        )
    yield (
        "workbench_database_connections",
        "gauge",
        "Connections by state.",
        [({"state": "active"}, pool["active"]), ({"state": "idle"}, pool["idle"])],
    )
    yield (
        "workbench_database_wal_size_bytes",
        "gauge",
        "Size of the write-ahead log.",
        [({}, pool["wal_size_bytes"])],
    )


def _processor(snapshot: Snapshot, health: Mapping[str, Any]) -> Iterator[Family]:
    totals = snapshot.async_processor
    for key in PROCESSOR_COUNTERS:
        yield (
            f"workbench_processor_{_PROCESSOR_NAMES[key]}",
            "counter",
            f"Analysis: {key.replace('_', ' ')}.",
            [({}, totals[key])],
        )
    yield (
        "workbench_processor_operations",
        "gauge",
        "Tracks in work and waiting.",
        [
            ({"state": "active"}, totals["active_operations"]),
            ({"state": "queued"}, totals["queued_operations"]),
        ],
    )
    yield "workbench_processor_workers", "gauge", "Workers that answer.", [({}, health["workers"])]
    yield (
        "workbench_processor_status",
        "gauge",
        "1 for the present status.",
        [({"status": status}, float(health["status"] == status)) for status in STATUSES],
    )
    if health["response_time_ms"] is not None:
        yield (
            "workbench_processor_response_seconds",
            "gauge",
            "Last round trip through the workers.",
            [({}, health["response_time_ms"] / 1000.0)],
        )


def _processes(snapshot: Snapshot) -> Iterator[Family]:
    for name, text in (
        ("rss_bytes", "Resident memory."),
        ("pss_bytes", "Resident memory, shared pages divided among their users."),
    ):
        samples = [
            ({"role": row.role, "pid": str(row.pid)}, size)
            for row in snapshot.processes
            if (size := row.payload.get("memory", {}).get(name)) is not None
        ]
        if samples:
            yield f"workbench_process_{name.replace('_', '_memory_', 1)}", "gauge", text, samples
    yield (
        "workbench_processes_ended_total",
        "counter",
        "Processes whose counters were taken over.",
        [({}, snapshot.retired.get("processes", 0))],
    )


def _system(sample: SystemSample) -> Iterator[Family]:
    yield (
        "workbench_system_memory_bytes",
        "gauge",
        "Memory of the machine or its container.",
        [
            ({"state": "available"}, sample.memory_available_bytes),
            ({"state": "used"}, sample.memory_total_bytes - sample.memory_available_bytes),
        ],
    )
    yield (
        "workbench_system_cpu_usage_ratio",
        "gauge",
        "Processor use, 0 to 1.",
        [({}, sample.cpu_percent / 100.0)],
    )
    yield (
        "workbench_system_disk_free_bytes",
        "gauge",
        "Free space on the disk of the data folder.",
        [({}, sample.disk_free_bytes)],
    )


def _family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {float(value)!r}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
