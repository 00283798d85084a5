"""Recommend changes of settings, with reasons: rules over measured values.

The rules follow the seed's tuning and troubleshooting sections: hit rates under 60 %, lifetimes, waits for
connections, numbers of workers, memory. A rule applies only when enough events were counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from workbench.errors import SettingsError
from workbench.performance.scores import utilization
from workbench.performance.snapshot import Snapshot
from workbench.performance.system import SystemSample
from workbench.performance.totals import CACHES, mean_wait_s, ratio
from workbench.settings import Settings

ENOUGH_LOOKUPS = 50  # the standard error of a rate is then at most 7 percentage points
ENOUGH_REQUESTS = 50  # as for lookups
ENOUGH_TRACKS = 10  # convention: an analysis takes seconds
GOOD_HIT_RATE = 0.60  # the seed's troubleshooting section
GOOD_POOL_EFFICIENCY = 0.80  # opening a connection takes ten reads' time, so one in five triples the mean
LONG_WAIT_S = 0.005  # a thousand times a point read on an open connection
MANY_DEADLINES = 0.02  # convention: fewer than one in fifty may be single odd files


@dataclass(frozen=True)
class Recommendation:
    """A recommendation to change ``setting`` from ``present`` to ``suggested``."""

    category: str
    setting: str
    present: Any
    suggested: Any
    reason: str

    def to_dict(self) -> dict[str, Any]:
        sentence = f"Set {self.setting}={self.suggested} (now {self.present}): {self.reason}."
        return {**asdict(self), "message": sentence}


@dataclass(frozen=True)
class Facts:
    """The measured values that the rules use."""

    settings: Settings
    snapshot: Snapshot
    sample: SystemSample

    @property
    def window(self) -> dict[str, Any]:
        return self.snapshot.in_window

    @property
    def memory_is_short(self) -> bool:
        return self.sample.memory_used_percent > 0.9 * self.settings.memory_limit_percent


Rule = Callable[[Facts], Iterator[Recommendation]]


def recommend(settings: Settings, snapshot: Snapshot, sample: SystemSample) -> list[dict[str, Any]]:
    """Return recommendations, the most urgent kind first, with values that the settings allow."""
    facts = Facts(settings, snapshot, sample)
    found = [recommendation for rule in RULES for recommendation in rule(facts)]
    return [recommendation.to_dict() for recommendation in found if _is_allowed(settings, recommendation)]


def _is_allowed(settings: Settings, recommendation: Recommendation) -> bool:
    try:
        settings.with_(**{recommendation.setting.lower(): recommendation.suggested})
    except SettingsError:
        return False
    return True


def _memory(facts: Facts) -> Iterator[Recommendation]:
    if not facts.memory_is_short:
        return
    used, settings = facts.sample.memory_used_percent, facts.settings
    reason = f"memory is {used:.0f} % used and MEMORY_LIMIT_PERCENT is {settings.memory_limit_percent:g}"
    if settings.cache_size_mb > 32:
        yield Recommendation(
            "memory", "CACHE_SIZE_MB", settings.cache_size_mb, settings.cache_size_mb / 2, reason
        )
    if settings.async_workers > 1:
        yield Recommendation(
            "memory", "ASYNC_WORKERS", settings.async_workers, settings.async_workers - 1, reason
        )
    if settings.stream_block_seconds > 5:
        yield Recommendation(
            "memory",
            "STREAM_BLOCK_SECONDS",
            settings.stream_block_seconds,
            settings.stream_block_seconds / 2,
            reason,
        )


def _cache(facts: Facts) -> Iterator[Recommendation]:
    window = [facts.window["caches"][name] for name in CACHES]
    hits, misses, expirations = (
        sum(stats[name] for stats in window) for name in ("hits", "misses", "expirations")
    )
    evictions = sum(stats["evictions"] + stats["rejected"] for stats in window)
    rate = ratio(hits, hits + misses)
    if rate is None or hits + misses < ENOUGH_LOOKUPS or rate >= GOOD_HIT_RATE:
        return
    settings = facts.settings
    reason = f"only {100 * rate:.0f} % of {hits + misses} lookups were hits"
    if evictions and not facts.memory_is_short:
        yield Recommendation(
            "cache",
            "CACHE_SIZE_MB",
            settings.cache_size_mb,
            2 * settings.cache_size_mb,
            f"{reason}, and {evictions} values had no room or had to make it for others",
        )
    if expirations > evictions:
        yield Recommendation(
            "cache",
            "CACHE_TTL_SECONDS",
            settings.cache_ttl_seconds,
            2 * settings.cache_ttl_seconds,
            f"{reason}, and {expirations} values were too old when they were asked for again",
        )


def _database(facts: Facts) -> Iterator[Recommendation]:
    window, settings = facts.window["database_pool"], facts.settings
    asked = window["pool_hits"] + window["pool_misses"]
    if asked < ENOUGH_REQUESTS:
        return
    wait_s = mean_wait_s(window)
    efficiency = window["pool_hits"] / asked
    if wait_s > LONG_WAIT_S:
        yield Recommendation(
            "database",
            "DB_MAX_CONNECTIONS",
            settings.db_max_connections,
            2 * settings.db_max_connections,
            f"a query waits {1000 * wait_s:.0f} ms for a connection on average",
        )
    if efficiency < GOOD_POOL_EFFICIENCY and settings.db_min_connections < settings.db_max_connections:
        yield Recommendation(
            "database",
            "DB_MIN_CONNECTIONS",
            settings.db_min_connections,
            min(settings.db_max_connections, 2 * settings.db_min_connections),
            f"only {100 * efficiency:.0f} % of {asked} queries found an open connection",
        )


def _workers(facts: Facts) -> Iterator[Recommendation]:
    settings, window = facts.settings, facts.window["async_processor"]
    tried = window["total_processed"] + window["total_failed"]
    if tried < ENOUGH_TRACKS:
        return
    cores, busy = max(1, int(facts.sample.cores)), utilization(facts.snapshot) or 0.0
    queued = facts.snapshot.async_processor["queued_operations"]
    if settings.async_workers < cores and busy > 0.8 and queued and not facts.memory_is_short:
        yield Recommendation(
            "processor",
            "ASYNC_WORKERS",
            settings.async_workers,
            cores,
            f"{queued} tracks wait, the workers are busy and the machine has {cores} cores",
        )
    if settings.async_workers > cores and facts.sample.load_average[0] > 2 * cores:
        yield Recommendation(
            "processor",
            "ASYNC_WORKERS",
            settings.async_workers,
            cores,
            f"there are more workers than the {cores} cores, and the load is "
            f"{facts.sample.load_average[0]:.1f}",
        )
    if window["total_timeouts"] > MANY_DEADLINES * tried:
        yield Recommendation(
            "processor",
            "ANALYSIS_TIMEOUT_SECONDS",
            settings.analysis_timeout_seconds,
            2 * settings.analysis_timeout_seconds,
            f"{window['total_timeouts']} of {tried} tracks missed the deadline",
        )
    if not settings.process_pool and settings.async_workers > 1:
        yield Recommendation(
            "processor",
            "PROCESS_POOL",
            present=False,
            suggested=True,
            reason="analysis holds Python's lock, so threads take turns where processes do not",
        )


RULES: tuple[Rule, ...] = (_memory, _cache, _database, _workers)
