"""Run a job that is a single call and not a call for each file: a layout, a training, a benchmark."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Generic, TypeVar

from workbench.errors import CancelledError
from workbench.processing.job import events
from workbench.processing.job.task import Failure, Progress

V = TypeVar("V")


class Steps:
    """The argument of the call, by which it reports its progress and finds out that it must end."""

    def __init__(self) -> None:
        self.done = self.total = 0
        self.note: str | None = None
        self.cancelled = threading.Event()
        self.on_step: Callable[[], None] = lambda: None
        self.on_cancel: Callable[[], None] = lambda: None

    def __call__(self, done: int, total: int, note: str | None = None) -> None:
        """Report the progress of the call.

        Raises
        ------
        CancelledError
            The call must end.
        """
        self.done, self.total, self.note = done, total, note
        self.on_step()
        self.check()

    def check(self) -> None:
        """Raise ``CancelledError`` if the call must end."""
        if self.cancelled.is_set():
            raise CancelledError("The job was cancelled.")


class SingleCall(Generic[V]):
    """Calls a function on the thread of a :class:`~workbench.processing.job.job.Job`; it cannot be paused.

    Parameters
    ----------
    call : callable
        ``call(steps) -> value``
    unit : str
        Name of its steps.
    """

    can_pause = False

    def __init__(self, call: Callable[[Steps], V], *, unit: str = "step") -> None:
        self.job_id = uuid.uuid4().hex
        self.failed: list[Failure] = []
        self.phase = "running"
        self.value: V | None = None
        self._call, self._unit = call, unit
        self._steps = Steps()
        self._started = time.monotonic()

    def post(self, event: events.Event) -> None:
        """End the call if the event is :class:`Cancelled`."""
        if isinstance(event, events.Cancelled):
            self.phase = "cancelling"
            self._steps.cancelled.set()
            self._steps.on_cancel()

    def progress(self, state: str) -> Progress:
        """Return the progress of the call; the remaining time is estimated from the mean time of the steps so far."""
        done, total = self._steps.done, self._steps.total
        elapsed_s = time.monotonic() - self._started
        rate = done / elapsed_s if elapsed_s else 0.0
        return Progress(
            total=total,
            done=total if state == "done" else done,
            elapsed_s=elapsed_s,
            rate=rate,
            eta_s=(total - done) / rate if rate else None,
            state=state,
            note=self._steps.note,
            scanning=False,
            unit=self._unit,
        )

    def run(self, on_progress: Callable[[], None]) -> None:
        """Call the function.

        Raises
        ------
        CancelledError
            The job was cancelled.
        """
        self._steps.on_step = on_progress
        self._steps.check()
        self.value = self._call(self._steps)
        self._steps.check()
