"""Which files go to a worker together: long ones first and alone, short ones in batches worth a message."""

from __future__ import annotations

import heapq
import itertools
import math

from workbench.processing.job.task import Task

BATCH_SECONDS = 1.0  # at half of it, what lies beside the analysis is a quarter more
LEAST_SECONDS = 0.2  # a batch costs some 10 ms, whatever is in it
BATCH_FILES = 32
FIRST_GUESS_S_PER_BYTE = 1e-7
SMOOTHING = 0.2


class Pending:
    """Files that wait, biggest first: the last to finish is then a short one, and no worker idles for it."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Task]] = []
        self._order = itertools.count()
        self._seconds_per_byte = FIRST_GUESS_S_PER_BYTE

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, task: Task) -> None:
        heapq.heappush(self._heap, (-task.size_bytes, next(self._order), task))

    def learn(self, size_bytes: int, seconds: float) -> None:
        """Take note of how long a file of this size took."""
        observed = seconds / max(size_bytes, 1)
        self._seconds_per_byte += SMOOTHING * (observed - self._seconds_per_byte)

    def take(self, workers: int) -> tuple[Task, ...]:
        """Remove and return the next batch: about a second of work, and a fair share of what is left."""
        share = math.ceil(len(self._heap) / (2 * workers))
        batch: list[Task] = []
        seconds = 0.0
        while self._heap and len(batch) < BATCH_FILES:
            expected = -self._heap[0][0] * self._seconds_per_byte
            most = BATCH_SECONDS if len(batch) < share else LEAST_SECONDS
            if batch and seconds + expected > most:
                break
            batch.append(heapq.heappop(self._heap)[2])
            seconds += expected
        return tuple(batch)
