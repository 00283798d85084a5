"""The waiting tasks, and their batches: long tasks alone, short ones together, because every batch needs a message."""

from __future__ import annotations

import heapq
import itertools
import math

from workbench.processing.job.task import Task

BATCH_SECONDS = 1.0  # measured: with half a second, the CPU time besides the analysis is a quarter longer
LEAST_SECONDS = 0.2  # measured: the overhead of a batch is about 10 ms, for any number of files
BATCH_TASKS = 32  # set by hand: if their worker dies, each of them is tried again alone
SMOOTHING = 0.2  # about the last five tasks count, because tasks differ by format more than over time


class WaitingTasks:
    """Waiting tasks, the largest first, so that the last ones are short and all workers end at about the same time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Task]] = []
        self._order = itertools.count()
        self._seconds_per_byte = math.inf  # unknown, so the first tasks are sent alone

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, task: Task) -> None:
        heapq.heappush(self._heap, (-task.size_bytes, next(self._order), task))

    def learn(self, size_bytes: int, seconds: float) -> None:
        """Update the estimated speed by the time of a task of this size."""
        observed = seconds / max(size_bytes, 1)
        known = self._seconds_per_byte
        self._seconds_per_byte = observed if math.isinf(known) else known + SMOOTHING * (observed - known)

    def take(self, workers: int) -> tuple[Task, ...]:
        """Remove and return the next batch: a second of work at most, and less beyond a fair share of all tasks."""
        share = math.ceil(len(self._heap) / (2 * workers))
        batch: list[Task] = []
        seconds = 0.0
        while self._heap and len(batch) < BATCH_TASKS:
            expected = max(-self._heap[0][0], 1) * self._seconds_per_byte
            most = BATCH_SECONDS if len(batch) < share else LEAST_SECONDS
            if batch and seconds + expected > most:
                break
            batch.append(heapq.heappop(self._heap)[2])
            seconds += expected
        return tuple(batch)
