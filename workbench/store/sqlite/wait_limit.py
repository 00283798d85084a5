"""Limit how long a thread waits for the database, to less than the pool allows where a person waits."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_give_up_at: ContextVar[float] = ContextVar("give_up_at", default=math.inf)


@contextmanager
def waiting_until(give_up_at: float) -> Iterator[None]:
    """Let this thread wait for connections and locks no longer than until ``time.monotonic()`` is ``give_up_at``."""
    token = _give_up_at.set(give_up_at)
    try:
        yield
    finally:
        _give_up_at.reset(token)


def wait_limit(seconds: float) -> float:
    """Return how many seconds to wait now, ``seconds`` at most."""
    return max(0.0, min(seconds, _give_up_at.get() - time.monotonic()))
