"""Results that were computed from the whole library and are worth keeping, such as the coordinates of a map."""

from __future__ import annotations

from typing import Any

from workbench.store.library.damage import set_rows_aside
from workbench.store.library.records import Artifact
from workbench.store.library.repository import Repository
from workbench.store.sqlite.checksums import INTACT


class ArtifactRepository(Repository):
    """Keeps one value for each kind and key, with the snapshot that it was computed from."""

    def save(self, kind: str, key: str, value: Any, *, snapshot: str) -> None:
        """Save a value in place of an earlier one of the same kind and key."""
        from workbench.store.serialization import encode

        data = encode(value)
        with self.pool.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO artifacts (kind, key, snapshot, value, created_at, checksum) "
                "VALUES (?1, ?2, ?3, ?4, ?5, row_checksum(?1, ?2, ?3, ?4))",
                (kind, key, snapshot, data, self._now()),
            )

    def get(self, kind: str, key: str) -> Artifact | None:
        """Return a saved value of any snapshot, or ``None``; arrays are read-only. A damaged one counts as absent."""
        from workbench.store.serialization import decode

        sql = f"""
            SELECT rowid, {INTACT["artifacts"]}, CAST(snapshot AS BLOB), value, created_at FROM artifacts
            WHERE kind = ? AND key = ? AND checksum IS NOT NULL"""
        with self.pool.reading() as connection:
            row = connection.execute(sql, (kind, key)).fetchone()
        if row is None:
            return None
        rowid, is_intact, snapshot, value, created_at = row
        if not is_intact:
            set_rows_aside(self.pool, "artifacts", [rowid])
            return None
        return Artifact(kind, key, snapshot.decode(), decode(value), created_at)
