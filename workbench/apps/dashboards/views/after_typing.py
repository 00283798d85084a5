"""Call a function when a person has stopped typing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_S = 0.15  # set by hand: longer than between two key presses, too short to be noticed


def after_typing(act: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls ``act`` once, shortly after the last of its calls; at once without an event loop."""
    waiting: list[asyncio.TimerHandle] = []

    def later() -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            act()
            return
        for handle in waiting:
            handle.cancel()
        waiting[:] = [loop.call_later(PAUSE_S, act)]

    return later
