"""How long to wait for the database: as long as the pool may, or less where a person waits for the answer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_give_up_at: ContextVar[float] = ContextVar("give_up_at", default=math.inf)


@contextmanager
def waiting_until(give_up_at: float) -> Iterator[None]:
    """Wait for connections and locks, in this thread, until ``time.monotonic()`` is ``give_up_at`` at most."""
    token = _give_up_at.set(give_up_at)
    try:
        yield
    finally:
        _give_up_at.reset(token)


def patience(seconds: float) -> float:
    """Return how many seconds to wait where ``seconds`` is the most."""
    return max(0.0, min(seconds, _give_up_at.get() - time.monotonic()))
