"""What a job knows, what can happen to it and what it can do: plain values without Dask, threads or a clock."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Set
from dataclasses import dataclass, field

from workbench.processing.job.task import Failure, Task
from workbench.processing.job.waiting_tasks import WaitingTasks
from workbench.processing.on_worker.batch import Outcome


@dataclass
class Batch:
    """Tasks that were sent to a worker together, and how far the worker is with them.

    ``worker`` is None until a worker announces one of the tasks; ``index`` is the task that it announced last.
    ``finished`` says that the worker has moved on to another batch, so the outcomes of this one are on their way.
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

    ``suspects`` are tasks of a batch that killed or blocked its worker: each is tried again alone. ``losses``
    counts how often a task came back through no fault of its own. ``killed`` are workers that this job stopped.
    ``note`` says why nothing is sent, when that is so.
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
        """Whether nothing more can happen: all tasks have ended, or the job is cancelled and its workers are free."""
        if self.cancel_by is not None:
            return not self.in_flight
        return not (self.scanning or self.waiting or self.suspects or self.in_flight)

    @property
    def wants_workers(self) -> bool:
        """Whether there are tasks to send now."""
        return self.phase == "running" and bool(self.waiting or self.suspects)

    @property
    def next_deadline(self) -> float:
        """When :class:`TimePassed` matters next; infinity when only other events do."""
        cancel_by = math.inf if self.cancel_by is None else self.cancel_by
        return min([cancel_by, *(batch.deadline for batch in self.in_flight.values())])


# What can happen.


@dataclass(frozen=True)
class TaskFound:
    task: Task


@dataclass(frozen=True)
class ScanEnded:
    """No further task will be found."""


@dataclass(frozen=True)
class Paused:
    """Someone asked the job to send nothing until :class:`Resumed`."""


@dataclass(frozen=True)
class Resumed:
    pass


@dataclass(frozen=True)
class Cancelled:
    pass


@dataclass(frozen=True)
class RoomSeen:
    """The workers were counted: ``slots`` tasks can run at a time.

    ``shares_processes`` says that several tasks run in one process, which one of them can kill. ``shortage`` says
    why this machine should not take on more work now.
    """

    slots: int = 0
    shares_processes: bool = False
    shortage: str | None = None


@dataclass(frozen=True)
class TaskBegan:
    """A worker announced the task that it begins. Its process runs ``threads`` tasks at a time."""

    number: int
    index: int
    worker: str
    pid: int
    threads: int


@dataclass(frozen=True)
class BatchEnded:
    number: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class BatchFailed:
    """Dask could not run the batch or bring back its outcomes, though the worker lives."""

    number: int
    error: str


@dataclass(frozen=True)
class OutcomesLost:
    """The worker finished the batch and was gone before its outcomes were fetched."""

    number: int


@dataclass(frozen=True)
class WorkerDied:
    """Dask says that the worker of this batch died while it worked on it."""

    number: int


@dataclass(frozen=True)
class WorkerRemoved:
    """The scheduler removed a worker; ``expected`` when it left in good order.

    ``fetching`` are the batches whose outcomes are on their way nevertheless.
    """

    worker: str
    expected: bool
    fetching: Set[int] = frozenset()


@dataclass(frozen=True)
class TimePassed:
    """Deadlines may be over; ``fetching`` are the batches whose outcomes are on their way."""

    fetching: Set[int] = frozenset()


Event = (
    TaskFound
    | ScanEnded
    | Paused
    | Resumed
    | Cancelled
    | RoomSeen
    | TaskBegan
    | BatchEnded
    | BatchFailed
    | OutcomesLost
    | WorkerDied
    | WorkerRemoved
    | TimePassed
)


# What can be done.


@dataclass(frozen=True)
class Send:
    """Give a batch to the workers."""

    batch: Batch


@dataclass(frozen=True)
class Recall:
    """Take a batch back from the workers; what still comes of it is ignored."""

    number: int


@dataclass(frozen=True)
class Kill:
    """Kill a worker process; it is started again."""

    worker: str
    pid: int


@dataclass(frozen=True)
class Deliver:
    """Hand on the value of a task: the task has ended."""

    task: Task
    packed: bytes


@dataclass(frozen=True)
class Fail:
    """Hand on that a task failed: the task has ended."""

    task: Task
    failure: Failure


Action = Send | Recall | Kill | Deliver | Fail
