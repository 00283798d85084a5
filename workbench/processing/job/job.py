"""A running job, which its caller can wait for, follow, pause and cancel."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from workbench.errors import CancelledError
from workbench.processing.job import events
from workbench.processing.job.job_card import failure_rows, job_card
from workbench.processing.job.progress_words import describe, done_of
from workbench.processing.job.task import Failure, Progress

if TYPE_CHECKING:
    from workbench.processing.job.live_card import LiveCard

PUBLISH_EVERY_S = 0.1  # set by hand, so that a bar moves smoothly
INTERRUPT_GRACE_S = 4.0  # twice the time of cancelling, and Ctrl-C still ends within 5 s

R = TypeVar("R")

logger = logging.getLogger(__name__)


class Loop(Protocol):
    """The interface of an object that does the work of a job, on the thread that calls ``run``."""

    job_id: str
    failed: list[Failure]
    can_pause: bool

    @property
    def phase(self) -> str: ...
    def post(self, event: events.Event) -> None: ...
    def progress(self, state: str) -> Progress: ...
    def run(self, on_progress: Callable[[], None]) -> None: ...


def _unchanged(progress: Progress) -> Progress:
    return progress


class Job(Generic[R]):
    """A job: work that runs without blocking the caller. It starts at once.

    Use ``await`` or :meth:`result` for its result.

    Parameters
    ----------
    loop : JobLoop or SingleCall
        Does the work, on a thread of this job.
    report : callable
        ``report(progress) -> result`` returns a report of the work so far, which at the end is the result of the job.
        By default, the progress itself.
    title : str
        A short name of the work.
    announce : callable, optional
        Called with the job just before it starts.
    """

    def __init__(
        self,
        loop: Loop,
        report: Callable[[Progress], R] = _unchanged,  # type: ignore[assignment]  # TypeVar defaults need Python 3.13
        *,
        title: str = "Analysis",
        announce: Callable[[Job[R]], None] | None = None,
    ) -> None:
        self.id = loop.job_id
        self.title = title
        self.error: BaseException | None = None
        self._loop = loop
        self._report = report
        self._subscribers: list[Callable[[Progress], None]] = []
        self._published_at = float("-inf")
        self._finished = threading.Event()
        self._final: Progress | None = None
        self._ended_as: str | None = None
        self._live: LiveCard | None = None
        if announce is not None:
            announce(self)
        threading.Thread(target=self._run, name=f"workbench-job-{self.id[:8]}", daemon=True).start()

    @property
    def failed(self) -> list[Failure]:
        """Files that failed so far, with path, reason and kind."""
        return failure_rows(self._loop.failed)

    @property
    def state(self) -> str:
        """The state: running, paused, cancelling, done, cancelled or failed."""
        return self._ended_as or self._loop.phase

    @property
    def progress(self) -> Progress:
        """The current progress."""
        return self._final or self._loop.progress(self.state)

    def __repr__(self) -> str:
        now = self.progress
        said = ", ".join(filter(None, [f"{self.title} {self.state}: {done_of(now)}", describe(now)]))
        return said if self.error is None else f"{said}\n{self.error}"

    def _repr_html_(self) -> str:
        return job_card(self.title, self.progress, self.failed, self.error, ended=self.done())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return a live card in a notebook that a person uses; elsewhere, ``_repr_html_`` is shown."""
        from workbench.processing.job.notebook import somebody_watches

        return {} if self.done() or not somebody_watches() else self.live_card().mime_bundle()

    def live_card(self) -> LiveCard:
        """Return the live card of this job, with buttons to pause and to cancel it."""
        from workbench.processing.job.live_card import LiveCard

        if self._live is None:
            self._live = LiveCard(self)
        return self._live

    @property
    def can_pause(self) -> bool:
        """Whether the job can be paused. A job that is a single call cannot."""
        return self._loop.can_pause

    def done(self) -> bool:
        """Whether the job is done, cancelled or failed."""
        return self._finished.is_set()

    def cancel(self) -> None:
        """Cancel the job. Running tasks have two seconds to end and be saved; then their workers are killed."""
        self._loop.post(events.Cancelled())

    def pause(self) -> None:
        """Send no more tasks until :meth:`resume`. Tasks that were sent are finished."""
        self._loop.post(events.Paused())

    def resume(self) -> None:
        self._loop.post(events.Resumed())

    def report(self) -> R:
        """Return the report of the work so far, without waiting."""
        return self._report(self.progress)

    def result(self, timeout: float | None = None) -> R:
        """Wait for the end and return the report. Ctrl-C cancels the job, then raises.

        Raises
        ------
        CancelledError
            The job was cancelled.
        TimeoutError
            The job has not ended within ``timeout`` seconds. It continues.
        WorkbenchError
            The error that made the job fail. Files that failed do not raise an error: see ``failed``.
        """
        try:
            ended = self._finished.wait(timeout)
        except KeyboardInterrupt:
            self.cancel()
            self._finished.wait(INTERRUPT_GRACE_S)
            raise
        if not ended:
            raise TimeoutError(f"The job has not ended within {timeout:g} s.")
        return self._outcome()

    def __await__(self) -> Generator[Any, None, R]:
        return self._wait().__await__()

    def subscribe(self, callback: Callable[[Progress], None]) -> Callable[[], None]:
        """Call ``callback(progress)`` on the thread of the job, ten times a second at most and once at the end.

        Returns
        -------
        callable
            Ends the subscription. A second call does nothing.
        """
        self._subscribers.append(callback)
        if self._final is not None:
            callback(self._final)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._subscribers.remove(callback)

        return unsubscribe

    async def _wait(self) -> R:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def notice(progress: Progress) -> None:
            if progress.state in ("done", "cancelled", "failed"):
                with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
                    loop.call_soon_threadsafe(ended.set)

        unsubscribe = self.subscribe(notice)
        try:
            await ended.wait()
        except asyncio.CancelledError:
            self.cancel()
            raise
        finally:
            unsubscribe()
        self._finished.wait()
        return self._outcome()

    def _outcome(self) -> R:
        if self.error is not None:
            raise self.error
        if self.state == "cancelled":
            raise CancelledError("The job was cancelled. What was done is saved; run again to continue.")
        return self.report()

    def _run(self) -> None:
        try:
            self._loop.run(self._publish)
        except BaseException as error:  # noqa: BLE001 - result() raises it in the thread that waits
            self.error = None if isinstance(error, CancelledError) else error
        cancelled = self._loop.phase == "cancelling"
        self._ended_as = "failed" if self.error else "cancelled" if cancelled else "done"
        self._final = self._loop.progress(self._ended_as)
        self._publish(final=True)  # before waiting ends, so that a bar is full when result() returns
        self._finished.set()

    def _publish(self, *, final: bool = False) -> None:
        now = time.monotonic()
        if not final and now - self._published_at < PUBLISH_EVERY_S:
            return
        self._published_at = now
        progress = self.progress
        for callback in list(self._subscribers):
            try:
                callback(progress)
            except Exception:
                logger.exception("A callback of job %s failed", self.id)
