from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import DatabaseUnavailableError, StoreError
from workbench.store.database_pool import DatabasePool
from workbench.store.sqlite.retrying import Backoff
from workbench.store.sqlite.sqlite_module import sqlite3


@pytest.fixture
def numbers(pool: DatabasePool) -> DatabasePool:
    """A pool with one more table, ``numbers (value)``, that holds a 0."""
    with pool.writing() as connection:
        connection.execute("CREATE TABLE numbers (value INTEGER)")
        connection.execute("INSERT INTO numbers VALUES (0)")
    return pool


def values(pool: DatabasePool) -> list[int]:
    with pool.reading() as connection:
        return [value for (value,) in connection.execute("SELECT value FROM numbers ORDER BY rowid")]


def other_connection(pool: DatabasePool) -> sqlite3.Connection:
    """Connect as another process would."""
    return sqlite3.connect(pool.path, isolation_level=None, timeout=0, check_same_thread=False)


# Transactions


def test_a_transaction_is_committed_at_the_end(numbers: DatabasePool) -> None:
    with numbers.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
        with numbers.reading() as same:
            assert same is connection  # so that it reads what it wrote
    assert values(numbers) == [0, 1]


def test_an_error_undoes_the_transaction(numbers: DatabasePool) -> None:
    with pytest.raises(LookupError), numbers.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
        raise LookupError
    assert values(numbers) == [0]
    with numbers.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (2)")
    assert values(numbers) == [0, 2]


def test_nested_is_a_savepoint(numbers: DatabasePool) -> None:
    with numbers.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
        with pytest.raises(LookupError), numbers.writing() as inner:
            inner.execute("INSERT INTO numbers VALUES (2)")
            with numbers.writing() as innermost:
                innermost.execute("INSERT INTO numbers VALUES (3)")
            raise LookupError
        with numbers.writing() as inner:
            inner.execute("INSERT INTO numbers VALUES (4)")
    assert values(numbers) == [0, 1, 4]


def test_other_threads_see_only_what_is_committed(numbers: DatabasePool) -> None:
    with ThreadPoolExecutor(1) as thread:
        with numbers.writing() as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
            assert thread.submit(values, numbers).result(60) == [0]
        assert thread.submit(values, numbers).result(60) == [0, 1]


def test_a_snapshot_stands_still(numbers: DatabasePool) -> None:
    with ThreadPoolExecutor(1) as thread, numbers.snapshot() as connection:
        count = "SELECT count(*) FROM numbers"
        assert connection.execute(count).fetchone() == (1,)
        thread.submit(_insert, numbers, 1).result(60)
        assert connection.execute(count).fetchone() == (1,)
    assert values(numbers) == [0, 1]


def test_a_reader_cannot_write(numbers: DatabasePool) -> None:
    with pytest.raises(DatabaseUnavailableError, match="read-only"), numbers.reading() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
    assert values(numbers) == [0]


def test_a_wrong_statement_is_our_error_and_is_counted(numbers: DatabasePool) -> None:
    before = numbers.stats()["failed_queries"]
    with pytest.raises(StoreError, match="no such table"), numbers.reading() as connection:
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(StoreError, match="syntax error"), numbers.writing() as connection:
        connection.execute("INSERT nonsense")
    assert numbers.stats()["failed_queries"] == before + 2
    assert values(numbers) == [0]


# Connections


def test_connections_are_kept_between_the_limits(database_path: Path) -> None:
    now = [0.0]
    with DatabasePool(database_path, min_connections=1, max_connections=4, timer=lambda: now[0]) as pool:
        with pool.reading(), pool.reading(), pool.reading():
            stats = pool.stats()
            assert (stats["total_connections"], stats["active"], stats["idle"]) == (4, 3, 1)
        assert pool.stats()["idle"] == 4
        for _ in range(4):
            now[0] += 100
            with pool.reading():
                pass
        assert pool.stats()["total_connections"] == 2  # the writer and one reader


def test_who_comes_too_late_waits_for_a_reader(database_path: Path) -> None:
    with DatabasePool(database_path, max_connections=2) as pool, ThreadPoolExecutor(1) as thread:
        waiting = threading.Event()

        def read() -> bool:
            waiting.set()
            with pool.reading() as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)

        with pool.reading():
            future = thread.submit(read)
            assert waiting.wait(60)
            assert not future.done()
        assert future.result(60)
        assert pool.stats()["pool_misses"] >= 2


