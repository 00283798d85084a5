"""A lock that no thread waits for long.

A thread that has just released a ``threading.Lock`` can take it again before the waiting threads wake up. Measured
with 16 readers and 4 writers, some threads then waited for seconds. A strict order is fair, but then every change of
holder is a change of thread, which reduced the reads to an eighth. So newcomers may go first until a thread has waited
for ``HAND_OVER_AFTER_SECONDS``; then that thread gets the lock.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

HAND_OVER_AFTER_SECONDS = 0.005  # as long as the time slice of a thread in CPython


@dataclass(eq=False, slots=True)
class _Waiter:
    since: float
    wake: threading.Event = field(default_factory=threading.Event)
    granted: bool = False


class FairLock:
    """A lock with up to ``most`` holders at a time. Methods named ``…_locked`` are for callers that hold ``lock``."""

    def __init__(self, most: int = 1) -> None:
        self.lock = threading.Lock()
        self._free = most
        self._queue: deque[_Waiter] = deque()

    def try_acquire(self) -> bool:
        """Acquire if that is possible now."""
        with self.lock:
            return self.try_acquire_locked()

    def try_acquire_locked(self) -> bool:
        """Acquire if that is possible now. The caller holds ``lock``."""
        if self._free:
            self._free -= 1
            return True
        return False

    def acquire(self, timeout: float) -> bool:
        """Acquire, waiting up to ``timeout`` seconds; return false when that was not enough."""
        waiter = _Waiter(time.monotonic())
        with self.lock:
            self._queue.append(waiter)
            if self._take(waiter):
                return True
        try:
            return self._wait(waiter, waiter.since + timeout)
        except BaseException:  # Ctrl-C: the lock must not go to a thread that no longer waits
            with self.lock:
                granted = waiter.granted or self._leave(waiter)
            if granted:
                self.release()
            raise

    def release(self) -> None:
        """Release the lock: to the thread that has waited too long, otherwise to the next one that acquires it."""
        with self.lock:
            self.release_locked()

    def release_locked(self) -> None:
        """Release. The caller holds ``lock``."""
        if self._queue and time.monotonic() - self._queue[0].since >= HAND_OVER_AFTER_SECONDS:
            waiter = self._queue.popleft()
            waiter.granted = True
            waiter.wake.set()
            return
        self._free += 1
        self._wake_next()

    def _wait(self, waiter: _Waiter, deadline: float) -> bool:
        while True:
            woken = waiter.wake.wait(max(0.0, deadline - time.monotonic()))
            with self.lock:
                if waiter.granted or self._take(waiter):
                    return True
                if not woken:
                    return self._leave(waiter)
                waiter.wake.clear()

    def _take(self, waiter: _Waiter) -> bool:
        """Acquire if possible and leave the queue. The caller holds ``lock``."""
        if not self._free:
            return False
        self._free -= 1
        self._queue.remove(waiter)
        self._wake_next()
        return True

    def _leave(self, waiter: _Waiter) -> bool:
        """Stop waiting and return false. The caller holds ``lock``."""
        self._queue.remove(waiter)
        self._wake_next()
        return False

    def _wake_next(self) -> None:
        if self._free and self._queue:
            self._queue[0].wake.set()
