"""The events of a job."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from workbench.processing.job.task import Task
from workbench.processing.on_worker.batch import Outcome


@dataclass(frozen=True)
class TaskFound:
    task: Task


@dataclass(frozen=True)
class ScanEnded:
    """No further task will be found."""


@dataclass(frozen=True)
class Paused:
    """The job must not send tasks until :class:`Resumed`."""


@dataclass(frozen=True)
class Resumed:
    pass


@dataclass(frozen=True)
class Cancelled:
    pass


@dataclass(frozen=True)
class RoomSeen:
    """The workers were counted: ``slots`` tasks can run at a time.

    ``shares_processes``: several tasks run in one process, which one of them can kill. ``shortage``: why this machine
    should not start more work now.
    """

    slots: int = 0
    shares_processes: bool = False
    shortage: str | None = None


@dataclass(frozen=True)
class TaskBegan:
    """A worker has announced that it begins a task. Its process runs ``threads`` tasks at a time."""

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
    """Dask could not run the batch or fetch its outcomes, although the worker is alive."""

    number: int
    error: str


@dataclass(frozen=True)
class OutcomesLost:
    """The worker has finished the batch, but has ended before the outcomes were fetched."""

    number: int


@dataclass(frozen=True)
class WorkerDied:
    """Dask reports that the worker of this batch died while it worked on it."""

    number: int


@dataclass(frozen=True)
class WorkerRemoved:
    """The scheduler has removed a worker; ``expected`` if it was closed properly.

    ``fetching`` are the batches whose outcomes are still being fetched.
    """

    worker: str
    expected: bool
    fetching: Set[int] = frozenset()


@dataclass(frozen=True)
class TimePassed:
    """Deadlines may have passed; ``fetching`` are the batches whose outcomes are being fetched."""

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
