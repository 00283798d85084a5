"""Try again while the database is busy: exponential backoff with jitter, up to a deadline."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from workbench.store.sqlite.database_errors import is_busy
from workbench.store.sqlite.sqlite_module import sqlite3
from workbench.store.sqlite.wait_limit import wait_limit

T = TypeVar("T")


@dataclass(frozen=True)
class Backoff:
    """How long to wait between tries.

    The n-th wait is drawn evenly from the upper half of ``min(longest, first * 2**n)`` seconds, so that two
    processes that collided once do not collide again.
    """

    first: float = 0.001  # several short transactions (a small write takes 17 µs)
    longest: float = 0.1  # people notice longer waits
    deadline: float = 30.0
    uniform: Callable[[float, float], float] = random.uniform
    sleep: Callable[[float], object] = time.sleep
    timer: Callable[[], float] = field(default=time.monotonic)

    def wait(self, attempt: int) -> float:
        """Return seconds to wait after the given number of failed tries, counted from 0."""
        longest: float = min(self.longest, self.first * 2.0 ** min(attempt, 30))
        return self.uniform(longest / 2, longest)

    def call(self, function: Callable[[], T], on_retry: Callable[[], None] | None = None) -> T:
        """Call until the database is not busy; after the deadline, raise the error that says so."""
        give_up_at = self.timer() + wait_limit(self.deadline)
        attempt = 0
        while True:
            try:
                return function()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or self.timer() >= give_up_at:
                    raise
            if on_retry is not None:
                on_retry()
            self.sleep(self.wait(attempt))
            attempt += 1
