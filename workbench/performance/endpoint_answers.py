"""The answers of the performance endpoints, made by pure functions, with the names that clients know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.performance.totals import ratio
from workbench.store.memory_cache import MIB

GIB = 1024.0**3
BUSY_LOAD_PER_CORE = 4.0  # with more runnable processes per core, pages become noticeably slow


def metrics(snapshot: Snapshot, sample: SystemSample, probe: Mapping[str, Any]) -> dict[str, Any]:
    """Return an overview of machine, caches, pool and workers, with an entry for each live process.

    ``probe`` is as for :func:`processor_health`. Processes share workers, so their numbers cannot be added up.
    """
    return {
        "timestamp": _iso(snapshot.at),
        "system": system(sample),
        "caches": snapshot.caches,
        "database_pool": database_pool(snapshot),
        "async_processor": {**snapshot.async_processor, "workers": _alive(probe)},
        "processes": processes(snapshot),
        "retired": retired(snapshot),
    }


def system(sample: SystemSample) -> dict[str, Any]:
    return {
        "memory": {
            "total_gb": sample.memory_total_bytes / GIB,
            "available_gb": sample.memory_available_bytes / GIB,
            "used_percent": sample.memory_used_percent,
            "cached_gb": sample.memory_cached_bytes / GIB,
        },
        "cpu": {
            "usage_percent": sample.cpu_percent,
            "count": sample.cores,
            "load_avg": list(sample.load_average),
        },
        "disk": {
            "total_gb": sample.disk_total_bytes / GIB,
            "free_gb": sample.disk_free_bytes / GIB,
            "used_percent": sample.disk_used_percent,
        },
    }


def processes(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {
            "role": row.role,
            "pid": row.pid,
            "started_at": _iso(row.started_at),
            "updated_at": _iso(row.updated_at),
            "rss_mb": _mib(row.payload.get("memory", {}).get("rss_bytes")),
            "pss_mb": _mib(row.payload.get("memory", {}).get("pss_bytes")),
            "caches": row.payload.get("caches", {}),
            "database_pool": row.payload.get("database_pool", {}),
            "async_processor": row.payload.get("async_processor", {}),
        }
        for row in snapshot.processes
    ]


def retired(snapshot: Snapshot) -> dict[str, Any]:
    """Return the counts of ended processes, which stay in the totals."""
    since = snapshot.retired.get("since")
    return {"processes": 0, **snapshot.retired, "since": None if since is None else _iso(since)}


def cache_stats(snapshot: Snapshot) -> dict[str, Any]:
    caches = snapshot.caches
    hits = sum(stats["hits"] for stats in caches.values())
    lookups = hits + sum(stats["misses"] for stats in caches.values())
    published = [row.payload.get("caches", {}).get("shared_cache") for row in snapshot.processes]
    shared = [stats for stats in published if stats]
    return {
        **caches,
        **({"shared_cache": _shared_cache(shared)} if shared else {}),
        "total_memory_usage_mb": sum(stats["size_mb"] for stats in caches.values()),
        "combined_hit_rate": ratio(hits, lookups) or 0.0,
        "processes": len([row for row in snapshot.processes if row.payload.get("caches")]),
    }


def _shared_cache(published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the counts of live processes for their shared Redis, and whether it answers all of them."""
    counters = ("hits", "misses", "stored", "rejected", "errors")
    totals: dict[str, Any] = {name: sum(stats[name] for stats in published) for name in counters}
    totals["hit_rate"] = ratio(totals["hits"], totals["hits"] + totals["misses"]) or 0.0
    return {**totals, "available": all(stats["available"] for stats in published)}


def database_pool(snapshot: Snapshot) -> dict[str, Any]:
    stats = snapshot.database_pool
    return {
        **stats,
        "wal_size_mb": stats["wal_size_bytes"] / MIB,
        "processes": len([row for row in snapshot.processes if row.payload.get("database_pool")]),
    }


def resource_usage(samples: Sequence[SystemSample]) -> dict[str, Any]:
    """Return lists of equal length with one value for each sample; rates are over the time since the sample before."""
    pairs = list(zip((samples[0], *samples), samples, strict=False))
    return {
        "timestamps": [_iso(sample.at) for sample in samples],
        "memory": {
            "used_percent": [sample.memory_used_percent for sample in samples],
            "available_gb": [sample.memory_available_bytes / GIB for sample in samples],
        },
        "cpu": {
            "usage_percent": [sample.cpu_percent for sample in samples],
            "load_avg": [sample.load_average[0] for sample in samples],
        },
        "disk_io": {
            "read_mb_per_s": [_rate(a, b, "disk_read_bytes") for a, b in pairs],
            "write_mb_per_s": [_rate(a, b, "disk_write_bytes") for a, b in pairs],
        },
        "network": {
            "sent_mb_per_s": [_rate(a, b, "network_sent_bytes") for a, b in pairs],
            "received_mb_per_s": [_rate(a, b, "network_received_bytes") for a, b in pairs],
        },
    }


def processor_health(
    snapshot: Snapshot, sample: SystemSample, probe: Mapping[str, Any], *, memory_limit_percent: float
) -> dict[str, Any]:
    """Judge the workers by a real round trip.

    Parameters
    ----------
    probe : mapping
        The result of the last probe of the cluster: ``started``, ``response_time_ms`` (None: no answer), ``workers``
        with the counts ``expected``, ``alive`` and ``silent``, and ``reasons`` with sentences about problems.

    Returns
    -------
    dict
        ``status`` is "unhealthy" if no worker answers, "degraded" if some are lost or stuck or memory is short, and
        otherwise "healthy", also before workers are needed.
    """
    totals = snapshot.async_processor
    memory_ok = sample.memory_used_percent < memory_limit_percent
    reasons = list(probe.get("reasons") or ())
    if not memory_ok and probe.get("memory_ok", True):
        reasons.append(f"memory is {sample.memory_used_percent:.0f} % used, over MEMORY_LIMIT_PERCENT")
    workers = probe.get("workers") or {}
    started = bool(probe.get("started"))
    dead = probe.get("status") == "unhealthy" or (started and not _alive(probe))
    return {
        "status": "unhealthy" if dead else "degraded" if reasons else "healthy",
        "reasons": reasons,
        "response_time_ms": probe.get("response_time_ms"),
        "memory_ok": memory_ok,
        "cpu_ok": sample.load_average[0] <= BUSY_LOAD_PER_CORE * max(1.0, sample.cores),
        "active_operations": totals["active_operations"],
        "queued_operations": totals["queued_operations"],
        "total_processed": totals["total_processed"],
        "total_failed": totals["total_failed"],
        "total_timeouts": totals["total_timeouts"],
        "workers": _alive(probe),
        "expected_workers": int(workers.get("expected") or 0),
        "started": started,
    }


def _alive(probe: Mapping[str, Any]) -> int:
    return int((probe.get("workers") or {}).get("alive") or 0)


def _rate(before: SystemSample, now: SystemSample, name: str) -> float:
    elapsed = now.at - before.at
    return max(0.0, (getattr(now, name) - getattr(before, name)) / MIB / elapsed) if elapsed > 0 else 0.0


def _mib(size_bytes: float | None) -> float | None:
    return None if size_bytes is None else size_bytes / MIB


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
