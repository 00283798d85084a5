"""The waiting tasks, and their batches: long tasks alone, short ones together, because every batch costs a message."""

from __future__ import annotations

import heapq
import itertools
import math

from workbench.processing.job.task import Task

BATCH_SECONDS = 1.0  # measured: batches of half a second cost a quarter more CPU beside the analysis
LEAST_SECONDS = 0.2  # measured: a batch costs about 10 ms, however many files it has
BATCH_TASKS = 32  # set by hand: if their worker dies, each of them is tried again alone
SMOOTHING = 0.2  # the last five tasks or so count: they differ in format more than over time


class WaitingTasks:
    """Waiting tasks, the biggest first: the last ones are short, so that all workers end at about the same time."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Task]] = []
        self._order = itertools.count()
        self._seconds_per_byte = math.inf  # unknown: the first tasks go alone

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, task: Task) -> None:
        heapq.heappush(self._heap, (-task.size_bytes, next(self._order), task))

    def learn(self, size_bytes: int, seconds: float) -> None:
        """Learn from the time that a task of this size took."""
        observed = seconds / max(size_bytes, 1)
        known = self._seconds_per_byte
        self._seconds_per_byte = observed if math.isinf(known) else known + SMOOTHING * (observed - known)

    def take(self, workers: int) -> tuple[Task, ...]:
        """Remove and return the next batch: about a second of work, and a fair share of the remaining tasks."""
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
