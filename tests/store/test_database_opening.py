from __future__ import annotations

import json
import os
import stat
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import (
    DatabaseCorruptError,
    DatabaseUnavailableError,
    DatabaseVersionError,
    SQLiteVersionError,
    StoreError,
)
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.serialization import encode
from workbench.store.sqlite import sqlite_module as sqlite
from workbench.store.sqlite.migrations import MIGRATIONS
from workbench.store.sqlite.sqlite_module import sqlite3


def pragma(path: Path, name: str) -> Any:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def backups(path: Path) -> list[Path]:
    return sorted((path.parent / "backups").glob("*.sqlite3"))


# Which SQLite


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_only_sound_versions_are_taken(version: tuple[int, ...], sound: bool) -> None:
    assert sqlite.is_sound(version) is sound
    if sound:
        sqlite.require_sound(version)
    else:
        with pytest.raises(SQLiteVersionError, match="pysqlite3") as caught:
            sqlite.require_sound(version)
        assert caught.value.version == ".".join(map(str, version))


def test_a_sound_standard_module_is_preferred_and_a_missing_one_is_not_missed() -> None:
    old = types.SimpleNamespace(sqlite_version_info=(3, 40, 1))
    sound = types.SimpleNamespace(sqlite_version_info=(3, 51, 3))
    assert sqlite.choose(sound) is sound  # type: ignore[arg-type]
    assert sqlite.choose(old, bundled="no_such_package") is old  # type: ignore[arg-type]
    assert sqlite.is_sound(sqlite3.sqlite_version_info)
    assert sqlite.sqlite_version() == sqlite3.sqlite_version


# New, old and newer databases


def test_a_new_database_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "ü?#%" / "library.sqlite3"
    with DatabasePool(path) as pool:
        pool.open()
        with pool.reading() as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert pragma(path, "user_version") == len(MIGRATIONS)
    assert not backups(path)


def test_an_empty_file_counts_as_new(database_path: Path) -> None:
    database_path.parent.mkdir()
    database_path.touch()
    with DatabasePool(database_path) as pool:
        assert Library(pool).tracks.count() == 0


def test_a_rollback_journal_database_becomes_wal_and_keeps_its_rows(database_path: Path) -> None:
    database_path.parent.mkdir()
    connection = sqlite3.connect(database_path)
    connection.executescript("""
        PRAGMA journal_mode = DELETE;
        CREATE TABLE tracks (id INTEGER PRIMARY KEY, file_path TEXT, bpm REAL);
        INSERT INTO tracks VALUES (1, '/music/a.mp3', 120.0);
        CREATE INDEX tracks_by_status ON tracks (bpm);
        CREATE TABLE tags (track_id INTEGER REFERENCES tracks (id), tag TEXT);
        INSERT INTO tags VALUES (1, 'jazz');
    """)
    connection.close()
    with DatabasePool(database_path) as pool:
        library = Library(pool)
        assert library.tracks.count() == 0
        with pool.reading() as connection:
            assert connection.execute("SELECT * FROM seed_tracks").fetchall() == [(1, "/music/a.mp3", 120.0)]
            assert connection.execute("SELECT * FROM tags").fetchall() == [(1, "jazz")]
        assert library.maintenance.check() == []
    assert pragma(database_path, "journal_mode") == "wal"
    (backup,) = backups(database_path)
    assert pragma(backup, "journal_mode") == "delete"
    assert pragma(backup, "user_version") == 0


def test_our_own_database_in_rollback_mode_becomes_wal_again(database_path: Path) -> None:
    DatabasePool(database_path).open()
    connection = sqlite3.connect(database_path)
    assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    connection.close()
    with DatabasePool(database_path) as pool:
        pool.open()
    assert pragma(database_path, "journal_mode") == "wal"


def test_a_newer_database_is_refused_untouched(database_path: Path) -> None:
    with DatabasePool(database_path) as pool:
        pool.open()
    connection = sqlite3.connect(database_path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = database_path.read_bytes(), database_path.stat().st_mtime_ns
    with (
        DatabasePool(database_path) as pool,
        pytest.raises(DatabaseVersionError, match="newer release") as caught,
    ):
        pool.open()
    assert (caught.value.version, caught.value.known) == (99, len(MIGRATIONS))
    assert (database_path.read_bytes(), database_path.stat().st_mtime_ns) == before
    assert [path.name for path in database_path.parent.iterdir()] == [database_path.name]


def add_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE tracks ADD COLUMN mood TEXT")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half_done (value)")
    connection.execute("INSERT INTO no_such_table VALUES (1)")