def test_waiting_for_a_reader_ends(database_path: Path) -> None:
    with DatabasePool(database_path, max_connections=2, wait_seconds=0.01) as pool, pool.reading():
        with pytest.raises(DatabaseUnavailableError, match="DB_MAX_CONNECTIONS"), pool.reading():
            pass
        stats = pool.stats()
        assert stats["waits"] == 1
        assert stats["wait_max_ms"] >= 10
        assert stats["wait_mean_ms"] == stats["wait_max_ms"]


def test_kept_connections_are_hits(numbers: DatabasePool) -> None:
    before = numbers.stats()
    for _ in range(20):
        assert values(numbers) == [0]
    after = numbers.stats()
    assert after["pool_misses"] - before["pool_misses"] == 1
    assert after["pool_hits"] - before["pool_hits"] == 19
    assert after["total_queries"] - before["total_queries"] >= 20
    assert after["success_rate_percent"] == 100.0
    assert after["pool_efficiency_percent"] == pytest.approx(
        100 * after["pool_hits"] / (after["pool_hits"] + after["pool_misses"])
    )


def test_queries_of_closed_connections_still_count(database_path: Path) -> None:
    pool = DatabasePool(database_path)
    with pool.reading() as connection:
        connection.execute("SELECT 1")
    before = pool.stats()["total_queries"]
    pool.close()
    assert pool.stats()["total_queries"] >= before > 0


def test_a_dead_connection_is_replaced_before_it_is_lent(database_path: Path) -> None:
    now = [0.0]
    with DatabasePool(database_path, timer=lambda: now[0]) as pool:
        with pool.reading() as reader:
            pass
        with pool.writing() as writer:
            pass
        reader.close()
        writer.close()
        now[0] += 10
        with pool.reading() as connection:
            assert connection is not reader
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pool.writing() as connection:
            assert connection is not writer
        assert pool.stats()["reopened"] == 2


def test_a_connection_that_failed_is_asked_before_it_is_lent_again(database_path: Path) -> None:
    with DatabasePool(database_path) as pool:
        with pytest.raises(StoreError), pool.reading() as reader:
            reader.close()
            reader.execute("SELECT 1")
        with pool.reading() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_replaced_file_is_noticed(database_path: Path) -> None:
    now = [0.0]
    with DatabasePool(database_path, timer=lambda: now[0]) as pool:
        _make_numbers(pool, 1)
        other = DatabasePool(database_path.with_name("other.sqlite3"))
        _make_numbers(other, 2)
        other.close()
        pool.checkpoint()
        other.path.replace(database_path)
        now[0] += 10
        with pool.writing():
            pass
        assert values(pool) == [2]


def test_a_file_that_was_taken_away_is_an_error_and_is_not_made_anew(database_path: Path) -> None:
    now = [0.0]
    with DatabasePool(database_path, timer=lambda: now[0]) as pool:
        pool.open()
        database_path.unlink()
        now[0] += 10
        with pytest.raises(DatabaseUnavailableError), pool.writing():
            pass
        assert not database_path.exists()


# Locks of other processes


def test_a_locked_database_is_tried_again_until_it_is_free(database_path: Path) -> None:
    waits: list[float] = []
    pool = DatabasePool(database_path)
    _make_numbers(pool, 0)
    pool.close()
    other = other_connection(pool)
    other.execute("BEGIN IMMEDIATE")

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 5:
            other.execute("COMMIT")

    with DatabasePool(database_path, backoff=Backoff(sleep=sleep)) as pool:
        _insert(pool, 1)
        assert values(pool) == [0, 1]
        assert pool.stats()["retries"] == len(waits) == 5
        assert pool.stats()["waits"] == 1
    other.close()


def test_waiting_for_a_lock_ends_with_a_clear_error(database_path: Path) -> None:
    pool = DatabasePool(database_path, wait_seconds=0.05)
    _make_numbers(pool, 0)
    other = other_connection(pool)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailableError, match="locked by another process"):
        _insert(pool, 1)
    assert values(pool) == [0]  # readers do not care
    other.execute("ROLLBACK")
    other.close()
    _insert(pool, 1)
    assert values(pool) == [0, 1]
    pool.close()


