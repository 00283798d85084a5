"""Everything known at one moment: the input of every performance answer. Can be built from literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.performance.figures import CACHES, add_counters, cache_totals, pool_totals, processor_totals
from workbench.performance.process_table import CACHE_CLEAR, RETIRED, ProcessRow


@dataclass(frozen=True)
class Snapshot:
    """Published rows at a moment, and the totals at the start of the window that rates are about.

    Attributes
    ----------
    rows : sequence of ProcessRow
        As published, the row of ended processes included.
    window_start : mapping
        Totals (see :attr:`counters`) when the window began; empty: the window is all time.
    window_s : float or None
        Length of the window; ``None``: all time.
    """

    at: float
    rows: Sequence[ProcessRow] = ()
    window_start: Mapping[str, Any] = field(default_factory=dict)
    window_s: float | None = None

    @property
    def processes(self) -> list[ProcessRow]:
        """Rows of live processes."""
        return [row for row in self.rows if row.id not in (RETIRED, CACHE_CLEAR)]

    @property
    def retired(self) -> ProcessRow | None:
        return next((row for row in self.rows if row.id == RETIRED), None)

    @property
    def payloads(self) -> list[Mapping[str, Any]]:
        return [row.payload for row in self.rows]

    @property
    def counters(self) -> dict[str, Any]:
        """Counters of all processes, ended ones included: they never go backwards."""
        totals: dict[str, Any] = {}
        for payload in self.payloads:
            totals = add_counters(totals, payload)
        return totals or add_counters({}, {})

    @property
    def caches(self) -> dict[str, dict[str, Any]]:
        return {name: cache_totals(self.payloads, name) for name in CACHES}

    @property
    def database_pool(self) -> dict[str, Any]:
        return pool_totals(self.payloads)

    @property
    def async_processor(self) -> dict[str, Any]:
        return processor_totals(self.payloads)

    def in_window(self) -> dict[str, Any]:
        """Return the counters' growth within the window, in the shape of :attr:`counters`."""
        return _difference(self.counters, self.window_start)


def _difference(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _difference(value, before.get(name, {}))
        if isinstance(value, Mapping)
        else max(0, value - before.get(name, 0))
        for name, value in now.items()
    }