def test_migrations_run_in_order_after_a_backup(database_path: Path, scanned: Callable[..., Any]) -> None:
    with DatabasePool(database_path) as pool:
        Library(pool).files.add([scanned("/music/a.mp3")])
    with DatabasePool(database_path, migrations=[*MIGRATIONS, add_column]) as pool:
        assert Library(pool).tracks.count() == 1
        with pool.reading() as connection:
            assert connection.execute("SELECT mood FROM tracks").fetchall() == [(None,)]
    assert pragma(database_path, "user_version") == len(MIGRATIONS) + 1
    (backup,) = backups(database_path)
    assert pragma(backup, "user_version") == len(MIGRATIONS)


def test_what_version_0_1_0_stored_in_british_spelling_is_found(database_path: Path) -> None:
    reason = {"cluster_name": "fast", "cluster_size": 3, "text": "0.5 from the centre"}
    with DatabasePool(database_path, migrations=MIGRATIONS[:1]) as pool, pool.writing() as connection:
        connection.execute(
            "INSERT INTO playlists VALUES (1, 'old', 'kmeans', '{}', 7, '', '{}', '{}', '{}', 0)"
        )
        british = json.dumps(reason | {"distance_to_centre": 0.5}, separators=(",", ":"))
        connection.execute("INSERT INTO playlist_tracks VALUES (1, 0, 1, 'hash', ?)", (british,))
        values = ("map", "neighbours", "then", encode({"ids": [1]}), 0.0)
        connection.execute("INSERT INTO artifacts VALUES (?, ?, ?, ?, ?)", values)
    with DatabasePool(database_path) as pool:
        library = Library(pool)
        [entry] = library.playlists.get(1).entries
        assert entry.explanation == reason | {"distance_to_center": 0.5}
        assert library.artifacts.get("map", "neighbors").snapshot == "then"


def test_a_migration_that_fails_leaves_the_step_before(database_path: Path) -> None:
    with DatabasePool(database_path) as pool:
        pool.open()
    pool = DatabasePool(database_path, migrations=[*MIGRATIONS, add_column, fail])
    with pool, pytest.raises(StoreError, match="no_such_table"):
        pool.open()
    connection = sqlite3.connect(database_path)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    connection.close()
    assert "half_done" not in tables
    assert pragma(database_path, "user_version") == len(MIGRATIONS) + 1


