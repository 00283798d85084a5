"""The actions of a job."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.processing.job.state import Batch
from workbench.processing.job.task import Failure, Task


@dataclass(frozen=True)
class Send:
    """Give a batch to the workers."""

    batch: Batch


@dataclass(frozen=True)
class Recall:
    """Take a batch back from the workers; its later results are ignored."""

    number: int


@dataclass(frozen=True)
class Kill:
    """Kill a worker process; it is started again."""

    worker: str
    pid: int


@dataclass(frozen=True)
class Deliver:
    """Deliver the value of a task that has ended."""

    task: Task
    packed: bytes


@dataclass(frozen=True)
class Fail:
    """Report that a task failed."""

    task: Task
    failure: Failure


Action = Send | Recall | Kill | Deliver | Fail
