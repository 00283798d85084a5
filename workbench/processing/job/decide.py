"""Decide the next actions of a job from its state and an event, for example after a worker has died.

These functions only change the state and return actions; they do not carry them out. The time is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Set

from workbench.errors import DeadlineError, WorkerCrashedError
from workbench.processing.job import actions, events
from workbench.processing.job.state import Batch, JobState
from workbench.processing.job.task import Failure, Task
from workbench.processing.on_worker.batch import ANNOUNCE_EVERY_S, Outcome

BATCHES_PER_WORKER = 2  # one that runs and one that waits, so that no worker waits for a message
CANCEL_GRACE_S = 2.0  # so that a track that is nearly done can be saved; Ctrl-C still ends within 5 s
MOST_LOSSES = 5  # set by hand: after more losses, the task itself is suspected


def decide(state: JobState, event: events.Event, now: float) -> list[actions.Action]:
    """Change ``state`` by ``event`` and return the actions to carry out, in this order.

    Parameters
    ----------
    state : JobState
    event : events.Event
        An event about a batch that is no longer in flight changes nothing.
    now : float, seconds
        Time of a monotonic clock, the same clock for all events of a job.
    """
    match event:
        case events.RoomSeen():
            return _send(state, event)
        case events.BatchEnded(number, outcomes) if number in state.in_flight:
            return _end_batch(state, state.in_flight.pop(number), outcomes)
        case events.WorkerDied(number) if number in state.in_flight:
            return _after_death(state, state.in_flight[number], expected=False)
        case events.WorkerRemoved():
            return _after_removal(state, event)
        case events.OutcomesLost(number) if number in state.in_flight:
            return _try_again(state, state.in_flight.pop(number))
        case events.BatchFailed(number, error) if number in state.in_flight:
            return _after_failure(state, state.in_flight.pop(number), error)
        case events.TimePassed(fetching):
            return _enforce_deadlines(state, fetching, now)
        case events.Cancelled() if state.cancel_by is None:
            state.phase, state.cancel_by = "cancelling", now + CANCEL_GRACE_S
            return _recall(state, [batch for batch in state.in_flight.values() if batch.worker is None])
        case events.TaskBegan():
            _begin(state, event, now)
        case events.TaskFound(task):
            state.waiting.add(task)
        case events.ScanEnded():
            state.scanning = False
        case events.Paused() if state.phase == "running":
            state.phase = "paused"
        case events.Resumed() if state.phase == "paused":
            state.phase = "running"
    return []


# Tasks go to workers.


def _send(state: JobState, room: events.RoomSeen) -> list[actions.Action]:
    state.note = None
    if state.wants_workers and not room.slots:
        state.note = "waiting for workers"
    todo: list[actions.Action] = []
    while state.wants_workers and len(state.in_flight) < BATCHES_PER_WORKER * room.slots:
        if room.shortage is not None:
            state.note = room.shortage
            break
        tasks, alone = _next_tasks(state, room)
        if not tasks:
            break
        state.batches_sent += 1
        batch = state.in_flight[state.batches_sent] = Batch(state.batches_sent, tasks, alone)
        todo.append(actions.Send(batch))
    return todo


def _next_tasks(state: JobState, room: events.RoomSeen) -> tuple[tuple[Task, ...], bool]:
    """Return the tasks of the next batch (none if it has to wait), and whether it is a single suspect."""
    if not room.shares_processes:
        if state.suspects:
            return (state.suspects.popleft(),), True
        return state.waiting.take(room.slots), False
    # A suspect would kill its neighbors, or be blamed for one of them, so it runs when everything else has ended.
    if state.waiting and not any(batch.alone for batch in state.in_flight.values()):
        return state.waiting.take(room.slots), False
    if state.suspects and not state.in_flight:
        return (state.suspects.popleft(),), True
    return (), False


def _begin(state: JobState, began: events.TaskBegan, now: float) -> None:
    if began.index == 0 and began.threads == 1:
        for earlier in state.in_flight.values():
            if earlier.worker == began.worker:
                _finish(earlier)
    batch = state.in_flight.get(began.number)
    if batch is None:
        return
    batch.worker, batch.pid, batch.index = began.worker, began.pid, began.index
    batch.finished, batch.deadline = False, now + state.timeout_s
    if len(batch.tasks) > 1:
        batch.deadline += ANNOUNCE_EVERY_S  # the worker may have begun a later task by then


def _finish(batch: Batch) -> None:
    batch.finished, batch.deadline = True, math.inf


# Tasks end.


def _end_batch(state: JobState, batch: Batch, outcomes: Iterable[Outcome]) -> list[actions.Action]:
    return [_end(state, task, outcome) for task, outcome in zip(batch.tasks, outcomes, strict=True)]


def _end(state: JobState, task: Task, outcome: Outcome) -> actions.Action:
    if outcome.error is not None:
        return _fail(task, outcome.error, outcome.kind or "error")
    state.waiting.learn(task.size_bytes, outcome.seconds)
    return actions.Deliver(task, outcome.packed)


def _fail(task: Task, error: str, kind: str) -> actions.Fail:
    return actions.Fail(task, Failure(task.path, error, kind))


# Workers die, hang and leave.


def _after_removal(state: JobState, removed: events.WorkerRemoved) -> list[actions.Action]:
    # Otherwise, Dask would run the batch on another worker while its deadline passes, or give it up.
    lost = [
        batch
        for number, batch in state.in_flight.items()
        if batch.worker == removed.worker and number not in removed.fetching
    ]
    return [action for batch in lost for action in _after_death(state, batch, expected=removed.expected)]


def _after_death(state: JobState, batch: Batch, *, expected: bool) -> list[actions.Action]:
    todo = _recall(state, [batch])
    innocent = expected or batch.finished or batch.worker is None or batch.worker in state.killed
    if innocent:
        return todo + _try_again(state, batch)
    if batch.alone:
        return [*todo, _crashed(batch.tasks[0], "its worker process died twice while it analyzed this file")]
    state.suspects.extend(batch.tasks)
    return todo


def _try_again(state: JobState, batch: Batch) -> list[actions.Action]:
    """Put the tasks of a lost batch that did not cause the loss back in the queue, up to ``MOST_LOSSES`` times."""
    todo: list[actions.Action] = []
    for task in batch.tasks:
        state.losses[task] += 1
        if state.losses[task] <= MOST_LOSSES:
            if batch.alone:
                state.suspects.appendleft(task)
            else:
                state.waiting.add(task)
        elif batch.alone:
            todo.append(_crashed(task, f"its worker process was lost {state.losses[task]} times"))
        else:
            del state.losses[task]
            state.suspects.append(task)
    return todo


def _crashed(task: Task, reason: str) -> actions.Fail:
    return _fail(task, reason, WorkerCrashedError.kind)


def _after_failure(state: JobState, batch: Batch, error: str) -> list[actions.Action]:
    if len(batch.tasks) == 1:
        return [_fail(batch.tasks[0], error, "error")]
    state.suspects.extend(batch.tasks)
    return []


def _enforce_deadlines(state: JobState, fetching: Set[int], now: float) -> list[actions.Action]:
    if state.cancel_by is not None and now >= state.cancel_by:
        return _stop(state, list(state.in_flight.values()))
    todo: list[actions.Action] = []
    for batch in [batch for batch in state.in_flight.values() if now >= batch.deadline]:
        if batch.number in fetching:
            _finish(batch)
        else:
            todo += _give_up(state, batch)
    return todo


def _give_up(state: JobState, batch: Batch) -> list[actions.Action]:
    todo = _stop(state, [batch])
    if len(batch.tasks) > 1:
        state.suspects.extend(batch.tasks)  # each of them runs alone, which shows the one that hangs
        return todo
    reason = f"took longer than ANALYSIS_TIMEOUT_SECONDS={state.timeout_s:g} and was stopped"
    return [*todo, _fail(batch.tasks[0], reason, DeadlineError.kind)]


def _stop(state: JobState, batches: list[Batch]) -> list[actions.Action]:
    todo = _recall(state, batches)
    for batch in batches:
        if batch.worker is not None and batch.worker not in state.killed:
            state.killed.add(batch.worker)
            todo.append(actions.Kill(batch.worker, batch.pid))
    return todo


def _recall(state: JobState, batches: list[Batch]) -> list[actions.Action]:
    for batch in batches:
        del state.in_flight[batch.number]
    return [actions.Recall(batch.number) for batch in batches]
