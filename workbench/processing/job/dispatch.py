"""The loop of a job: files in, batches to the workers, outcomes out, and what to do when a worker dies.

One thread waits on one queue for everything that happens: a file was found, a worker began a file, a batch
ended, someone pressed cancel. Dask's own threads only ever put into that queue.
"""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workbench.errors import DeadlineError, WorkerCrashedError
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.cluster.fleet import Fleet, Needs
from workbench.processing.job import admission
from workbench.processing.job.feeder import Feeder
from workbench.processing.job.tally import Tally
from workbench.processing.job.task import Cached, Failure, Progress, Task
from workbench.processing.job.waiting_tasks import Pending
from workbench.processing.on_worker.batch import ANNOUNCE_EVERY_S, Batch, Outcome, unpack

TICK_S = 1.0
BATCHES_PER_WORKER = 2  # one that runs and one that waits behind it
CANCEL_GRACE_S = 2.0
MOST_LOSSES = 5


@dataclass(frozen=True)
class Work:
    """What a job is asked to do with every file."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    on_value: Callable[[Task, Any], float]
    on_failure: Callable[[Task | None, Failure], None]
    timeout_s: float
    priority: int
    worker_path: Callable[[str], str]
    needs: Needs | None = None


@dataclass
class Sent:
    """A batch that was sent.

    ``worker`` is None until it announces a file; ``index`` is the one it is on; ``passed`` says that it has
    gone on to another batch, and the outcome of this one is on its way.
    """

    tasks: tuple[Task, ...]
    alone: bool
    future: Any = None
    worker: str | None = None
    pid: int = 0
    index: int = 0
    deadline: float = float("inf")
    passed: bool = False


class Dispatcher:
    """Runs a job on the thread that calls :meth:`run`; ``post`` and ``progress`` are for any thread."""

    def __init__(
        self,
        job_id: str,
        cluster: Cluster,
        items: Iterable[Task | Cached | Failure],
        work: Work,
        on_progress: Callable[[], None],
    ) -> None:
        self.state = "queued"
        self._job_id = job_id
        self._cluster = cluster
        self._work = work
        self._on_progress = on_progress
        self._events: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = queue.SimpleQueue()
        self._feeder = Feeder(
            items, lambda item: self.post(self._on_item, item), lambda error: self.post(self._on_end, error)
        )
        self._fleet: Fleet | None = None
        self._tally = Tally()
        self._pending = Pending()
        self._suspects: deque[Task] = deque()
        self._sent: dict[int, Sent] = {}
        self._losses: Counter[Task] = Counter()
        self._killed: set[str] = set()
        self._number = 0
        self._note: str | None = None
        self._scan_error: BaseException | None = None
        self._cancel_by: float | None = None

    def post(self, handler: Callable[..., None], *arguments: Any) -> None:
        """Have the job's thread call ``handler(*arguments)``."""
        self._events.put((handler, arguments))

    def progress(self) -> Progress:
        current = tuple(sent.tasks[sent.index].path for sent in list(self._sent.values()) if sent.worker)
        return self._tally.progress(self.state, current, self._note)

    # What someone asks for.

    def cancel(self) -> None:
        if self._cancel_by is None:
            self.state, self._cancel_by = "cancelling", time.monotonic() + CANCEL_GRACE_S
            self._forget([number for number, sent in self._sent.items() if sent.worker is None])

    def pause(self) -> None:
        if self.state in ("queued", "running"):
            self.state = "paused"
            self._tally.pause()

    def resume(self) -> None:
        if self.state == "paused":
            self.state = "running"
            self._tally.resume()

    # The loop.

    def run(self) -> None:
        """Work until everything found is finished, or until cancelled.

        Raises
        ------
        BaseException
            What the iterable of files, ``on_value`` or ``on_failure`` raised.
        SchedulerError, ProcessingError
            The cluster cannot be started, or went away.
        """
        if self.state == "queued":
            self.state = "running"
        self._cluster.listen(self._job_id, lambda message: self.post(self._on_message, message))
        self._feeder.start()
        try:
            while not self._complete():
                self._submit()
                self._on_progress()
                self._handle_events()
                self._enforce_deadlines()
        finally:
            self._cluster.unlisten(self._job_id)
            self._feeder.stop(CANCEL_GRACE_S / 2)
            self._forget(list(self._sent))
        if self._scan_error is not None and self._cancel_by is None:
            raise self._scan_error

    def _complete(self) -> bool:
        if self._cancel_by is not None:
            return not self._sent
        return not (self._tally.scanning or self._pending or self._suspects or self._sent)

    def _handle_events(self) -> None:
        try:
            handler, arguments = self._events.get(timeout=self._wait_s())
            while True:
                handler(*arguments)
                handler, arguments = self._events.get_nowait()
        except queue.Empty:
            return

    def _wait_s(self) -> float:
        now = time.monotonic()
        waiting = admission.RETRY_S if self._note else TICK_S
        ends = [sent.deadline for sent in self._sent.values()]
        if self._cancel_by is not None:
            ends.append(self._cancel_by)
        return max(0.0, min([now + waiting, *ends]) - now)

    # Files to workers.

    def _submit(self) -> None:
        self._note = None
        if self._fleet is not None:
            self._fleet.look()
        if self.state != "running" or not (self._pending or self._suspects):
            return
        if self._fleet is None:
            self._fleet = Fleet(self._cluster, self._work.needs)
            self._fleet.look()
        while self._has_room(self._fleet):
            batch, alone = self._take(self._fleet)
            if not batch:
                return
            self._send(self._fleet, batch, alone=alone)

    def _has_room(self, fleet: Fleet) -> bool:
        if len(self._sent) >= BATCHES_PER_WORKER * fleet.slots:
            self._note = None if fleet.slots else "waiting for workers"
            return False
        if self._cluster.local:
            self._note = admission.why_wait(self._cluster.settings.memory_limit_percent)
        return self._note is None

    def _take(self, fleet: Fleet) -> tuple[tuple[Task, ...], bool]:
        if fleet.shares_processes:
            # A suspect would take its neighbors along, or be blamed for one of them: it runs alone, last.
            if self._pending and not any(sent.alone for sent in self._sent.values()):
                return self._pending.take(fleet.slots), False
            return ((self._suspects.popleft(),), True) if self._suspects and not self._sent else ((), False)
        if self._suspects:
            return (self._suspects.popleft(),), True
        return self._pending.take(fleet.slots), False

    def _send(self, fleet: Fleet, tasks: tuple[Task, ...], *, alone: bool) -> None:
        self._number += 1
        number, work = self._number, self._work
        paths = tuple(work.worker_path(task.path) for task in tasks)
        sent = self._sent[number] = Sent(tasks, alone)
        sent.future = fleet.submit(
            Batch(self._job_id, number, fleet.topic, paths, work.timeout_s),
            work.function,
            work.args,
            priority=work.priority,
            on_end=lambda ended: self.post(self._on_batch_end, number, ended),
        )

    # What happens.

    def _on_item(self, item: Task | Cached | Failure) -> None:
        if isinstance(item, Task):
            self._tally.found(item)
            self._pending.add(item)
        elif isinstance(item, Cached):
            self._tally.found_cached(item.audio_seconds)
        else:
            self._tally.found_failed()
            self._work.on_failure(None, item)

    def _on_end(self, error: BaseException | None) -> None:
        self._tally.scanning = False
        self._scan_error = error

    def _on_message(self, message: dict[str, Any]) -> None:
        if "removed" in message:
            self._on_worker_removed(message["removed"], expected=message["expected"])
            return
        if message["index"] == 0 and message["threads"] == 1:
            for earlier in self._sent.values():
                if earlier.worker == message["worker"]:
                    self._pass(earlier)
        sent = self._sent.get(message["batch"])
        if sent is not None:
            sent.worker, sent.pid, sent.index = message["worker"], message["pid"], message["index"]
            sent.deadline, sent.passed = time.monotonic() + self._work.timeout_s, False
            if len(sent.tasks) > 1:
                sent.deadline += ANNOUNCE_EVERY_S  # it may be on a later file by then

    def _pass(self, sent: Sent) -> None:
        sent.passed, sent.deadline = True, float("inf")

    def _on_worker_removed(self, worker: str, *, expected: bool) -> None:
        # Dask would try again elsewhere, the clock running, or give the file up: this decides first.
        if self._fleet is not None:
            self._fleet.look_soon()
        for number in [number for number, sent in self._sent.items() if sent.worker == worker]:
            if not self._sent[number].future.done():
                self._on_worker_death(number, expected=expected)

    def _on_batch_end(self, number: int, ended: list[Outcome] | BaseException) -> None:
        from distributed import KilledWorker

        if number not in self._sent:
            return
        if isinstance(ended, KilledWorker):
            self._on_worker_death(number)
        elif isinstance(ended, BaseException):
            self._on_no_result(number, ended)
        else:
            for task, outcome in zip(self._sent.pop(number).tasks, ended, strict=True):
                self._deliver(task, outcome)

    def _deliver(self, task: Task, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._fail(task, outcome.error, outcome.kind or "error")
            return
        self._pending.learn(task.size_bytes, outcome.seconds)
        self._finish(task, self._work.on_value(task, unpack(outcome.packed)))

    def _fail(self, task: Task, error: str, kind: str) -> None:
        self._work.on_failure(task, Failure(task.path, error, kind))
        self._finish(task, None)

    def _finish(self, task: Task, audio_seconds: float | None) -> None:
        self._tally.finished(task, audio_seconds)
        self._feeder.took(1)
        self._on_progress()

    # What goes wrong.

    def _on_worker_death(self, number: int, *, expected: bool = False) -> None:
        sent = self._sent[number]
        self._forget([number])
        if expected or sent.passed or sent.worker is None or sent.worker in self._killed:
            self._send_again(sent)
        elif sent.alone:
            self._fail(sent.tasks[0], "its worker process died on it, twice", WorkerCrashedError.kind)
        else:
            self._suspects.extend(sent.tasks)

    def _on_no_result(self, number: int, error: BaseException) -> None:
        assert self._fleet is not None
        self._fleet.look(
            afresh=True
        )  # raises when the scheduler has gone: then nothing is wrong with the batch
        sent = self._sent.pop(number)
        if sent.future.status != "error":  # the worker died with the result in its hands
            self._send_again(sent)
        elif len(sent.tasks) > 1:
            self._suspects.extend(sent.tasks)
        else:
            self._fail(sent.tasks[0], f"{type(error).__name__}: {error}", "error")

    def _send_again(self, sent: Sent) -> None:
        self._losses.update(sent.tasks)
        if self._losses[sent.tasks[0]] > MOST_LOSSES:
            self._suspects.extend(sent.tasks)
        elif self._cancel_by is None and self._fleet is not None:
            self._send(self._fleet, sent.tasks, alone=sent.alone)

    def _enforce_deadlines(self) -> None:
        now = time.monotonic()
        if self._cancel_by is not None and now >= self._cancel_by:
            self._kill_workers_of(list(self._sent))
            return
        for number in [number for number, sent in self._sent.items() if now >= sent.deadline]:
            if self._sent[number].future.done():
                self._pass(self._sent[number])
                continue
            tasks = self._kill_workers_of([number])
            if len(tasks) > 1:
                self._suspects.extend(tasks)  # which of them hangs shows when each has a worker to itself
                continue
            reason = f"took longer than ANALYSIS_TIMEOUT_SECONDS={self._work.timeout_s:g} and was stopped"
            self._fail(tasks[0], reason, DeadlineError.kind)

    def _kill_workers_of(self, numbers: list[int]) -> list[Task]:
        stopped = [self._sent[number] for number in numbers]
        self._forget(numbers)
        for sent in stopped:
            if self._fleet is not None and sent.worker is not None and sent.worker not in self._killed:
                self._killed.add(sent.worker)
                self._fleet.kill(sent.worker, sent.pid)
        return [task for sent in stopped for task in sent.tasks]

    def _forget(self, numbers: list[int]) -> None:
        futures = [self._sent.pop(number).future for number in numbers]
        if self._fleet is not None:
            self._fleet.cancel(futures)
