"""The writing half of the pool: one connection, which threads and processes use one after the other."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident

from workbench.errors import DatabaseUnavailableError, StoreError
from workbench.store.sqlite.database_errors import is_busy, translate
from workbench.store.sqlite.database_opening import Connection, open_writer
from workbench.store.sqlite.fair_lock import FairLock
from workbench.store.sqlite.migrations import Migration
from workbench.store.sqlite.pool_statistics import PoolStatistics
from workbench.store.sqlite.readers import closed_error, is_fresh
from workbench.store.sqlite.retrying import Backoff
from workbench.store.sqlite.sqlite_module import sqlite3
from workbench.store.sqlite.wait_limit import wait_limit

_log = logging.getLogger(__name__)


class Writer:
    """The only connection that writes, migrates and checkpoints."""

    def __init__(
        self,
        path: Path,
        statistics: PoolStatistics,
        *,
        migrations: Sequence[Migration],
        backoff: Backoff,
        wait_seconds: float,
        timer: Callable[[], float],
    ) -> None:
        self.connection: Connection | None = None
        self._path = path
        self._statistics = statistics
        self._migrations = migrations
        self._backoff = backoff
        self._wait_seconds = wait_seconds
        self._timer = timer
        self._fair_lock = FairLock()
        self.owner: int | None = None
        self._depth = 0
        self.opened_before = False
        self._closed = False
        self._pid = os.getpid()

    @property
    def is_mine(self) -> bool:
        """Whether the calling thread is inside a transaction."""
        return self.owner == get_ident()

    @property
    def is_active(self) -> bool:
        """Whether any thread is inside a transaction."""
        return self.owner is not None

    def prepare(self) -> None:
        """Create or migrate the database unless that has been done."""
        if not self.opened_before:
            with self.maintenance():
                pass

    def begin(self) -> Connection:
        """Begin a transaction, or a savepoint when this thread is in one."""
        if self.is_mine:
            return self._begin_nested()
        self._acquire()
        try:
            connection = self._ready()
            self._begin_immediate(connection)
        except BaseException:
            self._fair_lock.release()
            raise
        self.owner = get_ident()
        return connection

    def end(self, *, commit: bool) -> None:
        """End the innermost transaction or savepoint of this thread."""
        connection = self._still_ours()
        if self._depth:
            self._end_nested(connection, commit=commit)
            return
        try:
            if commit:
                self._commit(connection)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.last_used = self._timer()
            self.owner = None
            self._fair_lock.release()

    @contextmanager
    def maintenance(self) -> Iterator[Connection]:
        """Lend the connection without a transaction, for statements that SQLite does not allow inside one."""
        if self.is_mine:
            raise StoreError(
                f"{self._path}: this cannot be done inside a transaction. End the transaction first."
            )
        self._acquire()
        try:
            connection = self._ready()
            self.owner = get_ident()
            try:
                yield connection
            finally:
                self.owner = None
        finally:
            self._fair_lock.release()

    def close(self) -> None:
        """Checkpoint and close; waits for a transaction of another thread."""
        self._closed = True
        if self.is_mine or not self._fair_lock.acquire(self._wait_seconds):
            _log.warning(
                "%s was closed while a transaction was open. Its write-ahead log stays beside it.", self._path
            )
            return
        try:
            self._shut()
        finally:
            self._fair_lock.release()

    def freeze(self, seconds: float) -> bool:
        """Close the connection and keep the lock until :meth:`thaw`; return false when a transaction is open."""
        self._frozen = not self.is_mine and self._fair_lock.acquire(seconds)
        if self._frozen:
            self._shut()
        return self._frozen

    def thaw(self) -> None:
        """Release the lock."""
        if self._frozen:
            self._fair_lock.release()

    def _acquire(self) -> None:
        if self._fair_lock.try_acquire():
            return
        start = self._timer()
        seconds = wait_limit(self._wait_seconds)
        taken = self._fair_lock.acquire(seconds)
        self._statistics.waited(self._timer() - start)
        if not taken:
            raise DatabaseUnavailableError(
                f"Another thread has written to {self._path} for more than {seconds:.3g} s. Try again later.",
                path=str(self._path),
            )

    def _ready(self) -> Connection:
        """Return a healthy connection. The caller holds the lock."""
        if self._closed:
            raise closed_error(self._path)
        connection = self.connection
        if connection is not None:
            if is_fresh(connection, self._path, self._timer(), self._statistics):
                self._statistics.count("hits")
                return connection
            self._statistics.count("reopened")
            self._shut()
        self._statistics.count("misses")
        connection = open_writer(
            self._path, migrations=self._migrations, backoff=self._backoff, create=not self.opened_before
        )
        connection.last_used = self._timer()
        self.connection = connection
        self.opened_before = True
        return connection

    def _begin_immediate(self, connection: Connection) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
        start = self._timer()
        try:
            self._backoff.call(lambda: connection.execute("BEGIN IMMEDIATE"), self._statistics.count_retry)
        finally:
            self._statistics.waited(self._timer() - start)

    def _begin_nested(self) -> Connection:
        connection = self._still_ours()
        if not connection.in_transaction:
            raise self._rolled_back()
        connection.execute(f"SAVEPOINT level_{self._depth + 1}")
        self._depth += 1
        return connection

    def _end_nested(self, connection: Connection, *, commit: bool) -> None:
        name = f"level_{self._depth}"
        self._depth -= 1
        if not connection.in_transaction:  # SQLite has rolled back everything, as it does on a full disk
            if commit:
                raise self._rolled_back()
            return
        if not commit:
            connection.execute(f"ROLLBACK TO {name}")
        connection.execute(f"RELEASE {name}")

    def _commit(self, connection: Connection) -> None:
        if not connection.in_transaction:
            raise self._rolled_back()
        connection.execute("COMMIT")

    def _still_ours(self) -> Connection:
        if os.getpid() != self._pid or self.connection is None:
            raise StoreError(f"{self._path}: a transaction does not survive a fork. End it before the fork.")
        return self.connection

    def _rolled_back(self) -> DatabaseUnavailableError:
        return DatabaseUnavailableError(
            f"A transaction on {self._path} was rolled back after an error in it. Try again.",
            path=str(self._path),
        )

    def _shut(self) -> None:
        connection, self.connection = self.connection, None
        if connection is None:
            return
        self._statistics.count("closed_queries", connection.queries)
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            _log.warning("%s", translate(error, self._path))
        finally:
            connection.close()
