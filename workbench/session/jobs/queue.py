"""Analyses requested over HTTP: a few run, some wait, more are refused; a restart resumes the unfinished ones.

Several processes may have one library open. Each does its own jobs, sees those of the others, and continues the jobs
of a process that has ended.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.cards.verbs import Verbs
from workbench.errors import CancelledError, QueueFullError, StoreError, WorkbenchError
from workbench.session.jobs.job_owner import JobOwner
from workbench.session.jobs.queued_job import QueuedJob

MAX_RUNNING = 4  # they share the same workers, so more would only slow each other down
MAX_WAITING = 32  # set by hand: beyond that, clients are told to try again later
KEPT = 500  # finished jobs that can still be asked for
LOOK_EVERY_S = 1.0  # set by hand: how late this process learns what the others do with their jobs

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.session.jobs.report import Report
    from workbench.store.library.library import Library
    from workbench.store.library.records import JobRecord

Start = Callable[[dict[str, Any]], "Job[Report]"]

_log = logging.getLogger(__name__)


class JobQueue(Verbs):
    """Runs jobs in the order in which they come, on threads that mostly wait for the workers.

    Parameters
    ----------
    start : callable
        ``start(request) -> job``. Runs on a thread of the queue.
    library : Library
        Keeps the jobs, so that other processes see them and continue them if this one ends.
    """

    def __init__(
        self,
        start: Start,
        library: Library,
        *,
        max_running: int = MAX_RUNNING,
        max_waiting: int = MAX_WAITING,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._start = start
        self._records = library.jobs
        self._owner = JobOwner(library.jobs)
        self._max_running = max_running
        self._max_waiting = max_waiting
        self._look_every_s = look_every_s
        self._waiting: deque[QueuedJob] = deque()
        self._running: dict[QueuedJob, threading.Thread] = {}
        self._jobs: dict[str, QueuedJob] = {}
        self._lock = threading.Lock()
        self._parked = False
        self._adopts = False
        self._stop = threading.Event()
        self._looker = threading.Thread(target=self._look_again, name="job-queue", daemon=True)
        self._looker.start()

    def resume(self) -> int:
        """Continue the jobs whose owners have ended, now and from now on; return how many there are now."""
        self._adopts = True
        return self._adopt(self._records.unfinished())

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
        """Return a job of this process or of another one, also of an earlier one, or ``None``."""
        job = self._jobs.get(job_id)
        if job is None and (record := self._records.get(job_id)) is not None:
            job = QueuedJob.from_record(record)
            if not job.has_ended:  # from now on, it is looked at with the others
                with self._lock:
                    job = self._jobs.setdefault(job_id, job)
        return job

    def cancel(self, job: QueuedJob) -> None:
        """Stop a waiting or running job; do nothing if it has ended. Another process does so within a second."""
        with self._lock:
            waiting, running = job in self._waiting, job.running
            ours = waiting or job in self._running
            if waiting:
                self._waiting.remove(job)
            elif not job.has_ended:
                job.status = "cancelling"  # if it has not started yet, this stops it when it starts
        if waiting:
            self._finish(job, "cancelled")
        elif running is not None:
            running.cancel()
        elif not ours and not job.has_ended:
            self._records.ask_to_cancel(job.id)

    def newest_first(self) -> list[QueuedJob]:
        """Return the jobs since this server started, without those that ended long ago."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.created_at, reverse=True)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return {"running": len(self._running), "waiting": len(self._waiting)}

    def close(self) -> None:
        """Stop; jobs that have not ended stay in the library for the next server. Finished tracks are saved."""
        self._stop.set()
        self._looker.join()
        with self._lock:
            self._parked = True
            left = [*self._waiting, *self._running]
            self._waiting.clear()
            running = [(job.running, thread) for job, thread in self._running.items()]
        for active, _ in running:
            if active is not None:
                active.cancel()
        for _, thread in running:
            thread.join()
        self._release(left)

    def _look_again(self) -> None:
        while not self._stop.wait(self._look_every_s):
            try:
                self._look()
            except StoreError as error:
                _log.info("The jobs could not be looked at: %s", error)
            except Exception:  # noqa: BLE001 - logged; this thread must go on for the next second
                _log.exception("The jobs could not be looked at")

    def _look(self) -> None:
        """Tell the other processes about our jobs, and learn about theirs."""
        ours = self._ours()
        for job in ours.values():
            if not job.has_ended and not self._save(job):  # it was taken for dead, and its job was claimed
                self.cancel(job)
        records = self._records.unfinished()
        for record in records:
            if (
                (mine := ours.get(record.id))
                and record.status == "cancelling"
                and mine.status != "cancelling"
            ):
                self.cancel(mine)
        theirs = {record.id: record for record in records if record.owner != self._owner.name}
        self._show(theirs)
        if self._adopts:
            self._adopt(theirs.values())

    def _ours(self) -> dict[str, QueuedJob]:
        with self._lock:
            return {job.id: job for job in (*self._waiting, *self._running)}

    def _show(self, theirs: Mapping[str, JobRecord]) -> None:
        """Keep the jobs of other processes up to date here; ``theirs`` are those that have not ended."""
        with self._lock:
            for record in theirs.values():
                self._jobs.setdefault(record.id, QueuedJob.from_record(record))
            followed = [
                job
                for job in self._jobs.values()
                if job not in self._waiting
                and job not in self._running
                and (job.id in theirs or not job.has_ended)
            ]
        for job in followed:
            if found := theirs.get(job.id) or self._records.get(job.id):
                job.read(found)

    def _adopt(self, records: Iterable[JobRecord]) -> int:
        adopted = self._owner.adopt(records)
        for record in adopted:
            job = self._jobs.get(record.id) or QueuedJob.from_record(record)
            if record.status == "cancelling":
                self._finish(job, "cancelled")
            else:
                job.status = "queued"
                self._admit(job)
        return len(adopted)

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
        ended = [job for job in self._jobs.values() if job.has_ended]
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

    def _save(self, job: QueuedJob) -> bool:
        """Write how far our job is; return ``False`` if another process has claimed it."""
        return self._records.save(
            job.id, kind=job.kind, status=job.status, payload=job.payload(), owner=self._owner.name
        )

    def _finish(self, job: QueuedJob, status: str) -> None:
        job.status, job.updated_at = status, time.time()
        try:
            self._save(job)
        except StoreError as error:  # the tracks are saved; only this note is lost
            _log.warning("The end of job %s was not recorded: %s", job.id, error)

    def _release(self, jobs: Iterable[QueuedJob]) -> None:
        """Leave jobs that have not ended to the next process; without this, it takes them when this one has ended."""
        try:
            for job in jobs:
                if not job.has_ended and self._save(job):
                    self._records.release(job.id, owner=self._owner.name)
        except StoreError as error:
            _log.warning("Unfinished jobs were not released: %s", error)
