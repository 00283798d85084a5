"""Store features by content: files with the same content share them, and moved files keep them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from workbench.store.library.damage import set_features_aside
from workbench.store.library.landmarks import as_landmarks, save_landmarks
from workbench.store.library.records import QUARANTINE_KINDS, FeatureRecord, FeaturesVersion, Quarantined
from workbench.store.library.repository import Repository, from_json, in_groups, to_json
from workbench.store.sqlite.checksums import CONTENT_CHECKSUMS, INTACT, SEAL, SEAL_CONTENT, intact

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SAVE = """
    INSERT INTO features (content_hash, version, layout, numbers, labels, vector, seconds, computed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (content_hash) DO UPDATE SET version = excluded.version, layout = excluded.layout,
        numbers = excluded.numbers, labels = excluded.labels, vector = excluded.vector,
        seconds = excluded.seconds, computed_at = excluded.computed_at"""

_SAVE_DETAILS = """
    INSERT INTO feature_details (content_hash, scalars, series) VALUES (?, ?, ?)
    ON CONFLICT (content_hash) DO UPDATE SET scalars = excluded.scalars, series = excluded.series"""


LAYOUTS = f"SELECT id, CAST(names AS BLOB) AS names FROM feature_layouts WHERE {INTACT['feature_layouts']}"
"""The query for the id of each layout and the names in it, as JSON."""


class FeatureRepository(Repository):
    """Keeps features, failures and the quarantine."""

    def save(self, content_hash: str, record: FeatureRecord) -> None:
        """Save the features of a content; its tracks are analyzed from now on."""
        from workbench.store.serialization import encode

        names, numbers, labels = _pack(record.scalars, record.own_versions)
        vector = _float32(record.vector)
        series = encode(dict(record.series))
        with self.pool.writing() as connection:
            layout = _layout_id(connection, names)
            connection.execute(
                _SAVE,
                (content_hash, record.version, layout, numbers, labels, vector, record.seconds, self._now()),
            )
            connection.execute(_SAVE_DETAILS, (content_hash, to_json(dict(record.scalars)), series))
            save_landmarks(connection, content_hash, record.landmarks)
            connection.execute(f"{SEAL_CONTENT} WHERE content_hash = ?", (content_hash,))
            connection.execute("DELETE FROM quarantine WHERE content_hash = ?", (content_hash,))
            connection.execute(
                "UPDATE tracks SET analysis = 'analyzed', error = NULL, error_kind = NULL "
                "WHERE content_hash = ?",
                (content_hash,),
            )

    def get(self, content_hash: str) -> FeatureRecord | None:
        """Return the features of a content with read-only arrays; ``None`` if there are none or they are damaged."""
        import numpy as np

        from workbench.store.serialization import decode

        checked = intact(*CONTENT_CHECKSUMS, key="?1")
        row = self._intact(
            f"""SELECT f.rowid, {checked} AND n.id IS NOT NULL, f.version, CAST(d.scalars AS BLOB), f.vector,
                d.series, f.seconds, l.first, l.rest, n.names
            FROM features f LEFT JOIN feature_details d ON d.content_hash = f.content_hash
                LEFT JOIN landmarks l ON l.content_hash = f.content_hash
                LEFT JOIN ({LAYOUTS}) n ON n.id = f.layout
            WHERE f.content_hash = ?1 AND f.checksum IS NOT NULL""",
            content_hash,
        )
        if row is None:
            return None
        version, scalars, vector, series, seconds, first, rest, names = row
        return FeatureRecord(
            version,
            from_json(scalars),
            np.frombuffer(vector, "<f4"),
            decode(series),
            seconds,
            as_landmarks((first or b"") + (rest or b"")),
            _own_versions(names),
        )

    def saved_at(self, content_hash: str) -> float | None:
        """Return when the features of a content were saved, ``None`` if there are none. Faster than reading them."""
        with self.pool.reading() as connection:
            row = connection.execute(
                "SELECT computed_at FROM features WHERE content_hash = ?", (content_hash,)
            ).fetchone()
        return row[0] if row else None

    def audio_seconds(self) -> float:
        """Return the total duration of all analyzed tracks, seconds, missing files included."""
        sql = f"""
            SELECT CAST(d.scalars AS BLOB) FROM tracks t JOIN features f ON f.content_hash = t.content_hash
                JOIN feature_details d ON d.content_hash = t.content_hash
            WHERE {intact("scalars_checksum", key="t.content_hash")}"""
        with self.pool.reading() as connection:
            return sum(from_json(scalars).get("duration_s") or 0.0 for (scalars,) in connection.execute(sql))

    def versions(self, hashes: Iterable[str]) -> dict[str, FeaturesVersion]:
        """Return the versions that computed the features of these contents; contents without features are left out."""
        found: dict[str, FeaturesVersion] = {}
        with self.pool.snapshot() as connection:
            own = own_versions(connection)
            for group, marks in in_groups(list(hashes)):
                sql = f"""
                    SELECT CAST(content_hash AS BLOB), version, layout FROM features f
                    WHERE content_hash IN ({marks}) AND {intact("checksum", key="content_hash")}"""
                for content_hash, version, layout in connection.execute(sql, group):
                    if layout in own:
                        found[content_hash.decode()] = FeaturesVersion(version, own[layout])
        return found

    def series(self, content_hash: str) -> Mapping[str, npt.NDArray[Any]]:
        """Return the series of a content (beats, curves, waveform peaks), read-only; empty if there are none."""
        from workbench.store.serialization import decode

        row = self._intact(
            f"""SELECT f.rowid, {intact("series_checksum", key="?1")}, d.series
            FROM features f LEFT JOIN feature_details d ON d.content_hash = f.content_hash
            WHERE f.content_hash = ?1 AND f.checksum IS NOT NULL""",
            content_hash,
        )
        return decode(row[0]) if row else {}

    def _intact(self, sql: str, content_hash: str) -> tuple[Any, ...] | None:
        """Return a row without its first columns (its row in ``features``, and whether it is damaged), if intact."""
        with self.pool.reading() as connection:
            row = connection.execute(sql, (content_hash,)).fetchone()
        if row is None or row[1]:
            return None if row is None else tuple(row[2:])
        set_features_aside(self.pool, row[:1])
        return None

    def copy(self, old_hash: str, new_hash: str) -> None:
        """Give one content the features of another that sounds the same, unless they are damaged."""
        if self.get(old_hash) is None or self.saved_at(new_hash) is not None:
            return
        columns = "version, layout, numbers, labels, vector, seconds, computed_at"
        with self.pool.writing() as connection:
            details = ("feature_details", "scalars, series"), ("landmarks", "first, rest")
            for table, names in (("features", columns), *details):
                connection.execute(
                    f"INSERT INTO {table} (content_hash, {names}) "
                    f"SELECT ?, {names} FROM {table} WHERE content_hash = ?",
                    (new_hash, old_hash),
                )
            connection.execute(f"{SEAL_CONTENT} WHERE content_hash = ?", (new_hash,))

    def save_failure(self, content_hash: str, error: str, kind: str) -> None:
        """Record why a content cannot be analyzed; a crash or a missed deadline puts it in quarantine."""
        with self.pool.writing() as connection:
            connection.execute(
                "UPDATE tracks SET analysis = 'failed', error = ?, error_kind = ? WHERE content_hash = ?",
                (error, kind, content_hash),
            )
            if kind in QUARANTINE_KINDS:
                connection.execute(
                    "INSERT OR REPLACE INTO quarantine (content_hash, error, error_kind, at) "
                    "VALUES (?, ?, ?, ?)",
                    (content_hash, error, kind, self._now()),
                )

    def quarantined(self, hashes: Iterable[str] | None = None) -> dict[str, Quarantined]:
        """Return which of these contents (all by default) are in quarantine, and why."""
        sql = "SELECT content_hash, error, error_kind, at FROM quarantine"
        found: dict[str, Quarantined] = {}
        with self.pool.reading() as connection:
            if hashes is None:
                return {row[0]: Quarantined(*row[1:]) for row in connection.execute(sql)}
            for group, marks in in_groups(list(hashes)):
                rows = connection.execute(f"{sql} WHERE content_hash IN ({marks})", group)
                found.update((row[0], Quarantined(*row[1:])) for row in rows)
        return found

    def clear_quarantine(self, hashes: Iterable[str] | None = None) -> int:
        """Take these contents (all by default) out of quarantine; return how many there were."""
        chosen = list(self.quarantined(hashes))
        with self.pool.writing() as connection:
            for group, marks in in_groups(chosen):
                connection.execute(f"DELETE FROM quarantine WHERE content_hash IN ({marks})", group)
                connection.execute(
                    "UPDATE tracks SET analysis = 'pending', error = NULL, error_kind = NULL "
                    f"WHERE analysis = 'failed' AND content_hash IN ({marks})",
                    group,
                )
        return len(chosen)


def own_versions(connection: Connection) -> dict[int, Mapping[str, int]]:
    """Return the versions of the own descriptors by layout."""
    return {id_: _own_versions(names) for id_, names in connection.execute(LAYOUTS)}


def _own_versions(names: bytes) -> Mapping[str, int]:
    _, _, *own = from_json(names)
    return own[0] if own else {}


def _pack(scalars: Mapping[str, Any], own: Mapping[str, int]) -> tuple[str, bytes, str]:
    """Return names, numbers and labels of the flat scalars; lists have no column in the table.

    The names include the versions of the own descriptors, if there are any.
    """
    import numpy as np

    numbers = {name: _number(value) for name, value in sorted(scalars.items()) if _is_number(value)}
    labels = {name: value for name, value in sorted(scalars.items()) if isinstance(value, str)}
    names = to_json([list(numbers), list(labels), *([dict(sorted(own.items()))] if own else [])])
    return names, np.array(list(numbers.values()), dtype="<f8").tobytes(), to_json(list(labels.values()))


def _is_number(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, bool | int | float)
        or (hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0)
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _float32(vector: npt.NDArray[np.float32]) -> bytes:
    import numpy as np

    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def _layout_id(connection: Connection, names: str) -> int:
    query = f"SELECT id FROM feature_layouts WHERE names = ? AND {INTACT['feature_layouts']}"
    if row := connection.execute(query, (names,)).fetchone():
        return int(row[0])
    connection.execute("REINDEX feature_layouts")  # a damaged row may still be in the index with these names
    layout = connection.execute("INSERT INTO feature_layouts (names) VALUES (?)", (names,)).lastrowid or 0
    connection.execute(f"{SEAL['feature_layouts']} WHERE id = ?", (layout,))
    return layout
