"""Results that were computed from the whole library and are worth keeping, such as the coordinates of a map."""

from __future__ import annotations

from typing import Any

from workbench.store.library.records import Artifact
from workbench.store.library.repository import Repository


class ArtifactRepository(Repository):
    """Keeps one value a kind and key, with the snapshot that it was computed from."""

    def save(self, kind: str, key: str, value: Any, *, snapshot: str) -> None:
        """Save a value in place of an earlier one of the same kind and key."""
        from workbench.store.serialization import encode

        data = encode(value)
        with self.pool.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO artifacts (kind, key, snapshot, value, created_at) VALUES (?, ?, ?, ?, ?)",
                (kind, key, snapshot, data, self._now()),
            )

    def get(self, kind: str, key: str) -> Artifact | None:
        """Return a saved value of any snapshot, or ``None``; arrays are read-only."""
        from workbench.store.serialization import decode

        with self.pool.reading() as connection:
            row = connection.execute(
                "SELECT snapshot, value, created_at FROM artifacts WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return Artifact(kind, key, row[0], decode(row[1]), row[2]) if row else None
