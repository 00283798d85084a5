"""Keep the last minutes of some values, and compute rates from counters."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from workbench.performance.totals import mean_wait_s

NAN = float("nan")
GAP = 5.0  # times the usual step: after a longer step, no process was running meanwhile; set by hand
GAP_S = 30.0  # after a longer pause, the page was prepared ahead or hidden


class LiveSeries:
    """Keeps the newest ``points`` values of every name, with their times."""

    def __init__(self, points: int = 150) -> None:
        self.times: deque[float] = deque(maxlen=points)
        self._points = points
        self._values: dict[str, deque[float]] = {}

    def add(self, at: float, values: Mapping[str, float | None]) -> None:
        """Add the values at a time; new names have gaps before it. A pause of more than ``GAP_S`` clears the series."""
        if self.times and at - self.times[-1] > GAP_S:
            self.times.clear()
            self._values.clear()
        for name in values.keys() - self._values.keys():
            self._values[name] = deque([NAN] * len(self.times), maxlen=self._points)
        self.times.append(at)
        for name, kept in self._values.items():
            value = values.get(name)
            kept.append(NAN if value is None else value)

    def __getitem__(self, name: str) -> list[float]:
        return list(self._values.get(name, [NAN] * len(self.times)))


def live_values(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the values for live charts from the result of ``Workbench.performance()``."""
    system, pool, workers = metrics["system"], metrics["database_pool"], metrics["async_processor"]
    caches = metrics["caches"]
    lookups = sum(cache["hits"] + cache["misses"] for cache in caches.values())
    hits = sum(cache["hits"] for cache in caches.values())
    return {
        "cpu": system["cpu"]["usage_percent"],
        "memory": system["memory"]["used_percent"],
        "disk": system["disk"]["used_percent"],
        "cache size": sum(cache["size_mb"] for cache in caches.values()),
        "hit rate": 100 * hits / lookups if lookups else None,
        "connections": pool["total_connections"],
        "connections in use": pool["active"],
        "mean wait": 1000 * mean_wait_s(pool),
        "files in work": workers["active_operations"],
        "files waiting": workers["queued_operations"],
        "workers": workers["workers"],
    } | {
        f"{process['role']} {process['pid']}": process["pss_mb"] or process["rss_mb"]
        for process in metrics["processes"]
    }


def rates(history: Sequence[tuple[float, Mapping[str, Any]]]) -> dict[str, list[float]]:
    """Return the rates between successive samples of counters by name; ``at`` is the time of the later sample.

    After a gap, in which no process ran and no sample was kept, the rates are unknown (NaN).
    """
    lines: dict[str, list[float]] = {
        "at": [],
        "tracks per minute": [],
        "queries per second": [],
        "hit rate": [],
    }
    usual = median([at - before for (before, _), (at, _) in pairwise(history)] or [0.0])
    for (before_at, before), (at, now) in pairwise(history):
        seconds = max(1e-3, at - before_at)
        if seconds > GAP * max(usual, 1.0):
            for name, line in lines.items():
                line.append(at if name == "at" else NAN)
            continue
        hits, misses = (_lookups(now, name) - _lookups(before, name) for name in ("hits", "misses"))
        tracks = _grown(now, before, "async_processor", "total_processed")
        lines["at"].append(at)
        lines["tracks per minute"].append(60 * tracks / seconds)
        lines["queries per second"].append(_grown(now, before, "database_pool", "total_queries") / seconds)
        lines["hit rate"].append(100 * hits / (hits + misses) if hits + misses > 0 else NAN)
    return lines


def _grown(now: Mapping[str, Any], before: Mapping[str, Any], part: str, name: str) -> float:
    return max(0.0, float(now[part][name]) - float(before[part][name]))


def _lookups(counters: Mapping[str, Any], name: str) -> float:
    return float(sum(cache[name] for cache in counters["caches"].values()))
