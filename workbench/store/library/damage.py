"""Handle damaged values: they count as absent and their tracks as pending, and one warning is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from workbench.errors import StoreError
from workbench.readable import counted
from workbench.store.library.repository import in_groups
from workbench.store.sqlite.checksums import CONTENT_CHECKSUMS, INTACT, TRACK_INTACT, intact
from workbench.store.sqlite.stored_text import from_stored

if TYPE_CHECKING:
    from sqlite3 import Connection

    from workbench.store.database_pool import DatabasePool

_log = logging.getLogger(__name__)

_COMPUTED_AGAIN = {
    "embeddings": "Run `workbench embed` to compute them again.",
    "predictions": "Run `workbench embed` or the tagger to compute them again.",
    "artifacts": "They are computed again when they are needed.",
}
_READ_AGAIN = "Analyze their folders again: the tags are read from the files."
RATED_AGAIN = "Rate the track again, or restore a backup (workbench db restore FILE)."
_RESTORED = (
    "It is kept as it is. Look through it and keep it under another name, or restore a backup "
    "(workbench db restore FILE)."
)


def set_features_aside(pool: DatabasePool, rows: Iterable[int]) -> bool:
    """Mark damaged rows of ``features`` as absent; return false if nothing has changed or could be changed."""
    changed, tracks = 0, 0
    try:
        with pool.writing() as connection:
            for group, marks in in_groups(sorted(rows)):
                damaged = (
                    f"SELECT content_hash FROM features WHERE rowid IN ({marks}) AND checksum IS NOT NULL"
                )
                tracks += connection.execute(
                    f"UPDATE tracks SET analysis = 'pending' WHERE content_hash IN ({damaged})", group
                ).rowcount
                changed += connection.execute(
                    f"UPDATE features SET checksum = NULL WHERE rowid IN ({marks}) AND checksum IS NOT NULL",
                    group,
                ).rowcount
    except StoreError as error:
        _log.warning("Stored features are damaged and not used: %s", error)
        return False
    if tracks:
        _log.warning(
            "The stored features of %s are damaged and not used. Analyze the folder again.",
            counted(tracks, "track"),
        )
    return changed > 0


def set_rows_aside(pool: DatabasePool, table: str, rows: Iterable[int]) -> None:
    """Mark damaged rows of ``embeddings``, ``predictions`` or ``artifacts`` as absent, and the tracks as changed."""
    changed = 0
    try:
        with pool.writing() as connection:
            for group, marks in in_groups(sorted(rows)):
                changed += connection.execute(
                    f"UPDATE {table} SET checksum = NULL WHERE rowid IN ({marks}) AND checksum IS NOT NULL",
                    group,
                ).rowcount
    except StoreError as error:
        _log.warning("Stored %s are damaged and not used: %s", table, error)
    if changed and table == "tracks":
        _log.warning("The stored tags of %s are damaged. %s", counted(changed, "track"), _READ_AGAIN)
    elif changed:
        _log.warning(
            "%s damaged and not used. %s",
            f"{counted(changed, table[:-1])} {'is' if changed == 1 else 'are'}",
            _COMPUTED_AGAIN[table],
        )


def find_damage(pool: DatabasePool) -> Iterator[str]:
    """Compare every value with its checksum, mark damaged ones as absent, and yield sentences about the damage."""
    every = intact(*CONTENT_CHECKSUMS, key="f.content_hash")
    with pool.reading() as connection:
        features = connection.execute(
            f"""SELECT f.rowid FROM features f LEFT JOIN feature_details d ON d.content_hash = f.content_hash
                LEFT JOIN landmarks l ON l.content_hash = f.content_hash
                WHERE f.checksum IS NOT NULL AND NOT ({every})"""
        ).fetchall()
        layouts = connection.execute(
            f"SELECT id FROM feature_layouts WHERE NOT ({INTACT['feature_layouts']})"
        ).fetchall()
        others = {
            table: connection.execute(
                f"SELECT rowid FROM {table} WHERE checksum IS NOT NULL AND NOT ({INTACT[table]})"
            ).fetchall()
            for table in _COMPUTED_AGAIN
        }
        tracks = connection.execute(
            f"SELECT id FROM tracks t WHERE t.checksum IS NOT NULL AND NOT ({TRACK_INTACT})"
        ).fetchall()
        told = [*damaged_ratings(connection), *damaged_playlists(connection)]
    if layouts:
        yield f"the names of the features of {counted(len(layouts), 'layout')} are damaged"
    if features:
        set_features_aside(pool, (row for (row,) in features))
        yield f"the features of {counted(len(features), 'content')} are damaged; analyze the folder again"
    for table, rows in others.items():
        if rows:
            set_rows_aside(pool, table, (row for (row,) in rows))
            yield f"{counted(len(rows), table[:-1])} damaged. {_COMPUTED_AGAIN[table]}"
    if tracks:
        set_rows_aside(pool, "tracks", (row for (row,) in tracks))
        yield f"the tags of {counted(len(tracks), 'track')} are damaged. {_READ_AGAIN}"
    yield from told


def damaged_ratings(connection: Connection) -> Iterator[str]:
    """Yield a sentence about each rating that differs from its checksum, with the path of one of its tracks."""
    rows = connection.execute(
        f"""SELECT CAST(coalesce((SELECT path FROM tracks t WHERE t.content_hash = ratings.content_hash), content_hash)
            AS BLOB) FROM ratings WHERE NOT ({INTACT["ratings"]})"""
    )
    for (path,) in rows:
        yield f"the rating of {from_stored(path.decode('utf-8', 'replace'))} is damaged and not used. {RATED_AGAIN}"


def damaged_playlists(connection: Connection, *ids: int) -> Iterator[str]:
    """Yield a sentence about each playlist that differs from its checksum, of all playlists or of these."""
    chosen = f"id IN ({', '.join(map(str, ids))}) AND " if ids else ""
    rows = connection.execute(
        f"SELECT id, CAST(name AS BLOB) FROM playlists WHERE {chosen}NOT ({INTACT['playlists']})"
    )
    for playlist_id, name in rows:
        yield f"the playlist {name.decode('utf-8', 'replace')!r} (id {playlist_id}) is damaged. {_RESTORED}"
