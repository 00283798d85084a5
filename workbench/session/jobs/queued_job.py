"""A job in the list of jobs: it waits, runs, or has ended and is still known."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

ENDED = frozenset({"done", "failed", "cancelled"})

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.store.library.records import JobRecord


FAILURES = 50  # reported each second while a job runs; the result has all of them
OWN = "session"  # the kind of a job that a session runs for itself


@dataclass(eq=False)
class QueuedJob:
    """A job of this process (while it runs, :attr:`running` is set) or of another one.

    ``request`` is ``None`` for a job that a session runs for itself; no other process can continue it.
    """

    kind: str
    request: dict[str, Any] | None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: str = "queued"
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    result: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    running: Job[Any] | None = None
    last_progress: dict[str, Any] | None = None
    last_failures: list[dict[str, str]] = field(default_factory=list)
    title: str = ""
    paused: bool = False
    can_pause: bool = True

    @classmethod
    def from_record(cls, record: JobRecord) -> Self:
        """Return a job that was read from the library."""
        job = cls(record.kind, record.payload.get("request"), id=record.id, created_at=record.created_at)
        job.read(record)
        return job

    def read(self, record: JobRecord) -> None:
        """Update this job from its record in the library."""
        self.status, self.updated_at = record.status, record.updated_at
        self.result, self.error = record.payload.get("result"), record.payload.get("error")
        self.last_progress = record.payload.get("progress")
        self.last_failures = record.payload.get("failures", [])
        self.title = record.payload.get("title", "")
        self.paused = record.payload.get("paused", False)
        self.can_pause = record.payload.get("can_pause", True)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def progress(self) -> dict[str, Any] | None:
        running = self.running
        return self.last_progress if running is None else running.progress.to_dict()

    @property
    def failures(self) -> list[dict[str, str]]:
        """Files that failed: all of them at the end, the first ones before."""
        if self.result and "failed" in self.result:
            return list(self.result["failed"])
        running = self.running
        if running is None:
            return self.last_failures
        return [failure.to_dict() for failure in running.failed[:FAILURES]]

    def look(self) -> None:
        """Note whether the job is paused, so that it is still paused after a restart."""
        if self.running is None:
            return
        self.can_pause = self.running.can_pause
        if self.running.state in ("running", "paused"):
            self.paused = self.running.state == "paused"

    def let_go(self) -> None:
        """Keep the facts that clients may still request, and release the job."""
        if self.running is not None:
            self.last_failures = self.failures
            self.last_progress, self.running = self.running.progress.to_dict(), None

    def payload(self) -> dict[str, Any]:
        """Return the values that the library keeps of this job besides its kind and status."""
        return {
            "title": self.title,
            "request": self.request,
            "progress": self.progress,
            "paused": self.paused,
            "can_pause": self.can_pause,
            "failures": [] if self.has_ended else self.failures,
            "result": self.result,
            "error": self.error,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the job as clients see it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "status": self.status,
            **self.payload(),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }
