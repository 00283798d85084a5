"""Analyses requested over HTTP: a few run, some wait, more are refused; a restart resumes the unfinished ones."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.cards.verbs import Verbs
from workbench.errors import CancelledError, QueueFullError, StoreError, WorkbenchError

MAX_RUNNING = 4  # they share the same workers, so more would only slow each other down
MAX_WAITING = 32  # set by hand: beyond that, clients are told to try again later
KEPT = 500  # finished jobs that can still be asked for
ENDED = frozenset({"done", "failed", "cancelled"})
UNFINISHED = ("queued", "running", "cancelling")

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.session.jobs.report import Report
    from workbench.store.library.library import Library

Start = Callable[[dict[str, Any]], "Job[Report]"]

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class QueuedJob:
    """A requested job: waiting, running in :attr:`running`, or ended and still known."""

    kind: str
    request: dict[str, Any]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: str = "queued"
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    result: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    running: Job[Report] | None = None
    last_progress: dict[str, Any] | None = None

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    def let_go(self) -> None:
        """Keep the facts that clients may still ask for, and release the job."""
        if self.running is not None:
            self.last_progress, self.running = self.running.progress.to_dict(), None

    def to_dict(self) -> dict[str, Any]:
        """Return the job as clients see it."""
        running = self.running
        progress = self.last_progress if running is None else running.progress.to_dict()
        return {
            "id": self.id,
            "kind": self.kind,
            "status": self.status,
            "request": self.request,
            "progress": progress,
            "result": self.result,
            "error": self.error,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class JobQueue(Verbs):
    """Runs jobs in the order in which they come, on threads that mostly wait for the workers.

    Parameters
    ----------
    start : callable
        ``start(request) -> job``. Runs on a thread of the queue.
    library : Library
        Keeps the jobs, so that a restart resumes those that had not ended.
    """

    def __init__(
        self,
        start: Start,
        library: Library,
        *,
        max_running: int = MAX_RUNNING,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._start = start
        self._library = library
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._waiting: deque[QueuedJob] = deque()
        self._running: dict[QueuedJob, threading.Thread] = {}
        self._jobs: dict[str, QueuedJob] = {}
        self._lock = threading.Lock()
        self._parked = False

    def resume(self) -> int:
        """Continue the jobs that an earlier server left unfinished; return how many."""
        unfinished = [
            record for status in UNFINISHED for record in self._library.activity.jobs(status=status)
        ]
        for record in sorted(unfinished, key=lambda record: record.created_at):
            request = dict(record.payload["request"])
            self._admit(QueuedJob(record.kind, request, id=record.id, created_at=record.created_at))
        return len(unfinished)

    def submit(self, kind: str, request: dict[str, Any]) -> QueuedJob:
        """Queue a job and return at once. If the same request is queued or running already, return that job.

        Raises
        ------
        QueueFullError
            ``max_waiting`` jobs wait already.
        """
        job = QueuedJob(kind, request)
        with self._lock:
            for known in self._jobs.values():
                if known.request == request and known.status in ("queued", "running"):
                    return known
            full = len(self._waiting) >= self._max_waiting
        if full or self._parked:
            raise QueueFullError(
                f"{self._max_waiting} jobs are waiting already. Try again when some have ended."
            )
        self._save(job)
        self._admit(job)
        return job

    def get(self, job_id: str) -> QueuedJob | None:
        """Return a job of this server, or an ended one of an earlier server, or ``None``."""
        job = self._jobs.get(job_id)
        if job is None and (record := self._library.activity.job(job_id)) is not None:
            job = QueuedJob(
                record.kind,
                dict(record.payload["request"]),
                id=record.id,
                status=record.status,
                created_at=record.created_at,
                updated_at=record.updated_at,
                result=record.payload["result"],
                error=record.payload["error"],
            )
        return job

    def cancel(self, job: QueuedJob) -> None:
        """Stop a waiting or running job; do nothing if it has ended."""
        with self._lock:
            waiting, running = job in self._waiting, job.running
            if waiting:
                self._waiting.remove(job)
            elif job.status not in ENDED:
                job.status = "cancelling"  # if it has not started yet, this stops it when it starts
        if waiting:
            self._finish(job, "cancelled")
        elif running is not None:
            running.cancel()

    def newest_first(self) -> list[QueuedJob]:
        """Return the jobs since this server started, without those that ended long ago."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.created_at, reverse=True)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return {"running": len(self._running), "waiting": len(self._waiting)}

    def close(self) -> None:
        """Stop; jobs that have not ended stay in the library for the next server. Finished tracks are saved."""
        with self._lock:
            self._parked = True
            self._waiting.clear()
            running = [(job.running, thread) for job, thread in self._running.items()]
        for active, _ in running:
            if active is not None:
                active.cancel()
        for _, thread in running:
            thread.join()

    def _admit(self, job: QueuedJob) -> None:
        with self._lock:
            self._jobs[job.id] = job
            self._waiting.append(job)
            self._forget_old()
            self._fill()

    def _fill(self) -> None:
        """Start waiting jobs while there is room. Holds the lock."""
        while self._waiting and len(self._running) < self._max_running and not self._parked:
            job = self._waiting.popleft()
            thread = threading.Thread(target=self._run, args=(job,), name=f"job-{job.id[:8]}", daemon=True)
            self._running[job] = thread
            job.status, job.updated_at = "running", time.time()
            thread.start()

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.status in ENDED]
        for job in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[job.id]

    def _run(self, job: QueuedJob) -> None:
        try:
            started = self._start(job.request)
            with self._lock:
                job.running = started
                unwanted = self._parked or job.status == "cancelling"
            if unwanted:
                started.cancel()
            job.result = started.result().to_dict()
            status = "done"
        except CancelledError:
            status = "cancelled"
            job.result = job.running.report().to_dict() if job.running is not None else None
        except WorkbenchError as error:
            status, job.error = "failed", {"error": error.kind, "message": error.message}
        except Exception:  # noqa: BLE001 - logged; the queue must go on with the next job
            _log.exception("Job %s failed", job.id)
            status, job.error = (
                "failed",
                {
                    "error": "internal",
                    "message": "An unexpected error ended the job; the server's log has the details.",
                },
            )
        job.let_go()
        if not self._parked or status == "done":
            self._finish(job, status)
        with self._lock:
            self._running.pop(job, None)
            self._fill()

    def _save(self, job: QueuedJob) -> None:
        payload = {"request": job.request, "result": job.result, "error": job.error}
        self._library.activity.save_job(job.id, kind=job.kind, status=job.status, payload=payload)

    def _finish(self, job: QueuedJob, status: str) -> None:
        job.status, job.updated_at = status, time.time()
        try:
            self._save(job)
        except StoreError as error:  # the tracks are saved; only this note is lost
            _log.warning("The end of job %s was not recorded: %s", job.id, error)
