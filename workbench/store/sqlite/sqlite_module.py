"""The SQLite in use: the standard module where it is sound, else that of ``pysqlite3``.

SQLite before 3.51.3 (3.50.7 and 3.44.6 in their series) can corrupt a WAL database when two connections
checkpoint and write at once (sqlite.org/wal.html, "the WAL-reset bug"). Two SQLite libraries must never open
one file in one process, so every part of the package takes ``sqlite3`` from here.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from workbench.errors import SQLiteVersionError

if TYPE_CHECKING:
    import sqlite3 as sqlite3

Version = tuple[int, ...]


def is_sound(version: Version) -> bool:
    """Return whether this version of SQLite is free of the WAL-reset bug."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def choose(standard: ModuleType, bundled: str = "pysqlite3.dbapi2") -> ModuleType:
    """Return ``standard`` when it is sound or the newest available, else the module named ``bundled``."""
    if is_sound(standard.sqlite_version_info):
        return standard
    try:
        other = importlib.import_module(bundled)
    except ImportError:
        return standard
    return other if other.sqlite_version_info > standard.sqlite_version_info else standard


def sqlite_version() -> str:
    """Return the version of the SQLite library in use."""
    return sqlite3.sqlite_version


def require_sound(version: Version | None = None) -> None:
    """Refuse a SQLite that can corrupt a WAL database.

    Raises
    ------
    SQLiteVersionError
        This SQLite is too old; the message has its version and the command that installs a newer one.
    """
    found = sqlite3.sqlite_version_info if version is None else version
    if not is_sound(found):
        shown = ".".join(map(str, found))
        raise SQLiteVersionError(
            f"SQLite {shown} can corrupt a WAL database; 3.51.3 or newer is needed (or 3.50.7, 3.44.6 in "
            "their series). Install it with: python -m pip install 'pysqlite3>=0.6.1'",
            version=shown,
        )


if not TYPE_CHECKING:
    sqlite3 = choose(importlib.import_module("sqlite3"))
