"""The result of ``wb.performance()``: the values of the performance endpoints, which a notebook shows as a card."""

from __future__ import annotations

from typing import Any

from workbench.cards.card import card, facts, folded, note, table
from workbench.cards.drawings import bar
from workbench.cards.html import Html, element
from workbench.readable import counted, number


class Measurements(dict[str, Any]):
    """A dictionary that shows a summary in a few lines or on a card."""

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self._facts() if value)

    def _repr_html_(self) -> str:
        report = self["optimization_report"]
        advice = [
            str(one.get("message", one)) if isinstance(one, dict) else str(one)
            for one in report["recommendations"]
        ]
        return card(
            "Performance",
            _scores(report["optimization_scores"]),
            facts(self._facts()),
            *map(note, advice),
            folded("Processes", _processes(self.get("processes", ()))),
            about="of all processes of this workbench",
        )

    def _facts(self) -> list[tuple[str, str]]:
        memory, cpu = self["system"]["memory"], self["system"]["cpu"]
        caches, pool, workers = self["cache_stats"], self["database_pool"], self["async_processor_health"]
        return [
            ("Memory", f"{memory['used_percent']:.0f} % of {memory['total_gb']:.1f} GB in use"),
            ("Processor", f"{cpu['usage_percent']:.0f} % of {cpu['count']:g} cores"),
            (
                "Caches",
                f"{caches['total_memory_usage_mb']:.1f} MB, {100 * caches['combined_hit_rate']:.0f} % hits",
            ),
            (
                "Database",
                f"{pool['total_queries']:,} queries, {counted(pool['total_connections'], 'connection')}",
            ),
            ("Workers", f"{workers['status']}"),
        ]


def _scores(scores: dict[str, float | None]) -> Html:
    rows = [
        (
            name.removesuffix("_score").replace("_", " ").capitalize(),
            number(score, "", 0),
            bar((score or 0) / 100, name),
        )
        for name, score in scores.items()
    ]
    return element("div", table(("Score, 0 to 100", "", " "), rows, right=("",)), class_="pw-bars")


def _processes(processes: Any) -> Html:
    rows = [
        (one.get("role"), one.get("pid"), number((one.get("pss_mb") or one.get("rss_mb")), "MB", 0))
        for one in processes
    ]
    return table(("Process", "Number", "Memory"), rows, right=("Number", "Memory"))
