from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from workbench.store.sqlite.fair_lock import FairLock


def test_a_holder_excludes_others() -> None:
    lock = FairLock()
    total = [0]

    def work() -> None:
        for _ in range(300):
            assert lock.acquire(30)
            value = total[0]
            threading.Event().wait(0)
            total[0] = value + 1
            lock.release()

    with ThreadPoolExecutor(6) as threads:
        for future in [threads.submit(work) for _ in range(6)]:
            future.result(60)
    assert total == [1800]
    assert lock.try_acquire()
    assert not lock.try_acquire()


def test_no_more_than_the_limit_hold_at_once() -> None:
    lock, holders, seen = FairLock(3), set(), []

    def work(name: int) -> None:
        for _ in range(200):
            assert lock.acquire(30)
            holders.add(name)
            seen.append(len(holders))
            threading.Event().wait(0)
            holders.discard(name)
            lock.release()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert max(seen) <= 3
    assert [lock.try_acquire() for _ in range(4)] == [True, True, True, False]


def test_who_waits_comes_in_although_another_never_stops_asking() -> None:
    lock = FairLock()
    stop, started = threading.Event(), threading.Event()

    def hog() -> None:
        while not stop.is_set():
            assert lock.acquire(30)
            started.set()
            lock.release()

    with ThreadPoolExecutor(2) as threads:
        hogs = [threads.submit(hog) for _ in range(2)]
        assert started.wait(60)
        try:
            for _ in range(20):
                assert lock.acquire(20)
                lock.release()
        finally:
            stop.set()
        for future in hogs:
            future.result(60)


def test_waiting_ends_without_the_lock_and_leaves_no_trace() -> None:
    lock = FairLock()
    assert lock.try_acquire()
    assert not lock.acquire(0.01)
    assert not lock.acquire(0)
    lock.release()
    assert lock.try_acquire()
