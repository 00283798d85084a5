"""A job of this process or of another one, with the interface of a job of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.processing.job.task import Failure, Progress

if TYPE_CHECKING:
    from workbench.session.jobs.queue import JobQueue
    from workbench.session.jobs.queued_job import QueuedJob


class FollowedJob:
    """One job of the queue, with its progress and the methods to pause and cancel it."""

    def __init__(self, queue: JobQueue, job: QueuedJob) -> None:
        self._queue, self._job = queue, job

    @property
    def title(self) -> str:
        return self._job.title

    @property
    def progress(self) -> Progress:
        """The last progress that the owner of the job has recorded."""
        known: dict[str, Any] = self._job.progress or {}
        status, note = self._job.status, known.get("note")
        state = known.get("state", status) if status == "running" else status
        if status == "queued":
            note = "It starts when there is room."
        if self._job.error:
            note = self._job.error["message"]
        return Progress(**known | {"state": state, "note": note, "current": tuple(known.get("current", ()))})

    @property
    def failed(self) -> list[Failure]:
        """The failures so far; the first ones only while it runs in another process."""
        return [Failure(**failure) for failure in self._job.failures]

    def done(self) -> bool:
        """Return whether it has ended."""
        return self._job.has_ended

    def cancel(self) -> None:
        self._queue.cancel(self._job)

    def pause(self) -> None:
        self._queue.pause(self._job)

    def resume(self) -> None:
        self._queue.resume_job(self._job)
