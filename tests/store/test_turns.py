from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from workbench.store.sqlite.fair_lock import Turns


def test_a_turn_excludes_others() -> None:
    turns = Turns()
    total = [0]

    def work() -> None:
        for _ in range(300):
            assert turns.acquire(30)
            value = total[0]
            threading.Event().wait(0)
            total[0] = value + 1
            turns.release()

    with ThreadPoolExecutor(6) as threads:
        for future in [threads.submit(work) for _ in range(6)]:
            future.result(60)
    assert total == [1800]
    assert turns.take_free()
    assert not turns.take_free()


def test_no_more_than_the_limit_hold_at_once() -> None:
    turns, holders, seen = Turns(3), set(), []

    def work(name: int) -> None:
        for _ in range(200):
            assert turns.acquire(30)
            holders.add(name)
            seen.append(len(holders))
            threading.Event().wait(0)
            holders.discard(name)
            turns.release()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert max(seen) <= 3
    assert [turns.take_free() for _ in range(4)] == [True, True, True, False]


def test_who_waits_comes_in_although_another_never_stops_asking() -> None:
    turns = Turns()
    stop, started = threading.Event(), threading.Event()

    def hog() -> None:
        while not stop.is_set():
            assert turns.acquire(30)
            started.set()
            turns.release()

    with ThreadPoolExecutor(2) as threads:
        hogs = [threads.submit(hog) for _ in range(2)]
        assert started.wait(10)
        try:
            for _ in range(20):
                assert turns.acquire(20)
                turns.release()
        finally:
            stop.set()
        for future in hogs:
            future.result(10)


def test_waiting_ends_without_a_turn_and_leaves_no_trace() -> None:
    turns = Turns()
    assert turns.take_free()
    assert not turns.acquire(0.01)
    assert not turns.acquire(0)
    turns.release()
    assert turns.take_free()
