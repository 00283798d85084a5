"""Totals as they were, so that rates can be about the last minutes instead of all time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.performance.process_table import Pool

KEEP_S = 7 * 24 * 3600.0


class MetricsHistory:
    """The ``metrics_history`` table: totals of the whole workbench by time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def append(self, at: float, totals: Mapping[str, Any]) -> None:
        """Store totals and drop those older than a week."""
        with self._pool.writing() as connection:
            connection.execute(
                "INSERT INTO metrics_history (at, payload) VALUES (?, ?)", (at, json.dumps(totals))
            )
            connection.execute("DELETE FROM metrics_history WHERE at < ?", (at - KEEP_S,))

    def since(self, at: float) -> list[tuple[float, dict[str, Any]]]:
        """Return (time, totals) from a time on, oldest first."""
        with self._pool.reading() as connection:
            rows = connection.execute(
                "SELECT at, payload FROM metrics_history WHERE at >= ? ORDER BY at", (at,)
            ).fetchall()
        return [(float(row[0]), json.loads(row[1])) for row in rows]