def test_many_processes_may_create_the_same_database(
    database_path: Path, run_python: Callable[..., Any]
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    code = """
        import sys, pathlib
        from workbench.store.database_pool import DatabasePool
        with DatabasePool(pathlib.Path(sys.argv[1])) as pool, pool.writing() as connection:
            connection.execute("INSERT INTO benchmarks (at, payload) VALUES (0, '{}')")
    """
    with ThreadPoolExecutor(4) as threads:
        for done in threads.map(lambda _: run_python(code, database_path), range(4)):
            assert (done.returncode, done.stderr) == (0, "")
    with DatabasePool(database_path) as pool:
        assert len(Library(pool).activity.benchmarks()) == 4


# Damaged, read-only, full


def test_a_file_that_is_not_a_database_is_refused_and_kept(database_path: Path) -> None:
    database_path.parent.mkdir()
    database_path.write_bytes(b"this is not a database" * 500)
    before = database_path.read_bytes()
    with (
        DatabasePool(database_path) as pool,
        pytest.raises(DatabaseCorruptError, match="left as it is") as caught,
    ):
        pool.open()
    assert caught.value.path == str(database_path)
    assert database_path.read_bytes() == before
    assert [path.name for path in database_path.parent.iterdir()] == [database_path.name]


@pytest.mark.parametrize("keep", [0.4, 0.9])
def test_a_truncated_database_is_refused_and_kept(
    database_path: Path, keep: float, scanned: Callable[..., Any]
) -> None:
    with DatabasePool(database_path) as pool:
        Library(pool).files.add([scanned(f"/music/{n}.mp3", title="x" * 200) for n in range(500)])
    data = database_path.read_bytes()
    database_path.write_bytes(data[: int(len(data) * keep)])
    before = database_path.read_bytes()
    with DatabasePool(database_path) as pool, pytest.raises(DatabaseCorruptError, match="damaged"):
        library = Library(pool)
        library.tracks.select()
        library.table()
    assert database_path.read_bytes() == before


def test_damage_inside_is_found_by_check(database_path: Path, scanned: Callable[..., Any]) -> None:
    with DatabasePool(database_path) as pool:
        library = Library(pool)
        library.files.add([scanned(f"/music/{n}.mp3", title="x" * 200) for n in range(500)])
        assert library.maintenance.check() == []
    size = database_path.stat().st_size
    with database_path.open("r+b") as file:
        file.seek(size // 4096 // 2 * 4096)
        file.write(os.urandom(4096))
    with DatabasePool(database_path) as pool:
        try:
            assert Library(pool).maintenance.check()
        except DatabaseCorruptError as error:
            assert "damaged" in error.message


OPEN = """
    import os, sys, pathlib
    from workbench.errors import WorkbenchError
    from workbench.store.database_pool import DatabasePool
    if os.geteuid() == 0:  # root may write everywhere
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        with DatabasePool(pathlib.Path(sys.argv[1]), wait_seconds=1) as pool:
            pool.open()
    except WorkbenchError as error:
        print(type(error).__name__, error)
"""


def reachable(path: Path) -> None:
    """Let any user pass through the folders that pytest made."""
    for folder in (path, *path.parents):
        if folder.owner() == path.owner() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH | stat.S_IROTH)


def test_a_read_only_data_folder_is_a_clear_error(tmp_path: Path, run_python: Callable[..., Any]) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    reachable(folder)
    folder.chmod(0o555)
    done = run_python(OPEN, folder / "library.sqlite3")
    assert done.stderr == ""
    assert done.stdout.startswith("DatabaseUnavailableError")
    assert "its folder is read-only" in done.stdout
    done = run_python(OPEN, folder / "deeper" / "library.sqlite3")
    assert "its folder cannot be created: Permission denied" in done.stdout
    assert not list(folder.iterdir())


def test_a_read_only_database_is_a_clear_error(tmp_path: Path, run_python: Callable[..., Any]) -> None:
    folder = tmp_path / "data"
    path = folder / "library.sqlite3"
    with DatabasePool(path) as pool:
        pool.open()
    reachable(folder)
    folder.chmod(0o777)
    path.chmod(0o444)
    before = path.read_bytes()
    done = run_python(OPEN, path)
    assert done.stderr == ""
    assert "DatabaseUnavailableError" in done.stdout
    assert "the file is read-only" in done.stdout
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["library.sqlite3", "library.sqlite3/deeper.sqlite3"])
def test_a_folder_or_file_in_the_way_is_a_clear_error(tmp_path: Path, name: str) -> None:
    if "/" in name:
        (tmp_path / "library.sqlite3").touch()
    else:
        (tmp_path / "library.sqlite3").mkdir()
    with DatabasePool(tmp_path / name) as pool, pytest.raises(DatabaseUnavailableError, match="cannot be"):
        pool.open()


def test_a_full_database_undoes_the_transaction_and_recovers(pool: DatabasePool) -> None:
    with pool.writing() as connection:
        connection.execute("CREATE TABLE blobs (data BLOB)")
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with pytest.raises(DatabaseUnavailableError, match="disk is full"), pool.writing() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        connection.execute("INSERT INTO blobs VALUES (zeroblob(10))")
        with pool.writing() as nested:
            nested.execute("INSERT INTO blobs VALUES (zeroblob(1000000))")
    with pool.writing() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
        connection.execute("INSERT INTO blobs VALUES (zeroblob(1000000))")
        assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    assert Library(pool).maintenance.check() == []


def test_a_disk_that_takes_no_more_is_a_clear_error_and_keeps_what_was_there(
    database_path: Path, run_python: Callable[..., Any]
) -> None:
    code = """
        import resource, sys, pathlib
        from workbench.errors import DatabaseUnavailableError
        from workbench.store.database_pool import DatabasePool
        pool = DatabasePool(pathlib.Path(sys.argv[1]))
        with pool.writing() as connection:
            connection.execute("CREATE TABLE blobs (data BLOB)")
            connection.execute("INSERT INTO blobs VALUES (zeroblob(10))")
        limit = 4 * 2**20
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            with pool.writing() as connection:
                connection.execute("INSERT INTO blobs VALUES (zeroblob(10000000))")
            print("it was written")
        except DatabaseUnavailableError as error:
            print("refused:", error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with pool.writing() as connection:
            connection.execute("INSERT INTO blobs VALUES (zeroblob(10000000))")
        pool.close()
    """
    done = run_python(code, database_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("refused:")
    assert "disk" in done.stdout
    with DatabasePool(database_path) as pool, pool.reading() as connection:
        sizes = connection.execute("SELECT length(data) FROM blobs").fetchall()
        assert sizes == [(10,), (10000000,)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