def test_waiting_for_another_thread_to_write_ends_too(database_path: Path) -> None:
    with DatabasePool(database_path, wait_seconds=0.05) as pool, ThreadPoolExecutor(1) as thread:
        _make_numbers(pool, 0)
        with pool.writing():
            future = thread.submit(_insert, pool, 1)
            with pytest.raises(DatabaseUnavailableError, match="Another thread"):
                future.result(60)


def test_waits_grow_up_to_a_limit_with_jitter() -> None:
    shortest = Backoff(uniform=lambda low, high: low)
    longest = Backoff(uniform=lambda low, high: high)
    assert [longest.wait(n) for n in range(5)] == [0.001, 0.002, 0.004, 0.008, 0.016]
    assert [shortest.wait(n) for n in range(3)] == [0.0005, 0.001, 0.002]
    assert longest.wait(60) == 0.1


# The end


def test_close_leaves_one_file(numbers: DatabasePool) -> None:
    assert values(numbers) == [0]
    numbers.close()
    assert [path.name for path in numbers.path.parent.iterdir()] == [numbers.path.name]
    numbers.close()
    for use in (numbers.reading, numbers.writing):
        with pytest.raises(DatabaseUnavailableError, match="was closed"), use():
            pass


def test_a_connection_in_use_outlives_close_until_it_comes_back(numbers: DatabasePool) -> None:
    with numbers.reading() as connection:
        numbers.close()
        assert connection.execute("SELECT value FROM numbers").fetchall() == [(0,)]
    assert numbers.stats()["total_connections"] == 0


def test_checkpoint_empties_the_log(numbers: DatabasePool) -> None:
    assert numbers.stats()["wal_size_bytes"] > 0
    assert numbers.checkpoint()
    assert numbers.stats()["wal_size_bytes"] == 0


def test_maintenance_inside_a_transaction_is_refused(numbers: DatabasePool) -> None:
    with numbers.writing(), pytest.raises(StoreError, match="transaction"):
        numbers.vacuum()
    numbers.vacuum()
    assert values(numbers) == [0]


# Many at once


def test_sixteen_readers_and_four_writers_lose_nothing(database_path: Path) -> None:
    rounds = 150
    with DatabasePool(database_path, max_connections=8) as pool:
        with pool.writing() as connection:
            connection.execute("CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER)")
            connection.executemany("INSERT INTO totals VALUES (?, 0)", [("a",), ("b",)])
        done = threading.Event()

        def read() -> int:
            reads = 0
            while not done.is_set():
                with pool.reading() as connection:
                    (a, b) = connection.execute(
                        "SELECT sum(value * (name = 'a')), sum(value * (name = 'b')) FROM totals"
                    ).fetchone()
                assert a == b
                reads += 1
            return reads

        def write() -> None:
            for _ in range(rounds):
                with pool.writing() as connection:
                    for name in "ab":
                        (value,) = connection.execute(
                            "SELECT value FROM totals WHERE name = ?", name
                        ).fetchone()
                        connection.execute("UPDATE totals SET value = ? WHERE name = ?", (value + 1, name))

        with ThreadPoolExecutor(20) as threads:
            readers = [threads.submit(read) for _ in range(16)]
            writers = [threads.submit(write) for _ in range(4)]
            try:
                for future in writers:
                    future.result(120)
            finally:
                done.set()
            assert min(future.result(60) for future in readers) > 0
        with pool.reading() as connection:
            assert dict(connection.execute("SELECT * FROM totals")) == {"a": 4 * rounds, "b": 4 * rounds}
        assert pool.stats()["failed_queries"] == 0


def test_several_processes_lose_nothing(database_path: Path, run_python: Callable[..., Any]) -> None:
    pool = DatabasePool(database_path)
    _make_numbers(pool, 0)
    code = """
        import sys, pathlib
        from workbench.store.database_pool import DatabasePool
        with DatabasePool(pathlib.Path(sys.argv[1])) as pool:
            for _ in range(100):
                with pool.writing() as connection:
                    (value,) = connection.execute("SELECT value FROM numbers").fetchone()
                    connection.execute("UPDATE numbers SET value = ?", (value + 1,))
    """
    with ThreadPoolExecutor(3) as threads:
        for done in threads.map(lambda _: run_python(code, database_path), range(3)):
            assert (done.returncode, done.stderr) == (0, "")
    assert values(pool) == [300]
    pool.close()


