"""The database's schema as ordered, named steps; ``PRAGMA user_version`` counts those that have run.

Each step runs in its own transaction. Never edit a step that was released: add a new one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.store.sqlite.checksums import (
    CONTENT_CHECKSUMS,
    SEAL,
    SEAL_CONTENT,
    SEAL_TRACKS,
    SEAL_WHAT_PEOPLE_SAY,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

APPLICATION_ID = 0x504C5742  # "PLWB", so that `file` and a restore recognize databases of the workbench

Migration = Callable[["Connection"], None]

_TABLES = {
    "meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    # One row per file. `analysis` is the result for its content; `status` is shown to people.
    "tracks": """
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        content_hash TEXT,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        analysis TEXT NOT NULL DEFAULT 'pending' CHECK (analysis IN ('pending', 'analyzed', 'failed')),
        missing_since REAL,
        status TEXT AS (CASE WHEN missing_since IS NULL THEN analysis ELSE 'missing' END) VIRTUAL,
        error TEXT,
        error_kind TEXT,
        title TEXT, artist TEXT, album TEXT, album_artist TEXT, genre TEXT,
        year INTEGER, track_number INTEGER,
        added_at REAL NOT NULL,
        search TEXT NOT NULL DEFAULT ''""",
    # Features belong to a content, so moved files and duplicates share them. The numbers that a table of the whole
    # library needs are packed here (little-endian float64, named by their layout), because parsing 100,000 JSON
    # documents takes longer than reading them. The same values as readable JSON are in feature_details.
    "feature_layouts": "id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE",
    "features": """
        content_hash TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        layout INTEGER NOT NULL REFERENCES feature_layouts (id),
        numbers BLOB NOT NULL,
        labels TEXT NOT NULL,
        vector BLOB NOT NULL,
        seconds REAL NOT NULL,
        computed_at REAL NOT NULL""",
    "feature_details": """
        content_hash TEXT PRIMARY KEY REFERENCES features (content_hash) ON DELETE CASCADE,
        scalars TEXT NOT NULL,
        series BLOB NOT NULL""",
    "quarantine": """
        content_hash TEXT PRIMARY KEY,
        error TEXT NOT NULL,
        error_kind TEXT NOT NULL,
        at REAL NOT NULL""",
    "embeddings": """
        content_hash TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        model_hash TEXT NOT NULL,
        vector BLOB NOT NULL,
        computed_at REAL NOT NULL,
        PRIMARY KEY (content_hash, model)""",
    "predictions": """
        content_hash TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        model_hash TEXT NOT NULL,
        scores TEXT NOT NULL,
        computed_at REAL NOT NULL,
        PRIMARY KEY (content_hash, model)""",
    "ratings": """
        content_hash TEXT PRIMARY KEY,
        rating REAL,
        plays INTEGER NOT NULL DEFAULT 0,
        last_played_at REAL,
        labels TEXT NOT NULL DEFAULT '{}'""",
    "playlists": """
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        method TEXT NOT NULL,
        parameters TEXT NOT NULL,
        random_state INTEGER,
        snapshot TEXT NOT NULL,
        versions TEXT NOT NULL,
        card TEXT NOT NULL,
        recipe TEXT NOT NULL,
        created_at REAL NOT NULL""",
    "playlist_tracks": """
        playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        track_id INTEGER NOT NULL,
        content_hash TEXT,
        explanation TEXT NOT NULL,
        PRIMARY KEY (playlist_id, position)""",
    "processes": """
        id TEXT PRIMARY KEY,
        pid INTEGER NOT NULL,
        role TEXT NOT NULL,
        started_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        payload TEXT NOT NULL""",
    "metrics_history": "at REAL PRIMARY KEY, payload TEXT NOT NULL",
    "jobs": """
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        payload TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL""",
    "benchmarks": "id INTEGER PRIMARY KEY, at REAL NOT NULL, payload TEXT NOT NULL",
    "artifacts": """
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        snapshot TEXT NOT NULL,
        value BLOB NOT NULL,
        created_at REAL NOT NULL,
        PRIMARY KEY (kind, key)""",
}

_INDEXES = {
    "tracks_by_content_hash": "tracks (content_hash, missing_since)",
    "tracks_by_status": "tracks (status)",
    "playlists_by_name": "playlists (name, id)",
    "playlist_tracks_by_track": "playlist_tracks (track_id)",
    "jobs_by_status": "jobs (status, created_at)",
}

# A change of one of these columns makes a new snapshot of the library, because a playlist could depend on it.
_SNAPSHOT_COLUMNS = {
    "tracks": (
        "path",
        "content_hash",
        "status",
        "title",
        "artist",
        "album",
        "album_artist",
        "genre",
        "year",
        "track_number",
    ),
    "features": ("version", "layout", "numbers", "labels", "vector"),
    "embeddings": ("version", "model_hash", "vector"),
    "predictions": ("version", "model_hash", "scores"),
}


def set_foreign_tables_aside(connection: Connection) -> None:
    """Rename tables of another program that have our names, such as ``tracks`` of the seed."""
    for name in _INDEXES:
        connection.execute(f"DROP INDEX IF EXISTS {name}")
    present = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for name in sorted(present & _TABLES.keys()):
        connection.execute(f"ALTER TABLE {name} RENAME TO seed_{name}")


def create_library(connection: Connection) -> None:
    """Create every table, index and trigger of the first release."""
    set_foreign_tables_aside(connection)
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")
    for name, columns in _INDEXES.items():
        connection.execute(f"CREATE INDEX {name} ON {columns}")
    for table, counted in _SNAPSHOT_COLUMNS.items():
        _count_changes(connection, table, counted)
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('library_id', ?), ('changes', '0')", (uuid.uuid4().hex[:12],)
    )


def _count_changes(connection: Connection, table: str, columns: Sequence[str]) -> None:
    bump = "UPDATE meta SET value = value + 1 WHERE key = 'changes'"
    differs = " OR ".join(f"old.{name} IS NOT new.{name}" for name in columns)
    for event, condition in (("INSERT", "1"), ("DELETE", "1"), ("UPDATE", differs)):
        connection.execute(
            f"CREATE TRIGGER {table}_{event.lower()}_counts AFTER {event} ON {table} "
            f"WHEN {condition} BEGIN {bump}; END"
        )


def spell_in_american_english(connection: Connection) -> None:
    """Rename what version 0.1.0 stored in British spelling: a reason of the method ``kmeans``, and the map."""
    connection.execute(
        "UPDATE playlist_tracks SET explanation = "
        """replace(explanation, '"distance_to_centre":', '"distance_to_center":')"""
    )
    connection.execute(
        "UPDATE OR REPLACE artifacts SET key = 'neighbors' WHERE kind = 'map' AND key = 'neighbours'"
    )


# The columns of that version; a later tag gets a new migration.
_MORE_TAGS = """
artists TEXT, album_artists TEXT, composer TEXT, comment TEXT, grouping TEXT, isrc TEXT, title_sort TEXT,
artist_sort TEXT, album_sort TEXT, album_artist_sort TEXT, composer_sort TEXT, musicbrainz_recording_id TEXT,
musicbrainz_track_id TEXT, musicbrainz_album_id TEXT, musicbrainz_release_group_id TEXT, musicbrainz_artist_id TEXT,
musicbrainz_album_artist_id TEXT, tag_key TEXT, tag_mood TEXT, cover TEXT, disc_number INTEGER, compilation INTEGER,
rating REAL, play_count INTEGER, tag_bpm REAL, tag_gain_db REAL, tag_album_gain_db REAL, tag_peak REAL, lyrics TEXT
"""


def keep_more_tags(connection: Connection) -> None:
    """Add a column for every tag that is read now. A file gets them when its tags are read the next time."""
    columns = [definition.strip() for definition in _MORE_TAGS.split(",")]
    for column in columns:
        connection.execute(f"ALTER TABLE tracks ADD COLUMN {column}")
    for event in ("insert", "delete", "update"):
        connection.execute(f"DROP TRIGGER IF EXISTS tracks_{event}_counts")
    counted = (*_SNAPSHOT_COLUMNS["tracks"], *(column.split()[0] for column in columns))
    _count_changes(connection, "tracks", counted)


def keep_inode_times(connection: Connection) -> None:
    """Add the time that shows changed tags in a file of the same size and date; without it, tags are read again."""
    connection.execute("ALTER TABLE tracks ADD COLUMN ctime_ns INTEGER")


def keep_landmarks(connection: Connection) -> None:
    """Add a table of the landmarks of each content. Those that are looked up first have a column of 512 bytes.

    The id grows with every save, so that a query can select what was saved after an id.
    """
    connection.execute(
        """CREATE TABLE landmarks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            content_hash TEXT NOT NULL UNIQUE REFERENCES features (content_hash) ON DELETE CASCADE,
            first BLOB NOT NULL,
            rest BLOB NOT NULL)"""
    )


def keep_written_tags(connection: Connection) -> None:
    """Add a table of the tags that were written into files; its first rows are genres that were written before."""
    connection.execute(
        "CREATE TABLE written_tags (track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE, "
        "field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (track_id, field)) WITHOUT ROWID"
    )
    connection.execute(
        "INSERT OR IGNORE INTO written_tags (track_id, field, value) "
        "SELECT t.id, 'genre', json_quote(scored.key) FROM predictions p "
        "JOIN tracks t ON t.content_hash = p.content_hash, json_each(p.scores) scored "
        "WHERE p.model = 'written:genre'"
    )
    connection.execute("DELETE FROM predictions WHERE model = 'written:genre'")


def keep_plays(connection: Connection) -> None:
    """Add tables of single plays, and of the counters and ratings of players."""
    connection.execute(
        "CREATE TABLE plays (content_hash TEXT NOT NULL, source TEXT NOT NULL, at REAL NOT NULL, "
        "PRIMARY KEY (content_hash, source, at)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE player_facts (content_hash TEXT NOT NULL, source TEXT NOT NULL, plays INTEGER, "
        "last_played_at REAL, rating REAL, loved INTEGER, PRIMARY KEY (content_hash, source)) WITHOUT ROWID"
    )


def give_jobs_an_owner(connection: Connection) -> None:
    """Add the process that does a job, so that two servers with one library do not both do it."""
    connection.execute("ALTER TABLE jobs ADD COLUMN owner TEXT")


def keep_counts(connection: Connection) -> None:
    """Add the number of tracks of each status, so that no page of a listing counts a million rows."""
    connection.execute(
        "CREATE TABLE track_counts (status TEXT PRIMARY KEY, tracks INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute("INSERT INTO track_counts SELECT status, count(*) FROM tracks GROUP BY status")
    less = "UPDATE track_counts SET tracks = tracks - 1 WHERE status = old.status;"
    more = (
        "INSERT INTO track_counts VALUES (new.status, 1) "
        "ON CONFLICT (status) DO UPDATE SET tracks = tracks + 1;"
    )
    for event, condition, change in (
        ("INSERT", "1", more),
        ("DELETE", "1", less),
        ("UPDATE", "old.status IS NOT new.status", less + more),
    ):
        connection.execute(
            f"CREATE TRIGGER track_counts_{event.lower()} AFTER {event} ON tracks "
            f"WHEN {condition} BEGIN {change} END"
        )


def let_others_pause_jobs(connection: Connection) -> None:
    """Add what another process asks the owner of a job to do: pause or resume."""
    connection.execute("ALTER TABLE jobs ADD COLUMN wish TEXT")


def keep_server_songs(connection: Connection) -> None:
    """Add a table of the songs of media servers, and a count of its changes."""
    connection.execute(
        "CREATE TABLE server_songs (server TEXT NOT NULL, song_id TEXT NOT NULL, path TEXT, title TEXT, artist TEXT, "
        "album TEXT, duration_s REAL, track_id INTEGER REFERENCES tracks (id) ON DELETE SET NULL, by TEXT, "
        "score REAL NOT NULL DEFAULT 0, PRIMARY KEY (server, song_id)) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX server_songs_by_track ON server_songs (track_id)")
    connection.execute("INSERT INTO meta (key, value) VALUES ('server_songs', '0')")


def keep_checksums(connection: Connection) -> None:
    """Add a checksum to every computed value, existing values included."""
    for name in CONTENT_CHECKSUMS:
        connection.execute(f"ALTER TABLE features ADD COLUMN {name} INTEGER")
    connection.execute(SEAL_CONTENT)
    for table, seal in SEAL.items():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")
        connection.execute(seal)


def rate_with_stars(connection: Connection) -> None:
    """Turn thumbs into stars, and drop counters that nothing counted: plays have a table of their own."""
    connection.execute(
        "UPDATE ratings SET rating = CASE WHEN rating > 0 THEN 5 ELSE 1 END WHERE rating IS NOT NULL"
    )
    for column in ("plays", "last_played_at"):
        connection.execute(f"ALTER TABLE ratings DROP COLUMN {column}")


def let_people_exclude_tracks(connection: Connection) -> None:
    """Add the exclusion of tracks from playlists, and counts of changes of ratings and plays.

    A rating or a play does not make a new snapshot, so the library table is not read again.
    """
    connection.execute("ALTER TABLE ratings ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0")
    connection.execute("INSERT INTO meta (key, value) VALUES ('said', '0'), ('played', '0')")


def keep_checksums_of_the_rest(connection: Connection) -> None:
    """Add a checksum to tags, ratings and playlists, existing ones included."""
    for table, seal in ({"tracks": SEAL_TRACKS} | SEAL_WHAT_PEOPLE_SAY).items():
        connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")
        connection.execute(seal)


MIGRATIONS: tuple[Migration, ...] = (
    create_library,
    spell_in_american_english,
    keep_more_tags,
    keep_inode_times,
    keep_landmarks,
    keep_written_tags,
    keep_plays,
    give_jobs_an_owner,
    keep_counts,
    let_others_pause_jobs,
    keep_server_songs,
    keep_checksums,
    rate_with_stars,
    let_people_exclude_tracks,
    keep_checksums_of_the_rest,
)
