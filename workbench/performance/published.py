"""What processes publish, and where: the few things that are asked of the store.

A process that ends takes its row with it, but not what it counted: its counters are folded into the totals of
ended processes in the transaction that drops it, so that totals never go backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.performance.figures import add_counters

CLEAR_CACHES = "clear_caches_at"
START_CLUSTER = "start_cluster_at"
CLUSTER_HEALTH = "cluster_health"


class Process(Protocol):
    """What one process published last."""

    @property
    def id(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def role(self) -> str: ...
    @property
    def started_at(self) -> float: ...
    @property
    def updated_at(self) -> float: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class ProcessRow:
    """A :class:`Process` as plain values."""

    id: str
    pid: int
    role: str
    started_at: float
    updated_at: float
    payload: Mapping[str, Any] = field(default_factory=dict)


def merge_ended(totals: Mapping[str, Any] | None, ended: Sequence[Process]) -> dict[str, Any]:
    """Return the totals of ended processes with these among them."""
    counters: Mapping[str, Any] = totals or {}
    for process in ended:
        counters = add_counters(counters, process.payload)
    count = (totals or {}).get("processes", 0) + len(ended)
    since = totals["since"] if totals else min(process.updated_at for process in ended)
    return {**counters, "processes": count, "since": since}
