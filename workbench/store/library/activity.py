"""Store the statistics of the workbench's processes, metrics over time, and benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.store.library.records import ProcessRecord
from workbench.store.library.repository import Repository, from_json, to_json

_SAVE_PROCESS = """
    INSERT INTO processes (id, pid, role, started_at, updated_at, payload) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, payload = excluded.payload"""

Merge = Callable[[Any, list[ProcessRecord]], Any]


class ActivityRepository(Repository):
    """Keeps small, frequent records."""

    def value(self, key: str, default: Any = None) -> Any:
        """Return the value that was set for a key."""
        with self.pool.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (f"app:{key}",)).fetchone()
        return from_json(row[0]) if row else default

    def set_value(self, key: str, value: Any) -> None:
        """Set a JSON-serializable value for a key."""
        with self.pool.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (f"app:{key}", to_json(value))
            )

    def publish_process(
        self, process_id: str, *, pid: int, role: str, started_at: float, payload: Mapping[str, Any]
    ) -> None:
        """Save the statistics of a process."""
        with self.pool.writing() as connection:
            connection.execute(
                _SAVE_PROCESS, (process_id, pid, role, started_at, self._now(), to_json(payload))
            )

    def processes(self) -> list[ProcessRecord]:
        """Return the latest statistics of every process, oldest process first."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT id, pid, role, started_at, updated_at, payload FROM processes ORDER BY started_at, id"
            ).fetchall()
        return [
            ProcessRecord(id_, pid, role, started_at, updated_at, from_json(payload))
            for id_, pid, role, started_at, updated_at, payload in rows
        ]

    def retire_processes(self, *, ids: Sequence[str], merge: Merge) -> list[ProcessRecord]:
        """Remove processes that have ended and return them.

        ``merge(totals, ended)`` returns the new totals of all ended processes from the old totals (``None`` at first)
        and the processes removed now; :meth:`retired_totals` returns them. It is one transaction, so nothing is
        counted twice.
        """
        with self.pool.writing() as connection:
            ended = [process for process in self.processes() if process.id in ids]
            if ended:
                self.set_value("retired_totals", merge(self.retired_totals(), ended))
                connection.executemany(
                    "DELETE FROM processes WHERE id = ?", [(process.id,) for process in ended]
                )
        return ended

    def retired_totals(self) -> Any:
        """Return the totals of all processes that were removed, or ``None``."""
        return self.value("retired_totals")

    def add_metrics(self, payload: Mapping[str, Any], *, at: float | None = None) -> None:
        """Add one sample of metrics; another one of the same moment replaces it."""
        with self.pool.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO metrics_history (at, payload) VALUES (?, ?)",
                (self._now() if at is None else at, to_json(payload)),
            )

    def metrics(self, *, since: float = 0.0, until: float = 1e12) -> list[tuple[float, Any]]:
        """Return samples (moment, payload) between two moments, oldest first."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT at, payload FROM metrics_history WHERE at >= ? AND at < ? ORDER BY at", (since, until)
            ).fetchall()
        return [(at, from_json(payload)) for at, payload in rows]

    def thin_metrics(self, *, before: float, every: float, forget_before: float = 0.0) -> int:
        """Keep one sample for every ``every`` seconds before a moment; return how many were deleted."""
        thinned = """
            DELETE FROM metrics_history WHERE at < ?1 AND at NOT IN
                (SELECT min(at) FROM metrics_history WHERE at < ?1 GROUP BY CAST(at / ?2 AS INTEGER))"""
        with self.pool.writing() as connection:
            forgotten = connection.execute(
                "DELETE FROM metrics_history WHERE at < ?", (forget_before,)
            ).rowcount
            return forgotten + connection.execute(thinned, (before, every)).rowcount

    def add_benchmark(self, payload: Mapping[str, Any]) -> int:
        """Save the result of a benchmark and return its id."""
        with self.pool.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO benchmarks (at, payload) VALUES (?, ?)", (self._now(), to_json(payload))
            )
            return int(cursor.lastrowid or 0)

    def benchmarks(self, *, limit: int = 100) -> list[tuple[float, Any]]:
        """Return benchmark results (moment, payload), newest first."""
        with self.pool.reading() as connection:
            rows = connection.execute(
                "SELECT at, payload FROM benchmarks ORDER BY id DESC LIMIT ?", (limit,)
            ).fetchall()
        return [(at, from_json(payload)) for at, payload in rows]

    def latest_benchmark(self) -> tuple[float, Any] | None:
        """Return the newest benchmark result (moment, payload), or ``None``."""
        found = self.benchmarks(limit=1)
        return found[0] if found else None
