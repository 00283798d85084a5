"""Compute scores of the optimizations, 0–100, from measured values. This docstring defines the scores.

All rates are over the window of the snapshot (the last 15 minutes, or all time if that is shorter).

``cache_efficiency``
    Hit rate of both caches together: 100 × hits / lookups.
``database_efficiency``
    100 × share of queries that succeeded × 1 / (1 + mean wait for a connection / 10 ms).
``processor_efficiency``
    100 × share of tracks that succeeded × share that met the deadline × (0.5 + 0.5 × utilization), where
    utilization is busy worker time over available worker time while there was work. Idle workers reduce the score by
    at most half, because they are not a fault. An unknown utilization does not reduce it.
``memory_efficiency``
    Headroom under ``MEMORY_LIMIT_PERCENT``: 100 while at least a quarter of the allowed memory is free, falling
    linearly to 0 at the limit.
``overall_score``
    Mean of the known scores, if one besides the memory's is known. A score is ``None`` until there are events from
    which it can be computed.
"""

from __future__ import annotations

from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.performance.totals import CACHES, mean_wait_s, ratio
from workbench.readable import counted
from workbench.store.memory_cache import CACHE_COUNTERS

HALVING_WAIT_S = 0.010  # a mean wait that halves the score: ten such waits take 0.1 s, which a person notices
COMFORTABLE_HEADROOM = 0.25  # convention


def scores(
    snapshot: Snapshot, sample: SystemSample, *, memory_limit_percent: float
) -> dict[str, float | None]:
    """Return the five scores, which the docstring of this module defines."""
    parts = {
        "memory_efficiency": memory_efficiency(sample, memory_limit_percent),
        "cache_efficiency": cache_efficiency(snapshot),
        "database_efficiency": database_efficiency(snapshot),
        "processor_efficiency": processor_efficiency(snapshot),
    }
    known = [score for score in parts.values() if score is not None]
    return {"overall_score": sum(known) / len(known) if len(known) > 1 else None, **parts}


def reasons(snapshot: Snapshot, sample: SystemSample) -> dict[str, str]:
    """Return a text about the source of each known score."""
    cache, work = _cache_window(snapshot), snapshot.in_window["async_processor"]
    pool = snapshot.in_window["database_pool"]
    lookups, tried = cache["hits"] + cache["misses"], work["total_processed"] + work["total_failed"]
    lost = cache["evictions"] + cache["rejected"] + cache["expirations"]
    found = {"memory_efficiency": f"{sample.memory_used_percent:.0f} % of the memory is in use"}
    if lookups:
        why = f"; {counted(lost, 'value')} had no room or grew too old" if lost else ""
        found["cache_efficiency"] = f"{cache['hits']:,} of {counted(lookups, 'lookup')} were hits{why}"
    if asked := pool["total_queries"] + pool["failed_queries"]:
        found["database_efficiency"] = (
            f"{counted(asked, 'query', 'queries')}, {pool['failed_queries']:,} failed; "
            f"mean wait {1000 * mean_wait_s(pool):.1f} ms"
        )
    if tried:
        busy = utilization(snapshot)
        used = "" if busy is None else f"; workers busy {100 * busy:.0f} % of the time"
        found["processor_efficiency"] = (
            f"{work['total_processed']:,} of {counted(tried, 'track')} analyzed{used}"
        )
    return found


def cache_efficiency(snapshot: Snapshot) -> float | None:
    window = _cache_window(snapshot)
    rate = ratio(window["hits"], window["hits"] + window["misses"])
    return None if rate is None else 100.0 * rate


def _cache_window(snapshot: Snapshot) -> dict[str, int]:
    window = [snapshot.in_window["caches"][name] for name in CACHES]
    return {name: sum(stats[name] for stats in window) for name in CACHE_COUNTERS}


def database_efficiency(snapshot: Snapshot) -> float | None:
    window = snapshot.in_window["database_pool"]
    asked = window["total_queries"] + window["failed_queries"]
    if not asked:
        return None
    return float(100 * (1 - window["failed_queries"] / asked) / (1 + mean_wait_s(window) / HALVING_WAIT_S))


def processor_efficiency(snapshot: Snapshot) -> float | None:
    window = snapshot.in_window["async_processor"]
    tried = window["total_processed"] + window["total_failed"]
    if not tried:
        return None
    succeeded = window["total_processed"] / tried
    in_time = 1 - min(1.0, window["total_timeouts"] / tried)
    busy = utilization(snapshot)
    return float(100 * succeeded * in_time * (0.5 + 0.5 * (1.0 if busy is None else busy)))


def utilization(snapshot: Snapshot) -> float | None:
    """Return busy worker time over available worker time within the window, 0–1."""
    window = snapshot.in_window["async_processor"]
    share = ratio(window["busy_seconds"], window["available_seconds"])
    return None if share is None else min(1.0, share)


def memory_efficiency(sample: SystemSample, memory_limit_percent: float) -> float:
    headroom = 1 - sample.memory_used_percent / memory_limit_percent
    return 100.0 * min(1.0, max(0.0, headroom / COMFORTABLE_HEADROOM))
