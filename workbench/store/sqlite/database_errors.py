"""Translate SQLite's errors into errors of the workbench, in one place."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import DatabaseCorruptError, DatabaseUnavailableError, StoreError
from workbench.store.sqlite.sqlite_module import sqlite3

_BUSY = frozenset({5, 6})  # SQLITE_BUSY, SQLITE_LOCKED
_CORRUPT = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB
_UNAVAILABLE = {
    3: "cannot be opened: permission denied. Check the permissions of the data folder",
    5: "is locked by another process. Try again, or end the process that holds it",
    6: "is locked by another connection. Try again",
    7: "ran out of memory. Close other programs and try again",
    8: "is read-only. Make the data folder writable or choose another one with --data-dir",
    10: "cannot be read or written (disk error or disk full). Check the disk of the data folder",
    13: "cannot grow: the disk is full. Free some space and try again",
    14: "cannot be opened. Make the data folder writable, or choose another one with --data-dir",
    15: "is locked by another process. Try again",
}

_WITHOUT_CODE = {
    "disk I/O error": 10,
    "database or disk is full": 13,
}  # Python gives errors of a backup no code


def primary_code(error: BaseException) -> int:
    """Return SQLite's primary result code of an error, 0 when it has none."""
    return int(getattr(error, "sqlite_errorcode", 0) or _WITHOUT_CODE.get(str(error), 0)) & 0xFF


def is_busy(error: BaseException) -> bool:
    """Return whether trying again may help, because another connection holds a lock."""
    return primary_code(error) in _BUSY


def translate(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the workbench error for an error of SQLite; it names the database and says what to do."""
    code = primary_code(error)
    if code in _CORRUPT or "Could not decode to UTF-8" in str(error):
        return DatabaseCorruptError(
            f"The database {path} is damaged ({error}). It was left as it is. Restore a backup with "
            "`workbench db restore FILE`, or move it away to start a new one.",
            path=str(path),
        )
    if code in _UNAVAILABLE:
        return DatabaseUnavailableError(
            f"The database {path} {_UNAVAILABLE[code]} ({error}).", path=str(path)
        )
    return StoreError(f"The database {path} refused a statement: {error}.", path=str(path))
