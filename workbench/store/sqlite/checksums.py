"""Checksums of stored values, so that a value that a disk has changed is detected when it is read, and not used.

They are made and compared in SQL, by the function ``row_checksum`` of every connection. Each also covers the key of
the row, so a row of another content is detected as well. A row without a checksum counts as absent; a track without a
checksum is read again from its file.

The checksums of ``feature_details`` and ``landmarks`` are in ``features``: beside large values they would be as slow to
read as those.
"""

from __future__ import annotations

import xxhash

FUNCTION = "row_checksum"

# The checksums of features f, feature_details d and landmarks l, each with the hash of the content. Damaged text may
# not be UTF-8, so it is read as bytes.
_OF_CONTENT = {
    "checksum": "f.version, f.layout, f.seconds, f.numbers, CAST(f.labels AS BLOB), f.vector",
    "scalars_checksum": "CAST(d.scalars AS BLOB)",
    "series_checksum": "d.series",
    "first_checksum": "l.first",
    "rest_checksum": "l.rest",
}
CONTENT_CHECKSUMS = tuple(_OF_CONTENT)

_RESULT = "CAST(content_hash AS BLOB), CAST(model AS BLOB), CAST(version AS BLOB), CAST(model_hash AS BLOB)"
_OF_ROW = {
    "embeddings": f"{_RESULT}, vector",
    "predictions": f"{_RESULT}, CAST(scores AS BLOB)",
    "artifacts": "CAST(kind AS BLOB), CAST(key AS BLOB), CAST(snapshot AS BLOB), value",
    "feature_layouts": "id, CAST(names AS BLOB)",
}
"""Tables with a checksum in each row, with the values that it covers."""

# One text of all columns is three times as fast as an argument for each of them. Fractional numbers are arguments of
# their own, because releases of SQLite may write them differently.
_TRACK_TEXTS = """
id path content_hash size_bytes mtime_ns ctime_ns title artist album album_artist genre year track_number
artists album_artists composer comment grouping isrc title_sort artist_sort album_sort album_artist_sort composer_sort
musicbrainz_recording_id musicbrainz_track_id musicbrainz_album_id musicbrainz_release_group_id musicbrainz_artist_id
musicbrainz_album_artist_id tag_key tag_mood cover disc_number compilation play_count lyrics search
"""
_TRACK_NUMBERS = "added_at rating tag_bpm tag_gain_db tag_album_gain_db tag_peak"
_ENTRIES = """(SELECT CAST(group_concat(entry, char(30)) AS BLOB) FROM (
    SELECT concat_ws(char(31), position, track_id, coalesce(content_hash, char(26)), explanation) AS entry
    FROM playlist_tracks WHERE playlist_id = playlists.id ORDER BY position))"""
_SAID_BY_PEOPLE = {
    "ratings": "CAST(content_hash AS BLOB), rating, CAST(labels AS BLOB), excluded",
    "playlists": ", ".join(
        f"CAST({name} AS BLOB)"
        for name in ("name", "method", "parameters", "snapshot", "versions", "card", "recipe")
    )
    + f", id, random_state, created_at, {_ENTRIES}",
}

INTACT = {table: f"checksum IS {FUNCTION}({values})" for table, values in (_OF_ROW | _SAID_BY_PEOPLE).items()}
"""For each table, the condition that a row is intact."""

_JOINED = """(SELECT 1) LEFT JOIN feature_details d ON d.content_hash = f.content_hash
    LEFT JOIN landmarks l ON l.content_hash = f.content_hash"""
SEAL_CONTENT = "UPDATE features AS f SET " + ", ".join(
    f"{name} = (SELECT {FUNCTION}(CAST(f.content_hash AS BLOB), {values}) FROM {_JOINED})"
    for name, values in _OF_CONTENT.items()
)
"""The statement that gives rows of ``features`` their checksums; add a condition."""

SEAL = {table: f"UPDATE {table} SET checksum = {FUNCTION}({values})" for table, values in _OF_ROW.items()}
"""For each table, the statement that gives its rows their checksums; add a condition."""

SEAL_WHAT_PEOPLE_SAY = {
    table: f"UPDATE {table} SET checksum = {FUNCTION}({values})" for table, values in _SAID_BY_PEOPLE.items()
}
"""Statements as in ``SEAL`` for ``ratings`` and ``playlists``; a playlist's checksum covers its tracks."""

_TEXT_OF_TRACK = ", ".join(f"coalesce(t.{name}, char(26))" for name in _TRACK_TEXTS.split())
_OF_TRACK = ", ".join(
    (
        f"CAST(concat_ws(char(31), {_TEXT_OF_TRACK}) AS BLOB)",
        *(f"t.{name}" for name in _TRACK_NUMBERS.split()),
    )
)
TRACK_INTACT = f"t.checksum IS {FUNCTION}({_OF_TRACK})"
"""The condition that path, times and tags of a track ``t`` are as they were saved."""

SEAL_TRACKS = f"UPDATE tracks AS t SET checksum = {FUNCTION}({_OF_TRACK})"
"""The statement that gives tracks their checksums; add a condition."""


def row_checksum(*values: bytes | str | float | None) -> int:
    """Return the XXH3 checksum of values, 63 bits of it: SQLite's integers have a sign.

    References
    ----------
    https://github.com/Cyan4973/xxHash: XXH3, 64 bits.
    """
    parts = [value if type(value) is bytes else str(value).encode() for value in values]
    return xxhash.xxh3_64_intdigest(b"\0".join(parts)) >> 1


def intact(*names: str, key: str) -> str:
    """Return the SQL condition that these of ``CONTENT_CHECKSUMS`` are right for ``key``, a content hash in SQL."""
    return " AND ".join(f"f.{name} IS {FUNCTION}(CAST({key} AS BLOB), {_OF_CONTENT[name]})" for name in names)
