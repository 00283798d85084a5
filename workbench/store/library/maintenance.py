"""Maintenance of the database: facts, checks, backups, disk space."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from workbench.cards.card import facts
from workbench.cards.verbs import Verbs
from workbench.errors import DatabaseCorruptError, DatabaseVersionError, StoreError
from workbench.readable import number
from workbench.store.library.damage import find_damage
from workbench.store.library.repository import Repository
from workbench.store.library.table_file import size_bytes
from workbench.store.sqlite.database_errors import translate
from workbench.store.sqlite.database_opening import (
    BACKUP_FOLDER,
    Connection,
    connect,
    new_backup_path,
    schema_version,
)
from workbench.store.sqlite.migrations import MIGRATIONS
from workbench.store.sqlite.sqlite_module import sqlite3, sqlite_version
from workbench.user_paths import expand_home

KEPT_BACKUPS = 5  # by convention: each is as large as the database
_KEPT_JOB_SECONDS = 30 * 86400.0  # by convention, a month
_METRICS_SECONDS = 7 * 86400.0  # as long as the performance monitor keeps them


class Maintenance(Verbs, Repository):
    """Checks, copies and cleans the database file."""

    def _repr_html_(self) -> str:
        now = self.info()
        counted = {name: now[name] for name in ("playlists", "embeddings", "predictions", "ratings")}
        return self._card(
            facts(
                [
                    ("File", now["path"]),
                    ("Size", number(now["size_bytes"] / 1e6, "MB")),
                    ("Tracks", now["tracks"]["total"]),
                    *((name.capitalize(), count or "") for name, count in counted.items()),
                    ("Backups", len(now["backups"])),
                    ("SQLite", now["sqlite_version"]),
                ]
            )
        )

    def info(self) -> dict[str, Any]:
        """Return JSON-serializable facts: path, sizes, versions, counts of what is stored, backups."""
        with self.pool.snapshot() as connection:
            pages, page_bytes, free_pages, mode = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "page_size", "freelist_count", "journal_mode")
            )
            tracks = dict(
                connection.execute("SELECT status, count(*) FROM tracks GROUP BY status").fetchall()
            )
            versions = dict(
                connection.execute("SELECT version, count(*) FROM features GROUP BY version").fetchall()
            )
            rows = {
                name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                for name in ("quarantine", "playlists", "embeddings", "predictions", "ratings", "jobs")
            }
            version = schema_version(connection)
        return {
            "path": str(self.pool.path),
            "size_bytes": pages * page_bytes,
            "free_bytes": free_pages * page_bytes,
            "wal_size_bytes": self.pool.stats()["wal_size_bytes"],
            "columns_size_bytes": size_bytes(self.pool.path.parent),
            "journal_mode": mode,
            "schema_version": version,
            "sqlite_version": sqlite_version(),
            "tracks": {"total": sum(tracks.values()), **tracks},
            "features": {
                "total": sum(versions.values()),
                "by_version": {str(k): n for k, n in versions.items()},
            },
            **rows,
            "backups": [str(path) for path in self.backups()],
        }

    def check(self) -> list[str]:
        """Return the problems of the database as sentences; an empty list if there are none.

        Values that differ from their checksum count as absent from now on, and their tracks as pending.

        Raises
        ------
        DatabaseCorruptError
            The database is so damaged that it cannot be checked.
        """
        with self.pool.reading() as connection:
            found = _problems(connection)
        return [*found, *find_damage(self.pool)]

    def vacuum(self) -> None:
        """Return unused space to the disk."""
        self.pool.vacuum()

    def cleanup(self) -> dict[str, int]:
        """Delete records that are not used any more; return how many of each. Tracks are never deleted."""
        now = self._now()
        known = "(SELECT content_hash FROM tracks WHERE content_hash IS NOT NULL)"
        statements = {
            "features": (f"DELETE FROM features WHERE content_hash NOT IN {known}", ()),
            "embeddings": (f"DELETE FROM embeddings WHERE content_hash NOT IN {known}", ()),
            "predictions": (f"DELETE FROM predictions WHERE content_hash NOT IN {known}", ()),
            "quarantine": (f"DELETE FROM quarantine WHERE content_hash NOT IN {known}", ()),
            "layouts": ("DELETE FROM feature_layouts WHERE id NOT IN (SELECT layout FROM features)", ()),
            "metrics": ("DELETE FROM metrics_history WHERE at < ?", (now - _METRICS_SECONDS,)),
            "jobs": (
                "DELETE FROM jobs WHERE status IN ('done', 'failed', 'cancelled') AND updated_at < ?",
                (now - _KEPT_JOB_SECONDS,),
            ),
        }
        with self.pool.writing() as connection:
            deleted = {
                name: connection.execute(sql, values).rowcount for name, (sql, values) in statements.items()
            }
        old = self.backups()[KEPT_BACKUPS:]
        for path in old:
            path.unlink(missing_ok=True)
        return deleted | {"backups": len(old)}

    def drop_unused(self, content_hash: str) -> None:
        """Delete all results for a content if no track has it any more."""
        with self.pool.writing() as connection:
            for table in ("features", "embeddings", "predictions"):
                connection.execute(
                    f"DELETE FROM {table} WHERE content_hash = ?1 "
                    "AND NOT EXISTS (SELECT 1 FROM tracks WHERE content_hash = ?1)",
                    (content_hash,),
                )

    def backups(self) -> list[Path]:
        """Return the backups in the data folder, newest first."""
        folder = self.pool.path.parent / BACKUP_FOLDER
        return sorted(
            folder.glob(f"{self.pool.path.stem}-*.sqlite3"), key=lambda path: path.name, reverse=True
        )

    def backup(self, target: Path | None = None) -> Path:
        """Copy the database to a new file (in the data folder's backups by default) and return its path."""
        return self.pool.backup(target or new_backup_path(self.pool.path, "backup"))

    def restore(self, source: Path) -> Path:
        """Replace the database by a backup; return where the previous database was saved.

        Raises
        ------
        StoreError
            The file is missing, damaged, not a library, or newer than this release. Nothing is changed.
        """
        source = expand_home(source).absolute()
        if not source.is_file():
            raise StoreError(f"{source} is not a file. Name a backup that exists.", path=str(source))
        try:
            backup = connect(source, "ro")
            try:
                _refuse_unsuitable(backup, source)
                kept = self.pool.backup(new_backup_path(self.pool.path, "before-restore"))
                self.pool.replace_with(backup)
            finally:
                backup.close()
        except sqlite3.Error as error:
            raise translate(error, source) from error
        with self.pool.writing() as connection:  # a snapshot id must never name two different states
            connection.execute("UPDATE meta SET value = ? WHERE key = 'library_id'", (uuid.uuid4().hex[:12],))
        return kept


def _refuse_unsuitable(backup: Connection, source: Path) -> None:
    version = schema_version(backup)
    if not version:
        raise StoreError(
            f"{source} is not a library of Playlist Workbench. Name a backup of a library.", path=str(source)
        )
    if version > len(MIGRATIONS):
        raise DatabaseVersionError(
            f"{source} has schema version {version}; this release knows versions up to {len(MIGRATIONS)}. "
            "Update playlist-workbench.",
            path=str(source),
            version=version,
            known=len(MIGRATIONS),
        )
    if problems := _problems(backup):
        raise DatabaseCorruptError(
            f"{source} is damaged ({problems[0]}). Name another backup.", path=str(source)
        )


def _problems(connection: Connection) -> list[str]:
    found = [text for (text,) in connection.execute("PRAGMA integrity_check(20)") if text != "ok"]
    orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(20)
    return found + [
        f"row {row} of {table} refers to a missing row of {parent}" for table, row, parent, _ in orphans
    ]
