"""Read files on a few threads, each within a time limit: a disk or a network share may never answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Ended = SimpleQueue[tuple[int, Result | BaseException]]

THREADS = 2  # reading waits for the disk; more threads did not hash faster
BATCH = 64  # files that are stored in one transaction; set by hand
BATCH_S = 0.5  # after this time, a batch does not wait for a slow file; set by hand
# Calls end at their time limit themselves, except those that wait for the system. Set by hand.
GRACE_S = 1.0


def read_each(
    read: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    timeout_s: float,
    give_up: Callable[[Item], Result],
) -> Iterator[list[Result]]:
    """Call ``read`` with each item; yield the results in batches, in the order in which the calls end.

    Parameters
    ----------
    timeout_s : float
        If a call takes more than a second longer than this, ``give_up`` is called with the item instead. Its thread
        keeps waiting, because nothing can end a thread that waits for the system; the process can end without it.

    Raises
    ------
    BaseException
        Any exception of ``read``.
    """
    batch: list[Result] = []
    send_by = time.monotonic() + BATCH_S
    for results in _results(read, items, timeout_s + GRACE_S, give_up):
        batch += results
        if len(batch) >= BATCH or (batch and time.monotonic() > send_by):
            yield batch
            batch, send_by = [], time.monotonic() + BATCH_S
    if batch:
        yield batch


def _results(
    read: Callable[[Item], Result],
    items: Iterable[Item],
    limit_s: float,
    give_up: Callable[[Item], Result],
) -> Iterator[list[Result]]:
    """Yield lists of the results that have come since the last time; a list may be empty."""
    waiting = enumerate(items)
    ended: Ended[Result] = SimpleQueue()
    reading: dict[int, tuple[Item, float]] = {}
    while True:
        while len(reading) < THREADS and (taken := next(waiting, None)):
            reading[taken[0]] = taken[1], time.monotonic() + limit_s
            Thread(target=_read, args=(read, *taken, ended), name="workbench-read", daemon=True).start()
        if not reading:
            return
        yield _take_one(ended, reading)
        if ended.empty():  # a call that ended while the caller worked is not late
            now = time.monotonic()
            late = [number for number, (_, give_up_at) in reading.items() if now > give_up_at]
            yield [give_up(reading.pop(number)[0]) for number in late]


def _read(read: Callable[[Item], Result], number: int, item: Item, ended: Ended[Result]) -> None:
    try:
        ended.put((number, read(item)))
    except BaseException as error:  # noqa: BLE001 - raised on the thread that takes the results
        ended.put((number, error))


def _take_one(ended: Ended[Result], reading: dict[int, tuple[Item, float]]) -> list[Result]:
    try:
        number, result = ended.get(timeout=BATCH_S)
    except Empty:
        return []
    if reading.pop(number, None) is None:  # it was given up before
        return []
    if isinstance(result, BaseException):
        raise result
    return [result]
