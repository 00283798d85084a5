"""What processes publish, and where: the few things that are asked of the store.

A process that ends takes its row with it, but not what it counted: its counters are folded into the totals of
ended processes in the transaction that drops it, so that totals never go backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class Activity(Protocol):
    """The part of the library that keeps what goes on."""

    def publish_process(
        self, process_id: str, *, pid: int, role: str, started_at: float, payload: Mapping[str, Any]
    ) -> None: ...

    def processes(self) -> Sequence[Process]: ...

    def retire_processes(
        self, *, ids: Sequence[str], merge: Callable[[Any, Any], Any]
    ) -> Sequence[Process]: ...

    def retired_totals(self) -> Any: ...

    def meta(self, key: str, default: Any = None) -> Any: ...

    def set_meta(self, key: str, value: Any) -> None: ...

    def add_metrics(self, payload: Mapping[str, Any], *, at: float | None = None) -> None: ...

    def metrics(self, *, since: float = 0.0) -> list[tuple[float, Any]]: ...

    def thin_metrics(self, *, before: float, every: float, forget_before: float = 0.0) -> int: ...

    def latest_benchmark(self) -> tuple[float, Any] | None: ...


def merge_ended(totals: Mapping[str, Any] | None, ended: Sequence[Process]) -> dict[str, Any]:
    """Return the totals of ended processes with these among them."""
    counters: Mapping[str, Any] = totals or {}
    for process in ended:
        counters = add_counters(counters, process.payload)
    count = (totals or {}).get("processes", 0) + len(ended)
    since = totals["since"] if totals else min(process.updated_at for process in ended)
    return {**counters, "processes": count, "since": since}
