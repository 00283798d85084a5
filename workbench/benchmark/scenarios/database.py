"""Read and write one table, with a new connection each time and through the pool."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from workbench.benchmark.child import ScenarioInput
from workbench.benchmark.plain_program import connection

ROWS = 1000  # set by hand: a second or less for the plain side
SLICES, SLICE_S = 5, 0.05  # the median of several, because another program may use the core during one
CONTENTION_S = 0.25  # set by hand: thousands of reads
READERS, WRITERS = 8, 2  # set by hand: as in a server with two analyses

Open = Callable[[], AbstractContextManager[Any]]


def before(given: ScenarioInput) -> dict[str, float]:
    path = given.folder / "plain.sqlite3"
    with connection(path) as opened:
        _fill(opened)
    return _measure(lambda: connection(path), lambda: connection(path))


def after(given: ScenarioInput) -> dict[str, float]:
    from workbench.store.database_pool import DatabasePool

    with DatabasePool(given.folder / "pooled.sqlite3", migrations=[_fill]) as pool:
        return _measure(pool.reading, pool.writing)


def _fill(opened: Any) -> None:
    opened.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY, path TEXT UNIQUE, features TEXT)")
    rows = ((n, f"/music/artist/album/{n:05}.flac", '{"bpm": 120.0}' * 20) for n in range(ROWS))
    opened.executemany("INSERT INTO tracks VALUES (?, ?, ?)", rows)


def _measure(reading: Open, writing: Open) -> dict[str, float]:
    numbers = iter(range(10**9))

    def read() -> None:
        with reading() as opened:
            opened.execute("SELECT * FROM tracks WHERE id = ?", (next(numbers) % ROWS,)).fetchone()

    def write() -> None:
        number = next(numbers)
        with writing() as opened:
            opened.execute("UPDATE tracks SET features = ? WHERE id = ?", (str(number), number % ROWS))

    def write_batch() -> None:
        rows = [(str(next(numbers)), n) for n in range(ROWS)]
        with writing() as opened:
            opened.executemany("UPDATE tracks SET features = ? WHERE id = ?", rows)

    return {
        "database_operations": _per_second(read),
        "database_writes": _per_second(write),
        "database_batch_rows": ROWS * _per_second(write_batch),
        "database_contention": _under_contention(read, write),
    }


def _per_second(act: Callable[[], None]) -> float:
    act()
    return statistics.median(_rate(act, SLICE_S) for _ in range(SLICES))


def _rate(act: Callable[[], None], seconds: float) -> float:
    count, elapsed, start = 0, 0.0, time.perf_counter()
    while elapsed < seconds:
        act()
        count += 1
        elapsed = time.perf_counter() - start
    return count / elapsed


def _under_contention(read: Callable[[], None], write: Callable[[], None]) -> float:
    enough = threading.Event()
    rates: list[float] = []

    def keep_writing() -> None:
        while not enough.is_set():
            write()
            time.sleep(0.001)

    writers = [threading.Thread(target=keep_writing) for _ in range(WRITERS)]
    readers = [
        threading.Thread(target=lambda: rates.append(_rate(read, CONTENTION_S))) for _ in range(READERS)
    ]
    for thread in (*writers, *readers):
        thread.start()
    for thread in readers:
        thread.join()
    enough.set()
    for thread in writers:
        thread.join()
    return sum(rates)
