"""Do something when a person has stopped typing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PAUSE_S = 0.15  # set by hand: longer than between two keys, too short to be felt


def after_typing(act: Callable[[], None]) -> Callable[[], None]:
    """Return what calls ``act`` once, a moment after its last call; at once where no event loop runs."""
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
