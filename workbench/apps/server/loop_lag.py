"""Measure how long the event loop was blocked, which delays every request."""

from __future__ import annotations

import asyncio
import time
from collections import deque

INTERVAL_S = 0.02  # set by hand: shorter than a delay that a person notices
KEEP_S = 60.0  # the default interval of a Prometheus server


class LoopLag:
    """Sleeps briefly in a loop, and measures how late it wakes up.

    ``longest_s`` is the longest delay since the end of the start-up, and ``start_up_s`` the longest one before that.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.start_up_s: float | None = None
        self._recent: deque[tuple[float, float]] = deque()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def end_start_up(self) -> None:
        """End the start-up; delays from now on affect users."""
        self.start_up_s, self.longest_s = self.longest_s, 0.0
        self._recent.clear()

    @property
    def longest_recent_s(self) -> float:
        """The longest delay of the last minute."""
        return max((lag for _, lag in self._recent), default=0.0)

    async def _run(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(INTERVAL_S)
            now = time.perf_counter()
            self._note(now, max(0.0, now - before - INTERVAL_S))

    def _note(self, now: float, lag: float) -> None:
        self.longest_s = max(self.longest_s, lag)
        while self._recent and (self._recent[-1][1] <= lag or self._recent[0][0] < now - KEEP_S):
            # shorter and older delays can never be the longest again
            self._recent.pop() if self._recent[-1][1] <= lag else self._recent.popleft()
        self._recent.append((now, lag))
