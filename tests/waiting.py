"""Wait for something that another process does."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(happens: Callable[[], bool], within_s: float = 60) -> None:
    give_up = time.monotonic() + within_s
    while not happens():
        assert time.monotonic() < give_up
        time.sleep(0.05)
