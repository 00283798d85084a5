"""Open the library's database: sound SQLite, not newer than us, in WAL mode, migrated. Or say why not."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.errors import DatabaseUnavailableError, DatabaseVersionError
from workbench.store.sqlite.migrations import APPLICATION_ID, Migration
from workbench.store.sqlite.retrying import Backoff
from workbench.store.sqlite.sqlite_module import require_sound, sqlite3

_log = logging.getLogger(__name__)

BACKUP_FOLDER = "backups"
_READER_BUSY_SECONDS = 2.0  # a reader only meets a lock during recovery or a change of the log: short moments
_CACHE_KIB = 4096
_JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024


_execute, _executemany = sqlite3.Connection.execute, sqlite3.Connection.executemany  # quicker than super()


class Connection(sqlite3.Connection):
    """A connection that counts its statements and remembers what the pool wants to know of it."""

    queries = 0
    last_used = 0.0
    identity: tuple[int, int] | None = None

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self.queries += 1
        return _execute(self, *arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self.queries += 1
        return _executemany(self, *arguments)


def connect(path: Path, mode: str, *, busy_seconds: float = _READER_BUSY_SECONDS) -> Connection:
    """Connect with URI mode "ro", "rw" or "rwc"; any thread may use it in turn."""
    connection = sqlite3.connect(
        f"file:{quote(os.fspath(path))}?mode={mode}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=Connection,
    )
    connection.identity = file_identity(path)
    return connection


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file, so that a connection to a file that was replaced can be told."""
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
        Written by a newer version; left untouched.
    DatabaseUnavailableError
        The folder cannot be made or written.
    sqlite3.Error
        Anything else, for the caller to translate.
    """
    require_sound()
    _make_writable(path)
    _peek(path, len(migrations))
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
    """Return how many of our migrations a database has seen; 0 for a new one or one that is not ours."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return version if application == APPLICATION_ID else 0


def migrate(connection: Connection, path: Path, migrations: Sequence[Migration], backoff: Backoff) -> None:
    """Take the migrations that a database has not seen, after a backup of what was there."""
    version = schema_version(connection)
    if version >= len(migrations):
        return
    if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        copy_database(connection, new_backup_path(path, f"before-v{len(migrations)}"))
    for number, step in enumerate(migrations[version:], version + 1):
        backoff.call(lambda: connection.execute("BEGIN IMMEDIATE"))
        try:
            if schema_version(connection) < number:  # another process may have been quicker
                step(connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def new_backup_path(path: Path, label: str) -> Path:
    """Return a name for a backup beside the database that no file has yet; makes the folder."""
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
    """Copy a live database into one file without a log; it appears complete or not at all."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        copy = sqlite3.connect(part, isolation_level=None)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        finally:
            copy.close()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _make_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unavailable(path, f"its folder cannot be made: {error.strerror}") from error
    if path.is_dir():
        raise _unavailable(path, "a folder has its name")
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
    """Refuse a newer database before anything is opened for writing: not even a log appears beside it.

    What is in a log is not seen this way; ``open_writer`` looks again.
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
            f"The database {path} has version {version}, from a newer release; this one knows up to "
            f"{known}. It was left untouched. Update playlist-workbench, or choose another folder with "
            "--data-dir.",
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
