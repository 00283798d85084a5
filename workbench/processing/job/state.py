"""The state of a job: a plain value without Dask, threads or a clock."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field

from workbench.processing.job.task import Task
from workbench.processing.job.waiting_tasks import WaitingTasks


@dataclass
class Batch:
    """Tasks that were sent to a worker together, and their progress there.

    ``worker`` is None until a worker announces one of the tasks; ``index`` is the task that it announced last.
    ``finished``: the worker has begun another batch, so the outcomes of this one are being fetched.
    """

    number: int
    tasks: tuple[Task, ...]
    alone: bool = False
    worker: str | None = None
    pid: int = 0
    index: int = 0
    deadline: float = math.inf
    finished: bool = False


@dataclass
class JobState:
    """The tasks of a job: each one waits, is a suspect, is in flight, or has ended.

    ``suspects`` are tasks of a batch that killed or blocked its worker; each is tried again alone. ``losses`` counts
    how often a task was lost without being the cause. ``killed`` are workers that this job has killed. ``note`` says
    why no task is sent, if that is so.
    """

    timeout_s: float
    phase: str = "running"
    scanning: bool = True
    waiting: WaitingTasks = field(default_factory=WaitingTasks)
    suspects: deque[Task] = field(default_factory=deque)
    in_flight: dict[int, Batch] = field(default_factory=dict)
    losses: Counter[Task] = field(default_factory=Counter)
    killed: set[str] = field(default_factory=set)
    batches_sent: int = 0
    cancel_by: float | None = None
    note: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the job is complete: all tasks have ended, or it is cancelled and its workers are free."""
        if self.cancel_by is not None:
            return not self.in_flight
        return not (self.scanning or self.waiting or self.suspects or self.in_flight)

    @property
    def wants_workers(self) -> bool:
        """Whether there are tasks to send now."""
        return self.phase == "running" and bool(self.waiting or self.suspects)

    @property
    def next_deadline(self) -> float:
        """The next time at which the event ``TimePassed`` matters; infinity if only other events do."""
        cancel_by = math.inf if self.cancel_by is None else self.cancel_by
        return min([cancel_by, *(batch.deadline for batch in self.in_flight.values())])
