"""The performance report: measurements on this machine, and which settings to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.readable import UNKNOWN, counted, measured, number
from workbench.session.reports.tables import table


@dataclass(frozen=True)
class PerformanceReport:
    """Statistics of every process, the settings, and the last hours.

    Attributes
    ----------
    statistics : mapping
        What ``wb.performance()`` returns.
    settings : mapping
        Values of the settings by name.
    rates : mapping of str to sequence of float
        For ``workbench.plots.performance_plots.performance_history``.
    """

    statistics: Mapping[str, Any]
    settings: Mapping[str, Any]
    rates: Mapping[str, Sequence[float]]

    @property
    def scores(self) -> Any:
        """Scores from 0 to 100 over the last minutes."""
        found = self.statistics["optimization_report"]["optimization_scores"]
        rows = [
            (_words(name.removesuffix("_score")), number(score, digits=0)) for name, score in found.items()
        ]
        return table(("", "Score, of 100"), rows)

    @property
    def advice(self) -> Any:
        """The recommended changes."""
        found = self.statistics["optimization_report"]["recommendations"]
        return table(("Advice",), [(str(one["message"]),) for one in found], empty="Nothing needs to change.")

    @property
    def impact(self) -> Any:
        """The results of ``workbench bench``."""
        found = self.statistics["optimization_report"]["performance_impact"]
        rows = [
            (
                _words(name),
                _measured(value.get("before"), value.get("unit")),
                _measured(value.get("after"), value.get("unit")),
                f"{measured(value['ratio'])} ×" if value.get("ratio") else UNKNOWN,
                str(value.get("samples", UNKNOWN)),
            )
            for name, value in found.items()
            if isinstance(value, Mapping)
        ]
        head = ("", "Before", "After", "Gain", "Samples")
        how = (found["how_to_measure"] or "").replace("`", "")
        return table(head, rows, empty=f"Not measured yet. {how}", caption=self._measured())

    def _measured(self) -> str:
        at = self.statistics["optimization_report"]["performance_impact"].get("measured_at")
        return f"Measured on {datetime.fromisoformat(at).astimezone():%d %B %Y, %H:%M}." if at else ""

    @property
    def memory(self) -> Any:
        """Memory of the machine and of the caches."""
        memory, caches = self.statistics["system"]["memory"], self.statistics["cache_stats"]
        return self._with_settings(
            [
                (
                    "Memory in use",
                    f"{memory['used_percent']:.0f} % of {memory['total_gb']:.1f} GiB",
                    "MEMORY_LIMIT_PERCENT",
                ),
                (
                    "Caches",
                    f"{number(caches['total_memory_usage_mb'])} MiB in {_processes(caches['processes'])}",
                    "CACHE_SIZE_MB",
                ),
                (
                    "Cache hits",
                    number(100 * caches["combined_hit_rate"], "%", 0)
                    if _looked_up(caches)
                    else "no lookups yet",
                    "CACHE_TTL_SECONDS",
                ),
            ]
        )

    @property
    def workers(self) -> Any:
        """The processor and the work of the workers."""
        cpu, work = self.statistics["system"]["cpu"], self.statistics["async_processor"]
        health = self.statistics["async_processor_health"]
        return self._with_settings(
            [
                (
                    "Processor",
                    f"{cpu['usage_percent']:.0f} % of {counted(int(cpu['count']), 'core')}",
                    "ASYNC_WORKERS",
                ),
                ("Workers", health["status"], "PROCESS_POOL"),
                ("Tracks analyzed", f"{work['total_processed']:,}, and {work['total_failed']:,} failed", ""),
                ("Over the time limit", counted(work["total_timeouts"], "track"), "ANALYSIS_TIMEOUT_SECONDS"),
            ]
        )

    @property
    def database(self) -> Any:
        """The connections and queries."""
        pool = self.statistics["database_pool"]
        return self._with_settings(
            [
                (
                    "Connections",
                    f"{pool['total_connections']} open in {_processes(pool['processes'])}",
                    "DB_MAX_CONNECTIONS",
                ),
                (
                    "Queries",
                    f"{pool['total_queries']:,}, {pool['success_rate_percent']:.2f} % without error",
                    "",
                ),
                (
                    "Wait for a connection",
                    f"{number(pool['wait_mean_ms'])} ms on average",
                    "DB_MIN_CONNECTIONS",
                ),
                ("Write-ahead log", f"{number(pool['wal_size_mb'])} MiB", ""),
            ]
        )

    @property
    def processes(self) -> Any:
        """Every process of the workbench that runs now."""
        rows = [
            (
                str(process["role"]),
                str(process["pid"]),
                number(process["pss_mb"] or process["rss_mb"], "MiB", 0),
                f"{(process['database_pool'] or {}).get('total_queries', 0):,}",
                f"{(process['async_processor'] or {}).get('total_processed', 0):,}",
            )
            for process in self.statistics["processes"]
        ]
        return table(("Process", "PID", "Memory", "Queries", "Tracks"), rows)

    def _with_settings(self, rows: Sequence[tuple[str, str, str]]) -> Any:
        shown = [(name, value, self._setting(setting)) for name, value, setting in rows]
        return table(("", "Now", "Setting"), shown)

    def _setting(self, name: str) -> str:
        return f"{name} = {_setting_value(self.settings[name])}" if name else ""


def _setting_value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _measured(value: Any, unit: str | None) -> str:
    return f"{measured(value)} {unit or ''}".strip() if isinstance(value, int | float) else UNKNOWN


def _processes(count: int) -> str:
    return counted(count, "process", "processes")


def _looked_up(caches: Mapping[str, Any]) -> bool:
    return any(
        cache.get("hits", 0) + cache.get("misses", 0)
        for cache in caches.values()
        if isinstance(cache, Mapping)
    )
