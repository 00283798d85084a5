"""The queue of jobs: a few run, some wait, further ones are refused; after a restart, unfinished jobs continue.

Several processes may have one library open. Each does its own jobs and sees those of the others. While a server runs,
it does the jobs that are requested, and continues the jobs of processes that have ended.
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
from workbench.session.jobs.kinds import KINDS
from workbench.session.jobs.queued_job import OWN, QueuedJob

MAX_RUNNING = 4  # they share the same workers, so more would only slow each other down
MAX_WAITING = 32  # set by hand: beyond that, clients are told to try again later
KEPT = 500  # finished jobs that clients can still request
LOOK_EVERY_S = 1.0  # set by hand: the delay until this process sees changes of other processes' jobs
OWN_WAIT_S = 5.0  # cancelled files get two seconds to end, and their workers three to be killed
LOST = {"error": "ended", "message": "The program that did it has ended. What was done is saved."}
INTERNAL = {
    "error": "internal",
    "message": "An unexpected error ended the job; the server's log has the details.",
}

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.store.library.library import Library
    from workbench.store.library.records import JobRecord

Start = Callable[[str, dict[str, Any]], "Job[Any]"]

_log = logging.getLogger(__name__)


class JobQueue(Verbs):
    """Runs jobs in the order in which they come, on threads that mostly wait for the workers.

    Parameters
    ----------
    start : callable
        ``start(kind, request) -> job``. Runs on a thread of the queue.
    library : Library
        Keeps the jobs, so that other processes see them and continue them if this one ends.
    server_runs : callable
        Returns whether another process, the server, does the jobs that are requested here.
    """

    def __init__(
        self,
        start: Start,
        library: Library,
        *,
        max_running: int = MAX_RUNNING,
        max_waiting: int = MAX_WAITING,
        look_every_s: float = LOOK_EVERY_S,
        server_runs: Callable[[], bool] = lambda: False,
    ) -> None:
        self._start = start
        self._server_runs = server_runs
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
        """Continue the jobs whose owners have ended, now and later; return how many there are now."""
        adopted = self._adopt(self._records.unfinished())
        self._adopts = True
        return adopted

    def submit(self, kind: str, request: dict[str, Any]) -> QueuedJob:
        """Queue a job and return at once. If the same request is queued or running already, return that job.

        Raises
        ------
        QueueFullError
            ``max_waiting`` jobs wait already.
        """
        job = QueuedJob(kind, request, title=KINDS[kind].title(request))
        if known := self._same(kind, request):
            return known
        with self._lock:
            full = len(self._waiting) >= self._max_waiting
        if full or self._parked:
            raise QueueFullError(
                f"{self._max_waiting} jobs are waiting already. Try again when some have ended."
            )
        if self._server_runs():
            self._records.save(job.id, kind=kind, status=job.status, payload=job.payload())
            with self._lock:
                self._jobs[job.id] = job
            return job
        self._save(job)
        self._admit(job)
        return job

    def announce(self, running: Job[Any]) -> None:
        """Add a job that this session runs for itself to the queue, with its progress."""
        job = QueuedJob(OWN, None, id=running.id, status="running", running=running, title=running.title)
        thread = threading.Thread(target=self._run, args=(job,), name=f"job-{job.id[:8]}", daemon=True)
        with self._lock:
            if threading.current_thread() in self._running.values():
                return  # it was requested, so it is in the queue already
            self._jobs[job.id], self._running[job] = job, thread
            self._forget_old()
        try:
            self._save(job)
        except StoreError as error:
            _log.warning("A job is missing in the list of jobs: %s", error)
        thread.start()

    def unfinished(self, *kinds: str) -> list[QueuedJob]:
        """Return the jobs of these kinds, in any process, that have not ended, oldest first."""
        found = [record for record in self._records.unfinished() if record.kind in kinds]
        return [job for record in found if (job := self.get(record.id)) is not None]

    def get(self, job_id: str) -> QueuedJob | None:
        """Return a job of this process, of another one or of an earlier one, or ``None``."""
        job = self._jobs.get(job_id)
        if job is None and (record := self._records.get(job_id)) is not None:
            job = QueuedJob.from_record(record)
            if not job.has_ended:  # from now on, it is updated with the others
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

    def pause(self, job: QueuedJob) -> None:
        """Send no more of a job's tasks to workers until :meth:`resume_job`."""
        self._wish(job, "pause")

    def resume_job(self, job: QueuedJob) -> None:
        """Resume a paused job."""
        self._wish(job, "resume")

    def newest_first(self) -> list[QueuedJob]:
        """Return the jobs since this process started, without those that ended long ago."""
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
            running = dict(self._running)
            left = [job for job in (*self._waiting, *running) if job.request is not None]
            self._waiting.clear()
        for job in running:
            job.look()
            if job.running is not None:
                job.running.cancel()
        for job, thread in running.items():
            thread.join(OWN_WAIT_S if job.request is None else None)
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
        """Save the progress of our jobs for the other processes, and read theirs."""
        ours = self._ours()
        for job in ours.values():
            job.look()
            if not job.has_ended and not self._save(job):  # another process has claimed it
                self.cancel(job)
        records = self._records.unfinished()
        for record in records:
            if mine := ours.get(record.id):
                self._obey(mine, record)
        theirs = {record.id: record for record in records if record.owner != self._owner.name}
        self._show(theirs)
        if self._adopts:
            self._adopt(theirs.values())

    def _obey(self, job: QueuedJob, record: JobRecord) -> None:
        """Fulfill the request of another process to cancel, pause or resume a job."""
        if record.status == "cancelling" and job.status != "cancelling":
            self.cancel(job)
        if record.wish and job.running is not None:
            self._wish(job, record.wish)
            self._records.grant(record)

    def _wish(self, job: QueuedJob, wish: str) -> None:
        running = job.running
        if running is None:
            self._records.ask(job.id, wish)
        elif wish == "pause":
            running.pause()
        else:
            running.resume()

    def _same(self, kind: str, request: dict[str, Any]) -> QueuedJob | None:
        """Return the job with the same request that waits or runs in any process, or ``None``."""
        for record in self._records.unfinished():
            if (record.kind, record.payload.get("request")) == (
                kind,
                request,
            ) and record.status != "cancelling":
                return self.get(record.id)
        return None

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
            elif job.request is None:
                job.error = dict(LOST)
                self._finish(job, "failed")
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
        """Start waiting jobs while fewer than ``max_running`` run. The caller holds the lock."""
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
            started = job.running or self._start(job.kind, job.request or {})
            with self._lock:
                job.running = started
                job.can_pause = started.can_pause
                unwanted = self._parked or job.status == "cancelling"
            if unwanted:
                started.cancel()
            elif job.paused:
                started.pause()
            job.result = _as_dict(started.result())
            status = "done"
        except CancelledError:
            status = "cancelled"
            job.result = _as_dict(job.running.report()) if job.running is not None else None
        except WorkbenchError as error:
            status, job.error = "failed", {"error": error.kind, "message": error.message}
        except Exception as error:  # noqa: BLE001 - logged; the queue must go on with the next job
            status, job.error = "failed", dict(INTERNAL)
            if job.request is None:  # the caller gets the error itself
                job.error["message"] = f"{type(error).__name__}: {error}"
            else:
                _log.exception("Job %s failed", job.id)
        job.let_go()
        if not self._parked or status == "done" or job.request is None:
            self._finish(job, status)
        with self._lock:
            self._running.pop(job, None)
            self._fill()

    def _save(self, job: QueuedJob) -> bool:
        """Save the progress of our job; return ``False`` if another process has claimed it."""
        return self._records.save(
            job.id, kind=job.kind, status=job.status, payload=job.payload(), owner=self._owner.name
        )

    def _finish(self, job: QueuedJob, status: str) -> None:
        job.status, job.updated_at = status, time.time()
        try:
            self._save(job)
        except StoreError as error:  # the tracks are saved; only this record of the progress is lost
            _log.warning("The end of job %s was not recorded: %s", job.id, error)

    def _release(self, jobs: Iterable[QueuedJob]) -> None:
        """Leave unfinished jobs to the next process now; otherwise it would take them only after this one has ended."""
        try:
            for job in jobs:
                job.last_progress = None
                if not job.has_ended and self._save(job):
                    self._records.release(job.id, owner=self._owner.name)
        except StoreError as error:
            _log.warning("Unfinished jobs were not released: %s", error)


def _as_dict(result: Any) -> dict[str, Any] | None:
    return None if result is None else dict(result.to_dict())
