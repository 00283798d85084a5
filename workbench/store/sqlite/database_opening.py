"""Open the library's database in WAL mode and migrate it, or say why that is not possible."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.errors import DatabaseCorruptError, DatabaseUnavailableError, DatabaseVersionError
from workbench.store.sqlite.checksums import FUNCTION, row_checksum
from workbench.store.sqlite.migrations import APPLICATION_ID, Migration
from workbench.store.sqlite.retrying import Backoff
from workbench.store.sqlite.sqlite_module import require_sound, sqlite3
from workbench.store.sqlite.stored_text import storable

_log = logging.getLogger(__name__)

BACKUP_FOLDER = "backups"
_READER_BUSY_SECONDS = 2.0  # readers meet a lock only while SQLite recovers or resets the log
_CACHE_KIB = 4096  # twice SQLite's default; the operating system caches the file as well
_JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024  # the largest size of the log after a checkpoint


_execute, _executemany = sqlite3.Connection.execute, sqlite3.Connection.executemany  # faster than super()


class Connection(sqlite3.Connection):
    """A connection that counts its statements and remembers when it was used and which file it opened."""

    queries = 0
    last_used = 0.0
    identity: tuple[int, int] | None = None

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self.queries += 1
        try:
            return _execute(self, *arguments)
        except UnicodeEncodeError:
            return _execute(self, *storable(arguments))
        except UnicodeDecodeError as error:  # SQLite's message quotes the damaged text
            raise sqlite3.DatabaseError(f"Could not decode to UTF-8: {error}") from error

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self.queries += 1
        return _executemany(self, *arguments)


def connect(path: Path, mode: str, *, busy_seconds: float = _READER_BUSY_SECONDS) -> Connection:
    """Connect with URI mode "ro", "rw" or "rwc"; any thread may use it, one at a time."""
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode={mode}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=Connection,
    )
    connection.create_function(FUNCTION, -1, row_checksum, deterministic=True)
    connection.identity = file_identity(path)
    return connection


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file, so that a connection to a file that was replaced can be recognized."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_reader(path: Path) -> Connection:
    """Open a read-only connection to a database that :func:`open_writer` has opened before."""
    connection = connect(path, "ro")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    return connection


def open_writer(
    path: Path, *, migrations: Sequence[Migration], backoff: Backoff, create: bool = True
) -> Connection:
    """Open the database for writing, creating or migrating it as needed.

    A writer does not wait inside SQLite for a lock; :class:`Backoff` does, with jitter.

    Raises
    ------
    SQLiteVersionError
        This SQLite can corrupt a WAL database.
    DatabaseVersionError
        A newer version wrote the database; it is left untouched.
    DatabaseUnavailableError
        The folder cannot be created or written to.
    sqlite3.Error
        Any other error, for the caller to translate.
    """
    require_sound()
    _make_writable(path)
    _peek(path, len(migrations))
    if create and not path.exists():
        path.touch(mode=0o600)  # the files beside it get the same mode from SQLite
    connection = connect(path, "rwc" if create else "rw", busy_seconds=0)
    try:
        backoff.call(lambda: _refuse_newer(connection, path, len(migrations)))
        backoff.call(lambda: _switch_to_wal(connection, path))
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT_BYTES}")
        migrate(connection, path, migrations, backoff)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.identity = file_identity(path)
    except BaseException:
        connection.close()
        raise
    return connection


def schema_version(connection: Connection) -> int:
    """Return how many migrations a database has had; 0 for a new database or one of another program."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return version if application == APPLICATION_ID else 0


def migrate(connection: Connection, path: Path, migrations: Sequence[Migration], backoff: Backoff) -> None:
    """Run the migrations that a database has not had, after a backup of its earlier state."""
    version = schema_version(connection)
    if version >= len(migrations):
        return
    if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        copy_database(connection, new_backup_path(path, f"before-v{len(migrations)}"))
    for number, step in enumerate(migrations[version:], version + 1):
        backoff.call(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            if schema_version(connection) < number:  # another process may have been first
                step(connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def new_backup_path(path: Path, label: str) -> Path:
    """Return an unused name for a backup in the folder beside the database; create that folder."""
    folder = path.parent / BACKUP_FOLDER
    folder.mkdir(exist_ok=True)
    stem = f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}-{label}"
    candidate = folder / f"{stem}.sqlite3"
    number = 1
    while candidate.exists():
        number += 1
        candidate = folder / f"{stem}-{number}.sqlite3"
    return candidate


def copy_database(source: Connection, target: Path) -> None:
    """Copy an open database into one file without a log; the file appears complete and checked, or not at all.

    Raises
    ------
    DatabaseCorruptError
        The copy is damaged, because the database or the disk is.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.touch(mode=0o600)
        copy = sqlite3.connect(os.fsencode(part), isolation_level=None)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _refuse_damaged(copy)
        finally:
            copy.close()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _refuse_damaged(copy: sqlite3.Connection) -> None:
    (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DatabaseCorruptError(
            f"The backup would be damaged ({found}), so it was not kept. Look into `workbench db check`."
        )


def _make_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unavailable(path, f"its folder cannot be created: {error.strerror}") from error
    if path.is_dir():
        raise _unavailable(path, "a folder has this name")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _unavailable(path, "its folder is read-only")
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise _unavailable(path, "the file is read-only")


def _unavailable(path: Path, reason: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"The database {path} cannot be opened: {reason}. Make the data folder writable or choose "
        "another one with --data-dir.",
        path=str(path),
    )


def _peek(path: Path, known: int) -> None:
    """Refuse a newer database before opening it for writing, so that not even a log appears beside it.

    This does not see what is only in a log; ``open_writer`` checks again.
    """
    if not path.exists():
        return
    connection = connect(path, "ro&immutable=1")
    try:
        _refuse_newer(connection, path, known)
    except sqlite3.DatabaseError as error:
        _log.debug("%s cannot be read without its log: %s", path, error)
    finally:
        connection.close()


def _refuse_newer(connection: Connection, path: Path, known: int) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > known:
        raise DatabaseVersionError(
            f"The database {path} has schema version {version}, from a newer release; this release knows "
            f"versions up to {known}. The file was left untouched. Update playlist-workbench, or choose another "
            "folder with --data-dir.",
            path=str(path),
            version=version,
            known=known,
        )


def _switch_to_wal(connection: Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise _unavailable(path, f"its file system does not allow WAL mode (it stays in {mode} mode)")
