"""The read-only half of the pool: connections lent to one thread at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from workbench.errors import DatabaseUnavailableError
from workbench.store.sqlite.database_opening import Connection, file_identity, open_reader
from workbench.store.sqlite.fair_lock import FairLock
from workbench.store.sqlite.pool_statistics import PoolStatistics
from workbench.store.sqlite.sqlite_module import sqlite3
from workbench.store.sqlite.wait_limit import wait_limit

TRUSTED_SECONDS = 1.0  # a connection used within this time is lent without a health check, which costs a read
IDLE_SECONDS = 60.0  # readers beyond the minimum close after a minute without use (convention)
_NEVER = float("-inf")


def is_fresh(connection: Connection, path: Path, now: float, statistics: PoolStatistics) -> bool:
    """Return whether an idle connection can be lent: it was used just now, or it is healthy and on the same file."""
    if now - connection.last_used < TRUSTED_SECONDS:
        return True
    statistics.count("health_checks")
    if connection.identity != file_identity(path):
        return False
    try:
        connection.execute("SELECT 1").fetchone()
    except sqlite3.Error:
        return False
    return True


class Readers:
    """Between ``kept`` and ``most`` read-only connections to a database that exists.

    The connection used last is lent first, so that surplus ones stay idle and close.
    """

    def __init__(
        self,
        path: Path,
        statistics: PoolStatistics,
        *,
        kept: int,
        most: int,
        wait_seconds: float,
        timer: Callable[[], float],
    ) -> None:
        self.most = most
        self._path = path
        self._statistics = statistics
        self._kept = kept
        self._wait_seconds = wait_seconds
        self._timer = timer
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._closed = False
        self._fair_lock = FairLock(most)
        self._lock = self._fair_lock.lock  # one for both, because every read takes it
        self._frozen_count = 0

    def acquire(self) -> Connection:
        """Lend a connection, opening one or waiting for one as needed.

        Raises
        ------
        DatabaseUnavailableError
            No connection came back in time, or the pool is closed.
        sqlite3.Error
            The database cannot be opened.
        """
        with self._lock:
            admitted = self._fair_lock.try_acquire_locked()
            connection = self._take_idle() if admitted else None
            if connection is not None:
                self._statistics.hits += 1
        if connection is not None and self._timer() - connection.last_used < TRUSTED_SECONDS:
            return connection
        return self._acquire_slowly(connection, admitted=admitted)

    def release(self, connection: Connection, *, failed: bool) -> None:
        """Take a connection back; one that ``failed`` gets a health check before it is lent again."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            failed = True
        now = self._timer()
        connection.last_used = _NEVER if failed else now
        with self._lock:
            if connection not in self._busy:
                return  # it was lent before a fork and belongs to the parent; this is the child
            self._busy.discard(connection)
            if self._closed:
                self._retire(connection)
            else:
                self._idle.append(connection)
                self._trim(now)
            self._fair_lock.release_locked()

    def close(self) -> None:
        """Close idle connections now and lent ones when they are returned; lend no more."""
        with self._lock:
            self._closed = True
            self._retire_idle()

    def counts(self) -> tuple[int, int, int]:
        """Return the numbers of lent connections, idle connections, and statements that both have run."""
        with self._lock:
            queries = sum(connection.queries for connection in (*self._idle, *self._busy))
            return len(self._busy), len(self._idle), queries

    def freeze(self, seconds: float) -> bool:
        """Close all until :meth:`thaw`; return false when some are still lent after ``seconds``."""
        deadline = time.monotonic() + seconds
        while self._frozen_count < self.most and self._fair_lock.acquire(
            max(0.0, deadline - time.monotonic())
        ):
            self._frozen_count += 1
        self._lock.acquire()
        self._retire_idle()
        return self._frozen_count == self.most

    def thaw(self) -> None:
        """Lend again."""
        self._lock.release()
        while self._frozen_count:
            self._frozen_count -= 1
            self._fair_lock.release()

    def lent(self) -> list[Connection]:
        """Return the connections that are lent."""
        return list(self._busy)

    def _acquire_slowly(self, connection: Connection | None, *, admitted: bool) -> Connection:
        """Wait where all are lent, and open a connection where no idle one is healthy."""
        if not admitted:
            self._wait_for_admission()
        try:
            if connection is None:
                with self._lock:
                    if self._closed:
                        raise closed_error(self._path)
                    self._statistics.misses += 1
                    connection = self._take_idle()
            if connection is not None and self._is_fresh(connection):
                return connection
            return self._open()
        except BaseException:
            self._fair_lock.release()
            raise

    def _wait_for_admission(self) -> None:
        start = self._timer()
        seconds = wait_limit(self._wait_seconds)
        came = self._fair_lock.acquire(seconds)
        self._statistics.waited(self._timer() - start)
        if not came:
            raise DatabaseUnavailableError(
                f"All {self.most} readers of {self._path} were in use for {seconds:.3g} s. "
                "Raise DB_MAX_CONNECTIONS, or read less at the same time.",
                path=str(self._path),
            )

    def _take_idle(self) -> Connection | None:
        """Return the idle connection that was used last, or ``None``. The caller holds the lock."""
        if not self._idle:
            return None
        connection = self._idle.pop()
        self._busy.add(connection)
        return connection

    def _is_fresh(self, connection: Connection) -> bool:
        if is_fresh(connection, self._path, self._timer(), self._statistics):
            return True
        self._statistics.count("reopened")
        with self._lock:
            self._busy.discard(connection)
            self._retire(connection)
        return False

    def _open(self) -> Connection:
        connection = open_reader(self._path)
        connection.last_used = self._timer()
        with self._lock:
            self._busy.add(connection)
        return connection

    def _trim(self, now: float) -> None:
        if len(self._idle) > self._kept and now - self._idle[0].last_used > IDLE_SECONDS:
            self._retire(self._idle.popleft())

    def _retire_idle(self) -> None:
        while self._idle:
            self._retire(self._idle.pop())

    def _retire(self, connection: Connection) -> None:
        self._statistics.count("closed_queries", connection.queries)
        connection.close()


def closed_error(path: Path) -> DatabaseUnavailableError:
    """Return the error for a pool that was closed."""
    return DatabaseUnavailableError(
        f"The database {path} was closed. Open the workbench again.", path=str(path)
    )
