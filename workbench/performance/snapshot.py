"""All measurements at one moment: the input of every performance answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.performance.totals import CACHES, add_counters, cache_totals, pool_totals, processor_totals
from workbench.store.library.records import ProcessRecord


@dataclass(frozen=True)
class Snapshot:
    """The statistics of live processes, and the counts of ended ones.

    Attributes
    ----------
    processes : sequence of ProcessRecord
        Records of the live processes.
    retired : mapping
        Counters of ended processes, with their number in ``processes`` and the start of the collection in ``since``.
    window_start : mapping
        :attr:`counters` at the start of the window for rates; empty if the window is all time.
    window_s : float or None
        Length of the window; ``None`` for all time.
    """

    at: float
    processes: Sequence[ProcessRecord] = ()
    retired: Mapping[str, Any] = field(default_factory=dict)
    window_start: Mapping[str, Any] = field(default_factory=dict)
    window_s: float | None = None

    @cached_property
    def counters(self) -> dict[str, Any]:
        """Counters of all processes, ended ones included. They never decrease."""
        totals = add_counters({}, self.retired)
        for process in self.processes:
            totals = add_counters(totals, process.payload)
        return totals

    @cached_property
    def caches(self) -> dict[str, dict[str, Any]]:
        return {name: cache_totals(self._payloads, name) for name in CACHES}

    @cached_property
    def database_pool(self) -> dict[str, Any]:
        return pool_totals(self._payloads)

    @cached_property
    def async_processor(self) -> dict[str, Any]:
        return processor_totals(self._payloads)

    @cached_property
    def in_window(self) -> dict[str, Any]:
        """The increase of the counters within the window, in the format of :attr:`counters`."""
        return _difference(self.counters, self.window_start)

    @property
    def _payloads(self) -> list[Mapping[str, Any]]:
        return [self.retired, *(process.payload for process in self.processes)]


def _difference(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _difference(value, before.get(name, {}))
        if isinstance(value, Mapping)
        else max(0, value - before.get(name, 0))
        for name, value in now.items()
    }
