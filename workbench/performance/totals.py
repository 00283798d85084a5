"""Add up the statistics of several processes.

Counters only grow, and are kept after their process has ended. Other values exist only for live processes. Rates are
computed from sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.store.memory_cache import CACHE_COUNTERS, MIB

CACHE_LEVELS = ("current_size_bytes", "current_entries", "max_size_mb")
POOL_COUNTERS = (
    "total_queries",
    "failed_queries",
    "retries",
    "pool_hits",
    "pool_misses",
    "waits",
    "wait_seconds",
)
POOL_LEVELS = ("total_connections", "active", "idle")
PROCESSOR_COUNTERS = (
    "total_processed",
    "total_failed",
    "total_timeouts",
    "total_crashes",
    "audio_seconds",
    "busy_seconds",
    "available_seconds",
)
PROCESSOR_LEVELS = ("active_operations", "guest_operations", "queued_operations")
CACHES = ("analysis_cache", "feature_cache")


def add_counters(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload with the summed counters of two payloads, without other values."""
    caches = {
        name: _sum(CACHE_COUNTERS, (p.get("caches", {}).get(name, {}) for p in (first, second)))
        for name in CACHES
    }
    return {
        "caches": caches,
        "database_pool": _sum(POOL_COUNTERS, (p.get("database_pool", {}) for p in (first, second))),
        "async_processor": _sum(PROCESSOR_COUNTERS, (p.get("async_processor", {}) for p in (first, second))),
    }


def cache_totals(payloads: Iterable[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return the totals of one cache over all processes, with rates (``hit_rate`` 0–1, 0 before the first lookup)."""
    stats = _sum(CACHE_COUNTERS + CACHE_LEVELS, (p.get("caches", {}).get(name, {}) for p in payloads))
    stats["hit_rate"] = ratio(stats["hits"], stats["hits"] + stats["misses"]) or 0.0
    stats["size_mb"] = stats["current_size_bytes"] / MIB
    stats["utilization_percent"] = 100.0 * (ratio(stats["size_mb"], stats["max_size_mb"]) or 0.0)
    return stats


def pool_totals(payloads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the totals of all database pools, with waits in milliseconds and rates in percent."""
    pools = [p.get("database_pool", {}) for p in payloads]
    stats = _sum(POOL_COUNTERS + POOL_LEVELS, pools)
    asked = stats["pool_hits"] + stats["pool_misses"]
    stats["wait_mean_ms"] = 1000.0 * (ratio(stats["wait_seconds"], stats["waits"]) or 0.0)
    stats["wait_max_ms"] = max((float(p.get("wait_max_ms") or 0.0) for p in pools), default=0.0)
    stats["success_rate_percent"] = 100.0 * (
        1.0 - (ratio(stats["failed_queries"], stats["total_queries"] + stats["failed_queries"]) or 0.0)
    )
    stats["pool_efficiency_percent"] = 100.0 * stats["pool_hits"] / asked if asked else 100.0
    stats["wal_size_bytes"] = max((int(p.get("wal_size_bytes") or 0) for p in pools), default=0)
    return stats


def processor_totals(payloads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the totals of the analyses of all processes."""
    return _sum(PROCESSOR_COUNTERS + PROCESSOR_LEVELS, (p.get("async_processor", {}) for p in payloads))


def ratio(part: float, whole: float) -> float | None:
    """Return ``part / whole``, or ``None`` if the whole is 0 or unknown."""
    return part / whole if whole else None


def mean_wait_s(pool: Mapping[str, Any]) -> float:
    """Return the mean wait of a request for a connection, seconds; 0 without requests."""
    return float(pool["wait_seconds"] / max(1, pool["pool_hits"] + pool["pool_misses"]))


def _sum(names: Iterable[str], records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    totals: dict[str, Any] = dict.fromkeys(names, 0)
    for record in records:
        for name in totals:
            totals[name] += record.get(name) or 0
    return totals
