"""Count the tasks of a job when they are found and when they end, and compute the progress."""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.processing.job.task import Progress, Task


class ProgressCounter:
    """Counts tasks. The thread of the job writes it, and any thread may read it."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._start = timer()
        self._work_start: float | None = None
        self._paused_at: float | None = None
        self._paused_s = 0.0
        self._found_bytes = 0
        self._worked_bytes = 0
        self._worked = 0
        self._worked_audio_seconds = 0.0
        self.total = self.done = self.cached = self.failed = 0
        self.audio_seconds = 0.0

    def found(self, task: Task) -> None:
        self.total += 1
        self._found_bytes += task.size_bytes
        if self._work_start is None:
            self._work_start = self._timer()

    def found_cached(self, audio_seconds: float) -> None:
        self.total += 1
        self.cached += 1
        self.audio_seconds += audio_seconds

    def found_failed(self) -> None:
        self.total += 1
        self.failed += 1

    def finished(self, task: Task, audio_seconds: float | None) -> None:
        """Count a task that has ended; ``audio_seconds`` is ``None`` if it failed."""
        self._worked += 1
        self._worked_bytes += task.size_bytes
        if audio_seconds is None:
            self.failed += 1
        else:
            self.done += 1
            self.audio_seconds += audio_seconds
            self._worked_audio_seconds += audio_seconds

    def pause(self, *, on: bool) -> None:
        """Stop or start the clock for the rate and the remaining time."""
        if on and self._paused_at is None:
            self._paused_at = self._timer()
        elif not on and self._paused_at is not None:
            self._paused_s += self._timer() - self._paused_at
            self._paused_at = None

    def progress(
        self, *, state: str, scanning: bool, current: tuple[str, ...] = (), note: str | None = None
    ) -> Progress:
        now = self._timer()
        worked_s = self._worked_s(now)
        return Progress(
            total=self.total,
            done=self.done,
            cached=self.cached,
            failed=self.failed,
            audio_seconds=self.audio_seconds,
            elapsed_s=now - self._start,
            rate=self._worked / worked_s if worked_s > 0 else 0.0,
            audio_rate=self._worked_audio_seconds / worked_s if worked_s > 0 else 0.0,
            eta_s=self._eta_s(worked_s, scanning=scanning),
            state=state,
            current=current,
            note=note,
            scanning=scanning,
        )

    def _worked_s(self, now: float) -> float:
        if self._work_start is None:
            return 0.0
        paused_s = self._paused_s + (now - self._paused_at if self._paused_at is not None else 0.0)
        return now - self._work_start - paused_s

    def _eta_s(self, worked_s: float, *, scanning: bool) -> float | None:
        # By bytes, because files differ in length much more than in bit rate.
        left = self._found_bytes - self._worked_bytes
        if left == 0:
            return None if scanning else 0.0
        return worked_s * left / self._worked_bytes if self._worked_bytes else None
