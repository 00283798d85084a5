"""The optimization report: active optimizations, scores, measured gains on this machine, recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.performance.recommendations import recommend
from workbench.performance.scores import reasons, scores
from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.settings import Settings

# The five improvements that the seed claims, and that of the database, which it claims in another section.
IMPACT_MEASUREMENTS = (
    "startup_time",
    "memory_usage",
    "api_response_time",
    "concurrent_requests",
    "cache_hit_rate",
    "database_operations",
)
HOW_TO_MEASURE = "Run `workbench bench` (add a folder to measure on your own music)."


def optimization_report(
    settings: Settings, snapshot: Snapshot, sample: SystemSample, benchmark: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the optimization report.

    Parameters
    ----------
    benchmark : mapping or None
        The last ``workbench bench`` run: ``{"at": Unix time, "figures": {name: {"before", "after", …}}}``.
    """
    return {
        "timestamp": datetime.fromtimestamp(snapshot.at, UTC).isoformat(timespec="milliseconds"),
        "window_seconds": snapshot.window_s,
        "optimization_scores": scores(snapshot, sample, memory_limit_percent=settings.memory_limit_percent),
        "score_reasons": reasons(snapshot, sample),
        "optimizations_active": active(settings, snapshot),
        "performance_impact": impact(benchmark),
        "recommendations": recommend(settings, snapshot, sample),
    }


def active(settings: Settings, snapshot: Snapshot) -> dict[str, bool]:
    """Return which of the seed's optimizations are in use, according to the processes."""
    payloads = [row.payload for row in snapshot.processes]
    pools = [payload.get("database_pool") or {} for payload in payloads]
    return {
        "lazy_imports": not any(payload.get("heavy_imports") for payload in payloads),
        "memory_cache": any(payload.get("caches") for payload in payloads),
        "streaming_audio": settings.stream_block_seconds > 0,
        "async_processing": any(payload.get("async_processor") for payload in payloads),
        "process_workers": settings.process_pool,
        "database_pool": any(pool.get("total_connections") for pool in pools),
        "write_ahead_log": any("wal_size_bytes" in pool for pool in pools),
    }


def impact(benchmark: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return each measurement of the last benchmark; without one, ``None`` and how to measure it."""
    measured: dict[str, Any] = dict.fromkeys(IMPACT_MEASUREMENTS)
    measured_at = None
    if benchmark is not None:
        measured |= benchmark.get("figures", {})
        measured_at = datetime.fromtimestamp(benchmark["at"], UTC).isoformat(timespec="seconds")
    missing = [name for name, value in measured.items() if value is None]
    return {**measured, "measured_at": measured_at, "how_to_measure": HOW_TO_MEASURE if missing else None}
