"""The ``processes`` table: a row a live process, and one row for those that have ended.

A process that ends takes its row with it, but not what it counted: its counters are folded into the row
``retired`` in the transaction that drops it, so that totals never go backwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.performance.figures import add_counters

RETIRED = "retired"
CACHE_CLEAR = "cache-clear"


class Pool(Protocol):
    """The part of the database pool that is needed here."""

    def reading(self) -> AbstractContextManager[Any]: ...

    def writing(self) -> AbstractContextManager[Any]: ...


@dataclass(frozen=True)
class ProcessRow:
    """What one process published last."""

    id: str
    pid: int
    role: str
    started_at: float
    updated_at: float
    payload: dict[str, Any] = field(default_factory=dict)


class ProcessTable:
    """Read and write published figures through a database pool."""

    def __init__(self, pool: Pool, *, clock: Callable[[], float] = time.time) -> None:
        self._pool = pool
        self._clock = clock

    def write(self, row: ProcessRow) -> None:
        with self._pool.writing() as connection:
            _put(connection, row)

    def rows(self) -> list[ProcessRow]:
        """Return every row, the one of ended processes included."""
        with self._pool.reading() as connection:
            found = connection.execute(f"{_SELECT} ORDER BY started_at, id").fetchall()
        return [_row(values) for values in found]

    def retire(self, ids: Iterable[str]) -> None:
        """Drop these rows and add what they counted to the row of ended processes; all of it or nothing."""
        with self._pool.writing() as connection:
            for process_id in ids:
                found = connection.execute(f"{_SELECT} WHERE id = ?", (process_id,)).fetchone()
                if found is not None:
                    connection.execute("DELETE FROM processes WHERE id = ?", (process_id,))
                    _put(connection, self._retired_with(connection, _row(found)))

    def ask_cache_clear(self) -> float:
        """Tell every process to clear its caches within a second; return when it was asked."""
        now = self._clock()
        self.write(ProcessRow(CACHE_CLEAR, 0, "request", now, now))
        return now

    def cache_clear_asked_at(self) -> float:
        with self._pool.reading() as connection:
            found = connection.execute(
                "SELECT updated_at FROM processes WHERE id = ?", (CACHE_CLEAR,)
            ).fetchone()
        return float(found[0]) if found else 0.0

    def _retired_with(self, connection: Any, ended: ProcessRow) -> ProcessRow:
        now = self._clock()
        found = connection.execute(f"{_SELECT} WHERE id = ?", (RETIRED,)).fetchone()
        before = _row(found) if found else ProcessRow(RETIRED, 0, RETIRED, now, now, {"processes": 0})
        payload = add_counters(before.payload, ended.payload) | {"processes": before.payload["processes"] + 1}
        return ProcessRow(RETIRED, 0, RETIRED, before.started_at, now, payload)


_SELECT = "SELECT id, pid, role, started_at, updated_at, payload FROM processes"


def _put(connection: Any, row: ProcessRow) -> None:
    connection.execute(
        "INSERT INTO processes (id, pid, role, started_at, updated_at, payload) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET role = excluded.role, updated_at = excluded.updated_at, "
        "payload = excluded.payload",
        (row.id, row.pid, row.role, row.started_at, row.updated_at, json.dumps(row.payload)),
    )


def _row(values: Any) -> ProcessRow:
    process_id, pid, role, started_at, updated_at, payload = values
    return ProcessRow(process_id, pid, role, float(started_at), float(updated_at), json.loads(payload))
