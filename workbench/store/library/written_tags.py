"""Store the tags that the workbench wrote into files. It may change only these without being told to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.store.library.repository import Repository, from_json, to_json


class WrittenTagsRepository(Repository):
    """Keeps the value of each field that was written into the file of a track."""

    def save(self, track_id: int, values: Mapping[str, Any]) -> None:
        """Record the values that were written, in place of earlier values of the same fields."""
        rows = [(track_id, field, to_json(value)) for field, value in values.items()]
        with self.pool.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO written_tags (track_id, field, value) VALUES (?, ?, ?)", rows
            )

    def forget(self, track_id: int, fields: Iterable[str]) -> None:
        """Delete the notes about these fields, because the file has its earlier values again."""
        with self.pool.writing() as connection:
            connection.executemany(
                "DELETE FROM written_tags WHERE track_id = ? AND field = ?",
                [(track_id, field) for field in fields],
            )

    def of(self, track_id: int) -> dict[str, Any]:
        """Return the values that were written into the file of a track, by field."""
        with self.pool.reading() as connection:
            rows = connection.execute("SELECT field, value FROM written_tags WHERE track_id = ?", (track_id,))
            return {field: from_json(value) for field, value in rows}

    def all(self) -> dict[int, dict[str, Any]]:
        """Return all values that were written, by track id and field."""
        found: dict[int, dict[str, Any]] = {}
        with self.pool.reading() as connection:
            for track_id, field, value in connection.execute(
                "SELECT track_id, field, value FROM written_tags"
            ):
                found.setdefault(track_id, {})[field] = from_json(value)
        return found
