"""The result of ``wb.jobs.health()``: the state of the workers, which a notebook shows as a card."""

from __future__ import annotations

from typing import Any

from workbench.cards.card import card, facts, problem
from workbench.cards.html import Html
from workbench.readable import counted, number


class WorkerHealth(dict[str, Any]):
    """A dictionary (see :mod:`workbench.processing.cluster.health`) that shows a summary in a few lines."""

    def __repr__(self) -> str:
        line = ", ".join(f"{name.lower()}: {value}" for name, value in self._facts())
        return "\n".join([self._title(), line, *self.get("reasons", ())])

    def _repr_html_(self) -> Html:
        return card(self._title(), facts(self._facts()), *map(problem, self.get("reasons", ())))

    def _title(self) -> str:
        return f"Workers: {self['status']}" if self["started"] else "Workers: not started"

    def _facts(self) -> list[tuple[str, str]]:
        if not self["started"]:
            return [("Start", "with the next analysis")]
        workers = self["workers"]
        processes = counted(workers["expected"], "process", "processes")
        return [
            ("Answer", f"{workers['alive']} of {processes} with {counted(workers['threads'], 'thread')}"),
            ("Fastest answer", number(self["response_time_ms"], "ms", 1)),
            ("Running", counted(self["active_operations"], "batch", "batches")),
            ("Memory", "enough" if self["memory_ok"] else "short"),
        ]