def test_a_killed_writer_leaves_what_it_committed_and_no_lock(
    database_path: Path, run_python: Callable[..., Any]
) -> None:
    pool = DatabasePool(database_path)
    _make_numbers(pool, 0)
    code = """
        import os, sys, pathlib, signal
        from workbench.store.database_pool import DatabasePool
        pool = DatabasePool(pathlib.Path(sys.argv[1]))
        with pool.writing() as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
        with pool.writing() as connection:
            connection.execute("INSERT INTO numbers VALUES (2)")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run_python(code, database_path).returncode == -9
    _insert(pool, 3)
    assert values(pool) == [0, 1, 3]
    pool.close()


FORK = """
    import warnings
    warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
    import os, sys, pathlib, threading, time
    from workbench.store.database_pool import DatabasePool
    from workbench.errors import StoreError

    def count(pool):
        with pool.reading() as connection:
            return connection.execute("SELECT count(*) FROM numbers").fetchone()[0]

    def insert(pool, value):
        with pool.writing() as connection:
            connection.execute("INSERT INTO numbers VALUES (?)", (value,))

    pool = DatabasePool(pathlib.Path(sys.argv[1]))
    insert(pool, 1)
    assert count(pool) == 2
"""


@pytest.fixture
def numbers_path(database_path: Path) -> Path:
    """A closed database with the number 0 in it."""
    with DatabasePool(database_path) as pool:
        _make_numbers(pool, 0)
    return database_path


def test_a_forked_child_and_its_parent_both_go_on(numbers_path: Path, run_python: Callable[..., Any]) -> None:
    code = (
        FORK
        + """
    to_child, to_parent = os.pipe(), os.pipe()
    if os.fork() == 0:
        insert(pool, 2)
        os.write(to_parent[1], b"x")
        os.read(to_child[0], 1)         # the parent has closed its database now
        insert(pool, 3)
        assert count(pool) == 4
        pool.close()
        os._exit(0)
    os.read(to_parent[0], 1)
    assert count(pool) == 3
    pool.close()                        # without care, this deletes the log under the child
    os.write(to_child[1], b"x")
    assert os.wait()[1] == 0
    """
    )
    done = run_python(code, numbers_path)
    assert (done.returncode, done.stderr) == (0, "")
    with DatabasePool(numbers_path) as pool:
        assert sorted(values(pool)) == [0, 1, 2, 3]


def test_a_fork_inside_a_transaction_leaves_it_to_the_parent(
    numbers_path: Path, run_python: Callable[..., Any]
) -> None:
    code = (
        FORK
        + """
    try:
        with pool.writing() as connection:
            connection.execute("INSERT INTO numbers VALUES (2)")
            child = os.fork()
        assert child
    except StoreError as error:
        assert "fork" in error.message, error
        try:
            count(pool)
        except StoreError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
    assert count(pool) == 3
    """
    )
    done = run_python(code, numbers_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fork_waits_for_other_threads(numbers_path: Path, run_python: Callable[..., Any]) -> None:
    code = (
        FORK
        + """
    began, stop = threading.Event(), threading.Event()
    def work():
        while not stop.is_set():
            insert(pool, 5)
            count(pool)
            began.set()
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    began.wait()
    for _ in range(5):
        if os.fork() == 0:
            insert(pool, 7)
            os._exit(0)
        assert os.wait()[1] == 0
    stop.set()
    for thread in threads:
        thread.join()
    with pool.reading() as connection:
        sevens, = connection.execute("SELECT count(*) FROM numbers WHERE value = 7").fetchone()
        problems = connection.execute("PRAGMA integrity_check").fetchone()
    assert (sevens, problems) == (5, ("ok",)), (sevens, problems)
    pool.close()
    """
    )
    done = run_python(code, numbers_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_statistics_have_the_names_of_the_endpoint(pool: DatabasePool) -> None:
    pool.open()
    names = """
        total_connections active idle total_queries failed_queries retries pool_hits pool_misses waits wait_seconds
        wait_mean_ms wait_max_ms success_rate_percent pool_efficiency_percent wal_size_bytes
    """
    assert set(pool.stats()) >= set(names.split())


def _make_numbers(pool: DatabasePool, value: int) -> None:
    with pool.writing() as connection:
        connection.execute("CREATE TABLE numbers (value INTEGER)")
        connection.execute("INSERT INTO numbers VALUES (?)", (value,))


def _insert(pool: DatabasePool, value: int) -> None:
    with pool.writing() as connection:
        connection.execute("INSERT INTO numbers VALUES (?)", (value,))
