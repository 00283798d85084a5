"""Store playlists: the newest one of a name is the playlist, and earlier ones are its history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from sqlite3 import Connection
from typing import Any

from workbench.readable import valid
from workbench.store.library.damage import damaged_playlists
from workbench.store.library.records import PlaylistEntry, PlaylistRecord, PlaylistSummary
from workbench.store.library.repository import Repository, from_json, to_json
from workbench.store.sqlite.checksums import INTACT, SEAL_WHAT_PEOPLE_SAY

_COLUMNS = "id, name, method, parameters, random_state, snapshot, versions, card, recipe, created_at"
_SEAL = f"{SEAL_WHAT_PEOPLE_SAY['playlists']} WHERE id = ?"
_NEWEST = "id = (SELECT max(id) FROM playlists AS same WHERE same.name = p.name)"
_SUMMARY = """
    SELECT p.id, p.name, p.method,
           (SELECT count(*) FROM playlist_tracks WHERE playlist_id = p.id), p.snapshot, p.created_at
    FROM playlists p"""


class PlaylistRepository(Repository):
    """Keeps playlists, their recipes and their history."""

    def save(self, record: PlaylistRecord) -> int:
        """Save a playlist and return its id; ``record.id`` and ``record.created_at`` are ignored."""
        with self.pool.writing() as connection:
            return _insert(connection, replace(record, id=None, created_at=self._now()))

    def restore(self, records: Iterable[PlaylistRecord]) -> None:
        """Save playlists that were deleted, with the ids and times that they had."""
        with self.pool.writing() as connection:
            for record in records:
                _insert(connection, record)

    def rename(self, old: str, new: str) -> bool:
        """Rename every playlist of a name. Return false when the new name is taken."""
        with self.pool.writing() as connection:
            if connection.execute("SELECT 1 FROM playlists WHERE name = ?", (new,)).fetchone():
                return False
            whole = connection.execute(
                f"SELECT id FROM playlists WHERE name = ? AND {INTACT['playlists']}", (old,)
            )
            ids = whole.fetchall()
            connection.execute("UPDATE playlists SET name = ? WHERE name = ?", (new, old))
            connection.executemany(_SEAL, ids)  # a damaged playlist keeps its wrong checksum
            return True

    def discard(self, name: str) -> None:
        """Delete every playlist of a name."""
        with self.pool.writing() as connection:
            connection.execute("DELETE FROM playlists WHERE name = ?", (name,))

    def get(self, id_or_name: int | str) -> PlaylistRecord | None:
        """Return a playlist by id, or the newest of a name (digits are tried as an id first), or ``None``.

        A damaged playlist is returned anyway, because it is the only copy; one warning is logged.
        """
        with self.pool.snapshot() as connection:
            if (playlist_id := _as_id(id_or_name)) is not None and (
                found := self._load(connection, playlist_id)
            ):
                return found
            row = connection.execute(
                "SELECT max(id) FROM playlists WHERE name = ?", (str(id_or_name),)
            ).fetchone()
            return None if row[0] is None else self._load(connection, row[0])

    def _load(self, connection: Connection, playlist_id: int) -> PlaylistRecord | None:
        self._say_once(damaged_playlists(connection, playlist_id))
        return _load(connection, playlist_id)

    def newest(self) -> list[PlaylistSummary]:
        """Return the newest playlist of every name, newest first."""
        return self._summaries(f"WHERE p.{_NEWEST}", ())

    def history(self, name: str) -> list[PlaylistSummary]:
        """Return every playlist that was saved under this name, newest first."""
        return self._summaries("WHERE p.name = ?", (name,))

    def delete(self, playlist_id: int) -> bool:
        """Delete one playlist; its history stays. Return false when there is none with this id."""
        with self.pool.writing() as connection:
            return connection.execute("DELETE FROM playlists WHERE id = ?", (playlist_id,)).rowcount > 0

    def _summaries(self, where: str, values: tuple[Any, ...]) -> list[PlaylistSummary]:
        with self.pool.reading() as connection:
            rows = connection.execute(f"{_SUMMARY} {where} ORDER BY p.id DESC", values).fetchall()
        return [PlaylistSummary(*row) for row in rows]


def _as_id(text: int | str) -> int | None:
    if isinstance(text, int):
        return text
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _insert(connection: Connection, record: PlaylistRecord) -> int:
    """Insert a playlist, with a new id if the record has none, and return its id."""
    cursor = connection.execute(
        f"INSERT INTO playlists ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.id,
            valid(record.name),
            record.method,
            to_json(record.parameters),
            record.random_state,
            record.snapshot,
            to_json(record.versions),
            to_json(record.card),
            to_json(record.recipe),
            record.created_at,
        ),
    )
    playlist_id = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT INTO playlist_tracks (playlist_id, position, track_id, content_hash, explanation) "
        "VALUES (?, ?, ?, ?, ?)",
        [
            (playlist_id, position, entry.track_id, entry.content_hash, to_json(entry.explanation))
            for position, entry in enumerate(record.entries)
        ],
    )
    connection.execute(_SEAL, (playlist_id,))
    return playlist_id


def _load(connection: Connection, playlist_id: int) -> PlaylistRecord | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM playlists WHERE id = ?", (playlist_id,)).fetchone()
    if row is None:
        return None
    entries = connection.execute(
        "SELECT track_id, content_hash, explanation FROM playlist_tracks WHERE playlist_id = ? "
        "ORDER BY position",
        (playlist_id,),
    )
    id_, name, method, parameters, random_state, snapshot, versions, card, recipe, created_at = row
    record = PlaylistRecord(
        name=name,
        method=method,
        parameters=from_json(parameters),
        random_state=random_state,
        snapshot=snapshot,
        versions=from_json(versions),
        card=from_json(card),
        recipe=from_json(recipe),
        id=id_,
        created_at=created_at,
    )
    return replace(
        record, entries=tuple(PlaylistEntry(track, hash_, from_json(why)) for track, hash_, why in entries)
    )
