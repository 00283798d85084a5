"""The loop of a job: it passes events to :func:`~workbench.processing.job.decide.decide` and carries out the actions.

One thread waits for all events on one queue: a task was found, a worker began a task, a batch ended, the user
cancelled. Dask's own threads only put events into that queue.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from workbench.errors import ProcessingError
from workbench.processing.cluster import admission
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.cluster.workers import TaskCall, Workers
from workbench.processing.job import actions, events
from workbench.processing.job.decide import CANCEL_GRACE_S, decide
from workbench.processing.job.progress_counter import ProgressCounter
from workbench.processing.job.state import JobState
from workbench.processing.job.task import Cached, Failure, Progress, Task
from workbench.processing.on_worker.batch import Outcome, unpack
from workbench.readable import counted

TICK_S = 1.0  # set by hand: new and lost workers are detected within this time; events end the wait at once
WINDOW = 512  # set by hand: the largest of this many tasks go first; more would take memory


class JobLoop:
    """Runs a job on the thread that calls :meth:`run`; ``post`` and ``progress`` are for any thread.

    Parameters
    ----------
    cluster : Cluster
        The job starts it when the first :class:`Task` appears.
    items : iterable of Task, Cached or Failure
        Read on a separate thread, a few hundred items ahead of the workers, so it may scan and hash files meanwhile.
        ``Cached`` and ``Failure`` are counted; a ``Failure`` is passed to ``on_failure`` with ``None`` as task. If the
        iterable raises an error, the job ends as failed after the files that were found before.
    call : TaskCall
        The call of the workers for each task.
    on_value : callable
        ``on_value(task, value) -> seconds of audio`` stores the value. It is called on the thread of the job, like
        ``on_failure(task, failure)``. If one of them raises an error, the job ends as failed at once. ``on_failure``
        may return other failures for the list, one for each file with the same content.

    Attributes
    ----------
    failed : list of Failure
        Files that failed so far.
    most_at_once : int
        The largest number of batches that ran at the same time, which is the number of workers that this job really
        had.
    """

    can_pause = True

    def __init__(
        self,
        cluster: Cluster,
        items: Iterable[Task | Cached | Failure],
        call: TaskCall,
        *,
        on_value: Callable[[Task, Any], float],
        on_failure: Callable[[Task | None, Failure], Sequence[Failure] | None],
    ) -> None:
        self.job_id = uuid.uuid4().hex
        self.failed: list[Failure] = []
        self._cluster = cluster
        self._call = call
        self._on_value = on_value
        self._on_failure = on_failure
        self._on_progress: Callable[[], None] = lambda: None
        timeout_s = cluster.settings.analysis_timeout_seconds if call.timeout_s is None else call.timeout_s
        self._state = JobState(timeout_s)
        self._counter = ProgressCounter()
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._reader = ReadAhead(
            items,
            lambda item: self._queue.put(lambda: self._take_item(item)),
            lambda error: self._queue.put(lambda: self._end_scan(error)),
        )
        self._workers: Workers | None = None
        self._futures: dict[int, Any] = {}
        self._scan_error: BaseException | None = None
        self.most_at_once = 0

    @property
    def phase(self) -> str:
        """The phase: running, paused or cancelling."""
        return self._state.phase

    def post(self, event: events.Event) -> None:
        """Let the thread of the job handle an event."""
        self._queue.put(lambda: self._handle(event))

    def progress(self, state: str) -> Progress:
        in_flight = list(self._state.in_flight.values())
        current = tuple(batch.tasks[batch.index].path for batch in in_flight if batch.worker)
        return self._counter.progress(
            state=state, current=current, note=self._state.note, scanning=self._state.scanning
        )

    def run(self, on_progress: Callable[[], None]) -> None:
        """Run until every task has ended or the job is cancelled; call ``on_progress`` whenever a task ends.

        Raises
        ------
        BaseException
            Any exception of the iterable of tasks, ``on_value`` or ``on_failure``.
        SchedulerError, ProcessingError
            The cluster cannot be started, or has ended.
        """
        self._on_progress = on_progress
        self._cluster.listen(self.job_id, lambda message: self._queue.put(lambda: self._hear(message)))
        self._reader.start()
        try:
            while not self._state.complete:
                self._handle(self._look_for_room())
                self._on_progress()
                self._handle_queued()
                self._handle(events.TimePassed(self._fetching()))
        except ProcessingError as error:
            raise error.with_more(self._undone()) from error
        finally:
            self._cluster.unlisten(self.job_id)
            self._reader.stop(CANCEL_GRACE_S / 2)
            self._recall(list(self._futures))
        if self._scan_error is not None and self._state.cancel_by is None:
            raise self._scan_error
        if self._state.cancel_by is None and (undone := self._undone()):
            raise ProcessingError(f"The job ended early. {undone} Run again: what was done is saved.")

    def _undone(self) -> str:
        """Return a sentence about the files that were found but not processed; empty if all were."""
        now = self.progress("running")
        left = now.total - now.finished
        more = " More may be found." if now.scanning else ""
        return f"Not done yet: {left:,} of {counted(now.total, 'file')}.{more}" if left else ""

    def _handle_queued(self) -> None:
        try:
            self._queue.get(timeout=self._wait_s())()
            while True:
                self._queue.get_nowait()()
        except queue.Empty:
            return

    def _wait_s(self) -> float:
        longest = admission.RETRY_S if self._state.note else TICK_S
        return min(longest, max(0.0, self._state.next_deadline - time.monotonic()))

    def _handle(self, event: events.Event) -> None:
        for action in decide(self._state, event, time.monotonic()):
            self._do(action)
        self._counter.pause(on=self._state.phase == "paused")

    # What happens.

    def _take_item(self, item: Task | Cached | Failure) -> None:
        if isinstance(item, Task):
            self._counter.found(item)
            self._handle(events.TaskFound(item))
        elif isinstance(item, Cached):
            self._counter.found_cached(item.audio_seconds)
        else:
            self._counter.found_failed()
            self._fail(None, item)

    def _end_scan(self, error: BaseException | None) -> None:
        self._scan_error = error
        self._handle(events.ScanEnded())

    def _look_for_room(self) -> events.RoomSeen:
        """Count the workers; the first task starts or joins the cluster."""
        if self._workers is None and self._state.wants_workers:
            self._workers = Workers(self._cluster, self.job_id, self._call, self._state.timeout_s)
        if self._workers is None:
            return events.RoomSeen()
        self._workers.look()
        shortage = None
        if self._state.wants_workers and self._cluster.local:
            shortage = admission.why_wait(self._cluster.settings.memory_limit_percent)
        return events.RoomSeen(self._workers.slots, self._workers.shares_processes, shortage)

    def _hear(self, message: dict[str, Any]) -> None:
        if "removed" in message:
            if self._workers is not None:
                self._workers.look_soon()
            self._handle(events.WorkerRemoved(message["removed"], message["expected"], self._fetching()))
        else:
            self._handle(
                events.TaskBegan(
                    message["batch"],
                    message["index"],
                    worker=message["worker"],
                    pid=message["pid"],
                    threads=message["threads"],
                )
            )
            self._count_workers()

    def _count_workers(self) -> None:
        working = sum(
            batch.worker is not None and not batch.finished for batch in self._state.in_flight.values()
        )
        slots = self._workers.slots if self._workers is not None else 0
        self.most_at_once = max(self.most_at_once, min(working, slots))

    def _end_batch(self, number: int, ended: list[Outcome] | BaseException) -> None:
        future = self._futures.pop(number, None)
        if future is not None:
            self._handle(self._what_ended(number, future, ended))

    def _what_ended(self, number: int, future: Any, ended: list[Outcome] | BaseException) -> events.Event:
        from distributed import KilledWorker

        if isinstance(ended, KilledWorker):
            return events.WorkerDied(number)
        if not isinstance(ended, BaseException):
            return events.BatchEnded(number, tuple(ended))
        assert self._workers is not None
        # Raises an error if the scheduler has ended; then the batch is not the cause.
        self._workers.look(afresh=True)
        if future.status != "error":
            return events.OutcomesLost(number)
        return events.BatchFailed(number, f"{type(ended).__name__}: {ended}")

    def _fetching(self) -> frozenset[int]:
        return frozenset(number for number, future in self._futures.items() if future.done())

    # What is done.

    def _do(self, action: actions.Action) -> None:
        match action:
            case actions.Send(batch):
                assert self._workers is not None
                self._futures[batch.number] = self._workers.send(
                    batch.number,
                    [task.path for task in batch.tasks],
                    lambda ended: self._queue.put(lambda: self._end_batch(batch.number, ended)),
                )
            case actions.Recall(number):
                self._recall([number])
            case actions.Kill(worker, pid):
                assert self._workers is not None
                self._workers.kill(worker, pid)
            case actions.Deliver(task, packed):
                self._finish(task, self._on_value(task, unpack(packed)))
            case actions.Fail(task, failure):
                self._fail(task, failure)
                self._finish(task, None)

    def _fail(self, task: Task | None, failure: Failure) -> None:
        failures = self._on_failure(task, failure)
        self.failed += [failure] if failures is None else failures

    def _finish(self, task: Task, audio_seconds: float | None) -> None:
        self._counter.finished(task, audio_seconds)
        self._reader.took_one()
        self._on_progress()

    def _recall(self, numbers: list[int]) -> None:
        futures = [self._futures.pop(number) for number in numbers if number in self._futures]
        if self._workers is not None:
            self._workers.cancel(futures)


class ReadAhead:
    """Reads an iterable on a separate thread, so that scanning continues while workers work.

    It reads at most ``WINDOW`` tasks ahead of those that have ended.
    """

    def __init__(
        self,
        items: Iterable[Task | Cached | Failure],
        on_item: Callable[[Task | Cached | Failure], None],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._items = items
        self._on_item = on_item
        self._on_end = on_end
        self._room = threading.Semaphore(WINDOW)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name="workbench-read-ahead", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def took_one(self) -> None:
        """Note that a task has ended, so that another one may be read."""
        self._room.release()

    def stop(self, timeout_s: float) -> None:
        """Stop reading, and wait at most this long until the thread has ended."""
        self._stopped.set()
        self._room.release()
        self._thread.join(timeout_s)

    def _read(self) -> None:
        try:
            for item in self._items:
                if isinstance(item, Task):
                    self._room.acquire()
                if self._stopped.is_set():
                    break
                self._on_item(item)
        except BaseException as error:  # noqa: BLE001 - the job raises it on its own thread
            self._on_end(error)
        else:
            self._on_end(None)
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()
