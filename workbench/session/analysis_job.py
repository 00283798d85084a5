"""An analysis under way, as a session hands it out."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from workbench.processing.job.job import Failure, Job, Progress
    from workbench.session.ingest import Report


class Run(Protocol):
    """What a job works through: it knows what failed and can tell what has been done so far."""

    failed: list[Failure]

    def report(self, workers: int) -> Report: ...


class AnalysisJob:
    """An analysis under way: a processing job that ends in a :class:`~workbench.session.ingest.Report`."""

    def __init__(self, job: Job, run: Run, workers: int) -> None:
        self.job = job
        self._run = run
        self._workers = workers

    @property
    def id(self) -> str:
        return self.job.id

    @property
    def progress(self) -> Progress:
        return self.job.progress

    @property
    def failed(self) -> list[Failure]:
        """Files that could not be analyzed, with path, reason and kind."""
        return list(self._run.failed)

    def result(self, timeout: float | None = None) -> Report:
        """Wait for the end and report.

        Raises
        ------
        TimeoutError
            Not done within ``timeout`` seconds; the job goes on.
        SchedulerError
            The cluster was lost; a new run continues where this one ended.
        CancelledError
            The job was cancelled; what was done is saved.
        """
        self.job.result(timeout)
        return self.report()

    def report(self) -> Report:
        """Report what has been done so far, without waiting."""
        return self._run.report(self._workers)

    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.job.done()

    def subscribe(self, callback: Callable[[Progress], None]) -> Callable[[], None]:
        """Call ``callback(progress)`` on the job's thread as it goes on; returns what ends that."""
        return self.job.subscribe(callback)

    def cancel(self) -> None:
        """Stop; finished tracks stay saved."""
        self.job.cancel()

    def pause(self) -> None:
        self.job.pause()

    def resume(self) -> None:
        self.job.resume()

    def __await__(self) -> Generator[Any, None, Report]:
        return self._wait().__await__()

    async def _wait(self) -> Report:
        await self.job
        return self.report()
