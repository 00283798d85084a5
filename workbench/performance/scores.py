"""How well the optimizations work, 0–100, from measured values. This page defines the scores.

All rates are about the window of the snapshot (the last 15 minutes, or all time while there is less).

``cache_efficiency``
    Hit rate of both caches together: 100 × hits / lookups.
``database_efficiency``
    100 × share of queries that succeeded × 1 / (1 + mean wait for a connection / 10 ms).
``processor_efficiency``
    100 × share of tracks that succeeded × share that met the deadline × (0.5 + 0.5 × utilization), where
    utilization is busy worker time over available worker time while there was work. Idle workers cost at
    most half of the score, because they are not a fault.
``memory_efficiency``
    Headroom under ``MEMORY_LIMIT_PERCENT``: 100 while at least a quarter of what is allowed is free, falling
    linearly to 0 at the limit.
``overall_score``
    Mean of those that are known. A score is ``None`` until something has happened to compute it from.
"""

from __future__ import annotations

from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.performance.totals import CACHES, ratio

HALVING_WAIT_S = 0.010  # a mean wait that halves the score: ten of them take 0.1 s, which a person notices
COMFORTABLE_HEADROOM = 0.25  # convention


def scores(
    snapshot: Snapshot, sample: SystemSample, *, memory_limit_percent: float
) -> dict[str, float | None]:
    """Return the five scores, defined on top of this module."""
    parts = {
        "memory_efficiency": memory_efficiency(sample, memory_limit_percent),
        "cache_efficiency": cache_efficiency(snapshot),
        "database_efficiency": database_efficiency(snapshot),
        "processor_efficiency": processor_efficiency(snapshot),
    }
    known = [score for score in parts.values() if score is not None]
    return {"overall_score": sum(known) / len(known) if known else None, **parts}


def cache_efficiency(snapshot: Snapshot) -> float | None:
    window = [snapshot.in_window["caches"][name] for name in CACHES]
    hits = sum(stats["hits"] for stats in window)
    rate = ratio(hits, hits + sum(stats["misses"] for stats in window))
    return None if rate is None else 100.0 * rate


def database_efficiency(snapshot: Snapshot) -> float | None:
    window = snapshot.in_window["database_pool"]
    asked = window["total_queries"] + window["failed_queries"]
    if not asked:
        return None
    mean_wait_s = window["wait_seconds"] / max(1, window["pool_hits"] + window["pool_misses"])
    return float(100 * (1 - window["failed_queries"] / asked) / (1 + mean_wait_s / HALVING_WAIT_S))


def processor_efficiency(snapshot: Snapshot) -> float | None:
    window = snapshot.in_window["async_processor"]
    tried = window["total_processed"] + window["total_failed"]
    if not tried:
        return None
    succeeded = window["total_processed"] / tried
    in_time = 1 - min(1.0, window["total_timeouts"] / tried)
    return float(100 * succeeded * in_time * (0.5 + 0.5 * (utilization(snapshot) or 0.0)))


def utilization(snapshot: Snapshot) -> float | None:
    """Return busy worker time over available worker time within the window, 0–1."""
    window = snapshot.in_window["async_processor"]
    share = ratio(window["busy_seconds"], window["available_seconds"])
    return None if share is None else min(1.0, share)


def memory_efficiency(sample: SystemSample, memory_limit_percent: float) -> float:
    headroom = 1 - sample.memory_used_percent / memory_limit_percent
    return 100.0 * min(1.0, max(0.0, headroom / COMFORTABLE_HEADROOM))
