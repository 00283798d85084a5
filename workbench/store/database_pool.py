"""Pooled connections to one SQLite database in WAL mode: many read-only readers, one writer.

Readers never wait for the writer. Threads of this process share the writer through a fair lock; processes wait for
each other in ``BEGIN IMMEDIATE``, with backoff. Only the writer checkpoints.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.errors import DatabaseUnavailableError, StoreError
from workbench.store.sqlite import database_opening as opening
from workbench.store.sqlite.database_errors import translate
from workbench.store.sqlite.database_opening import Connection
from workbench.store.sqlite.fork_safety import watch_forks
from workbench.store.sqlite.migrations import MIGRATIONS, Migration
from workbench.store.sqlite.pool_statistics import PoolStatistics
from workbench.store.sqlite.readers import Readers
from workbench.store.sqlite.retrying import Backoff
from workbench.store.sqlite.sqlite_module import sqlite3
from workbench.store.sqlite.writer import Writer
from workbench.user_paths import expand_home

_log = logging.getLogger(__name__)

_FORK_WAIT_SECONDS = 5.0  # a fork is rare, and most transactions take milliseconds
_inherited: list[object] = []  # the parent's connections, which a forked child must neither use nor close


class DatabasePool:
    """Connections to one database, shared by the threads of one process.

    Nothing is opened before the first use. Every method may raise a kind of ``StoreError``: the database is corrupt,
    newer, read-only, locked or closed, or the disk is full.

    Parameters
    ----------
    path : Path
        Database file; it is created with its folder, switched to WAL and migrated at the first use.
    min_connections : int
        Idle readers that are kept open.
    max_connections : int
        The largest number of readers and writer together; further callers wait.
    wait_seconds : float
        How long to wait for a connection or a lock before giving up.
    """

    def __init__(
        self,
        path: Path,
        *,
        min_connections: int = 2,
        max_connections: int = 10,
        wait_seconds: float = 30.0,
        migrations: Sequence[Migration] = MIGRATIONS,
        backoff: Backoff | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = Path(path).absolute()
        self.min_connections = min_connections
        self.max_connections = max_connections
        self._wait_seconds = wait_seconds
        self._migrations = migrations
        self._backoff = backoff or Backoff(deadline=wait_seconds, timer=timer)
        self._timer = timer
        self._closed = False
        self._unused_at_fork = True
        self._build()
        watch_forks(self)

    def _build(self) -> None:
        self._statistics = PoolStatistics()
        self._readers = Readers(
            self.path,
            self._statistics,
            kept=self.min_connections,
            most=max(1, self.max_connections - 1),
            wait_seconds=self._wait_seconds,
            timer=self._timer,
        )
        self._writer = Writer(
            self.path,
            self._statistics,
            migrations=self._migrations,
            backoff=self._backoff,
            wait_seconds=self._wait_seconds,
            timer=self._timer,
        )

    def open(self) -> None:
        """Create or migrate the database now, rather than at the first use."""
        with self._maintenance():
            pass

    def reading(self) -> Reading:
        """Return a context manager that lends a read-only connection.

        Each statement sees the latest commit; use :meth:`snapshot` for several that must agree. Inside
        :meth:`writing`, the same thread gets the writer, so that it reads what it wrote.
        """
        return Reading(self)

    def writing(self) -> Writing:
        """Return a context manager that lends the writer in a transaction.

        It is committed at the end and rolled back on an error. Nested in the same thread it is a savepoint: an error
        that is caught between the two rolls back only the inner one.
        """
        return Writing(self)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection on which all statements see one state of the database."""
        with self.reading() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            yield connection

    def checkpoint(self) -> bool:
        """Move the log into the database and empty it; return false when a reader or another process prevents it."""
        with self._maintenance() as connection:
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def sync_log(self) -> None:
        """Wait until every commit is on the disk; without this, a power cut may undo the last ones."""
        with suppress(FileNotFoundError), self.path.with_name(self.path.name + "-wal").open("rb+") as log:
            os.fsync(log.fileno())

    def vacuum(self) -> None:
        """Rewrite the database without gaps; that needs as much free disk space as the database has."""
        with self._maintenance() as connection:
            self._backoff.call(lambda: connection.execute("VACUUM"), self._statistics.count_retry)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def backup(self, target: Path) -> Path:
        """Copy the database into one new file while others read and write.

        Raises
        ------
        StoreError
            The file exists already.
        DatabaseUnavailableError
            The file cannot be written.
        """
        target = expand_home(target).absolute()
        if target.exists():
            raise StoreError(
                f"{target} exists already. Choose another name for the backup.", path=str(target)
            )
        with self.reading() as connection:
            try:
                opening.copy_database(connection, target)
            except (OSError, sqlite3.OperationalError) as error:
                raise DatabaseUnavailableError(
                    f"The backup {target} cannot be written: {error}. Choose a writable folder with space.",
                    path=str(target),
                ) from error
        return target

    def replace_with(self, source: sqlite3.Connection) -> None:
        """Overwrite the whole database with ``source`` and migrate it; others see it at once."""
        with self._maintenance() as connection:
            self._backoff.call(lambda: source.backup(connection), self._statistics.count_retry)
            opening.migrate(connection, self.path, self._migrations, self._backoff)

    def stats(self) -> dict[str, Any]:
        """Return the pool's statistics; counters only grow.

        ``pool_hits`` counts requests that got an idle connection, ``pool_misses`` those that waited for one or opened
        one. Waits are those for a reader, for the writer of this process, and for the lock of another process.
        """
        lent, idle, queries = self._readers.counts()
        writer = self._writer.connection
        active = lent + self._writer.is_active
        total = lent + idle + (writer is not None)
        return {
            "min_connections": self.min_connections,
            "max_connections": self.max_connections,
            "total_connections": total,
            "active": active,
            "idle": max(0, total - active),
            **self._statistics.to_dict(queries + (writer.queries if writer else 0)),
            "wal_size_bytes": _size_bytes(self.path.with_name(self.path.name + "-wal")),
        }

    def close(self) -> None:
        """Checkpoint and close every connection; a lent one closes when it is returned. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._readers.close()
        self._writer.close()  # last, because the last one to close must be able to write to remove the log

    def __enter__(self) -> DatabasePool:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def before_fork(self) -> None:
        """Close everything: SQLite's locks do not survive a fork (see ``fork_safety``)."""
        writer_unused = self._writer.freeze(_FORK_WAIT_SECONDS)
        readers_unused = self._readers.freeze(_FORK_WAIT_SECONDS if writer_unused else 0.0)
        self._unused_at_fork = writer_unused and readers_unused

    def after_fork_in_parent(self) -> None:
        """Let the threads continue."""
        self._readers.thaw()
        self._writer.thaw()

    def after_fork_in_child(self) -> None:
        """Start with no connection; stay closed when one was in use at the fork, because its locks are the parent's."""
        _inherited.append((self._writer.connection, self._readers.lent()))
        self._build()
        if self._closed or not self._unused_at_fork:
            self._closed = False
            self.close()

    @contextmanager
    def _maintenance(self) -> Iterator[Connection]:
        try:
            with self._writer.maintenance() as connection:
                yield connection
        except sqlite3.Error as error:
            raise self.failure(error) from error

    def failure(self, error: sqlite3.Error) -> StoreError:
        """Count an error of SQLite and return the workbench error for it."""
        self._statistics.count("failed_queries")
        return translate(error, self.path)


class Reading:
    """Lends a reader for the length of a ``with`` block."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool

    def __enter__(self) -> Connection:
        pool = self._pool
        writer = pool._writer
        try:
            if writer.owner is not None and writer.is_mine and writer.connection is not None:
                self._connection = writer.connection
            else:
                if not writer.opened_before:
                    writer.prepare()
                self._connection = pool._readers.acquire()
        except sqlite3.Error as error:
            raise pool.failure(error) from error
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection = self._connection
        if connection is not self._pool._writer.connection:
            self._pool._readers.release(connection, failed=error is not None)
        if isinstance(error, sqlite3.Error):
            raise self._pool.failure(error) from error


class Writing:
    """Lends the writer in a transaction for the length of a ``with`` block."""

    __slots__ = ("_pool",)

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool

    def __enter__(self) -> Connection:
        try:
            return self._pool._writer.begin()
        except sqlite3.Error as error:
            raise self._pool.failure(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._pool._writer.end(commit=error is None)
        except sqlite3.Error as end_error:
            raise self._pool.failure(end_error) from (error or end_error)
        if isinstance(error, sqlite3.Error):
            raise self._pool.failure(error) from error


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
