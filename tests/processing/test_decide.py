"""What a job decides, without Dask: tables of cases, and a state machine that tries what tables forget."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from workbench.processing.job import actions, events
from workbench.processing.job.decide import BATCHES_PER_WORKER, CANCEL_GRACE_S, MOST_LOSSES, decide
from workbench.processing.job.state import JobState
from workbench.processing.job.task import Task
from workbench.processing.on_worker.batch import ANNOUNCE_EVERY_S, Outcome

BIG, SMALL = 10**9, 0  # a task of its own, and one that shares a batch
TIMEOUT_S = 10.0
FINE = Outcome(1.0, b"value")


def job_with(*names, size_bytes=BIG):
    state = JobState(TIMEOUT_S)
    state.waiting.learn(10**7, 1.0)
    for name in names:
        decide(state, events.TaskFound(Task(name, f"/{name}", size_bytes)), 0.0)
    decide(state, events.ScanEnded(), 0.0)
    return state


ONE_SLOT = events.RoomSeen(slots=1)


def sent(state, room=ONE_SLOT):
    return [action.batch for action in decide(state, room, 0.0)]


def begin(state, batch, worker="w1", *, index=0, now=0.0, threads=1):
    assert decide(state, events.TaskBegan(batch.number, index, worker, 99, threads), now) == []


def names(batches):
    return [[task.key for task in batch.tasks] for batch in batches]


def failures(todo):
    return {action.task.key: action.failure.kind for action in todo if isinstance(action, actions.Fail)}


def test_a_job_of_one_task():
    state = job_with("a")
    [batch] = sent(state)
    begin(state, batch)
    assert decide(state, events.BatchEnded(1, (FINE,)), 1.0) == [actions.Deliver(batch.tasks[0], b"value")]
    assert state.complete


@pytest.mark.parametrize(
    ("room", "batches", "note"),
    [
        (events.RoomSeen(slots=1), [["a"], ["b"]], None),
        (events.RoomSeen(slots=2), [["a"], ["b"], ["c"], ["d"]], None),
        (events.RoomSeen(), [], "waiting for workers"),
        (events.RoomSeen(slots=1, shortage="no memory"), [], "no memory"),
    ],
)
def test_no_more_is_sent_than_there_is_room_for(room, batches, note):
    state = job_with("a", "b", "c", "d", "e")
    assert names(sent(state, room)) == batches
    assert state.note == note


def test_short_tasks_share_a_batch():
    assert names(sent(job_with("a", "b", "c", size_bytes=SMALL))) == [["a", "b", "c"]]


def test_an_outcome_with_an_error_is_a_failure_of_its_task_alone():
    state = job_with("a", "b", size_bytes=SMALL)
    sent(state)
    bad = Outcome(1.0, error="not audio", kind="format")
    first, second = decide(state, events.BatchEnded(1, (FINE, bad)), 1.0)
    assert isinstance(first, actions.Deliver)
    assert (second.failure.path, second.failure.error, second.failure.kind) == ("/b", "not audio", "format")


DIED = events.WorkerDied(1)
REMOVED = events.WorkerRemoved("w1", expected=False)
LEFT = events.WorkerRemoved("w1", expected=True)


@pytest.mark.parametrize("death", [DIED, REMOVED])
def test_tasks_whose_worker_died_are_each_tried_alone(death):
    state = job_with("a", "b", "c", size_bytes=SMALL)
    begin(state, *sent(state))
    assert decide(state, death, 1.0) == [actions.Recall(1)]
    again = sent(state, events.RoomSeen(slots=3))
    assert names(again) == [["a"], ["b"], ["c"]]
    assert all(batch.alone for batch in again)


@pytest.mark.parametrize("death", [events.WorkerDied(2), REMOVED])
def test_a_task_that_kills_a_second_worker_is_quarantined(death):
    state = job_with("a")
    begin(state, *sent(state))
    decide(state, REMOVED, 1.0)
    begin(state, *sent(state))
    todo = decide(state, death, 2.0)
    assert failures(todo) == {"a": "crash"}
    assert state.complete


@pytest.mark.parametrize(
    ("event", "begun"),
    [(LEFT, True), (DIED, False), (events.OutcomesLost(1), True)],
    ids=["the worker left in good order", "the worker never began it", "its outcomes were lost"],
)
def test_tasks_that_are_not_to_blame_are_sent_again_together(event, begun):
    state = job_with("a", "b", size_bytes=SMALL)
    [batch] = sent(state)
    if begun:
        begin(state, batch)
    assert failures(decide(state, event, 1.0)) == {}
    [again] = sent(state)
    assert names([again]) == [["a", "b"]]
    assert not again.alone


def test_a_batch_whose_worker_had_moved_on_is_not_to_blame():
    state = job_with("a", "b")
    first, second = sent(state)
    begin(state, first)
    begin(state, second)
    decide(state, REMOVED, 1.0)
    sent(state)
    assert {batch.tasks[0].key: batch.alone for batch in state.in_flight.values()} == {"a": False, "b": True}


def test_outcomes_that_are_on_their_way_are_waited_for():
    state = job_with("a")
    begin(state, *sent(state))
    assert decide(state, events.WorkerRemoved("w1", expected=False, fetching={1}), 1.0) == []
    assert decide(state, events.TimePassed(fetching={1}), 2 * TIMEOUT_S) == []
    assert decide(state, events.TimePassed(), 9 * TIMEOUT_S) == [], "the deadline was met"
    assert len(decide(state, events.BatchEnded(1, (FINE,)), 9 * TIMEOUT_S)) == 1


@pytest.mark.parametrize("loss", [events.OutcomesLost, events.WorkerDied])
def test_a_task_that_is_lost_again_and_again_ends_in_a_failure(loss):
    state = job_with("a")
    for _ in range(2 * (MOST_LOSSES + 1)):
        assert not state.complete
        [batch] = sent(state)
        todo = decide(state, loss(batch.number), 1.0)
    assert failures(todo) == {"a": "crash"}
    assert state.complete


def test_an_error_of_dask_is_put_down_to_the_task_only_when_it_was_alone():
    state = job_with("a", "b", size_bytes=SMALL)
    sent(state)
    assert decide(state, events.BatchFailed(1, "TypeError: no"), 1.0) == []
    assert names(sent(state)) == [["a"], ["b"]]
    [failed] = decide(state, events.BatchFailed(2, "TypeError: no"), 1.0)
    assert (failed.task.key, failed.failure.error) == ("a", "TypeError: no")


def test_a_deadline_kills_the_worker_and_spares_what_waited_behind():
    state = job_with("a", "b")
    first, second = sent(state)
    begin(state, first, now=5.0)
    assert state.next_deadline == 5.0 + TIMEOUT_S
    assert decide(state, events.TimePassed(), 4.9 + TIMEOUT_S) == []
    recall, kill, fail = decide(state, events.TimePassed(), 5.0 + TIMEOUT_S)
    assert (recall, kill) == (actions.Recall(1), actions.Kill("w1", 99))
    assert fail.failure.kind == "timeout"
    assert "ANALYSIS_TIMEOUT_SECONDS=10" in fail.failure.error
    begin(state, second, now=20.0)
    assert decide(state, REMOVED, 20.0) == [actions.Recall(2)], "the job itself killed that worker"
    assert [batch.alone for batch in sent(state)] == [False]


def test_the_deadline_is_of_one_task_and_begins_with_it():
    state = job_with("a", "b", size_bytes=SMALL)
    [batch] = sent(state)
    begin(state, batch, now=0.0)
    begin(state, batch, index=1, now=8.0)
    assert state.next_deadline == 8.0 + TIMEOUT_S + ANNOUNCE_EVERY_S
    todo = decide(state, events.TimePassed(), 19.0)
    assert failures(todo) == {}, "which of the two hangs is not known"
    assert names(sent(state)) == [["a"], ["b"]]


def test_threads_of_one_process_run_a_suspect_when_everything_else_has_ended():
    threads = events.RoomSeen(slots=3, shares_processes=True)
    state = job_with("a", "b", "c")
    first, second, _ = sent(state, threads)
    for batch in (first, second):
        begin(state, batch, threads=3)
    decide(state, events.WorkerDied(1), 1.0)
    decide(state, events.WorkerDied(2), 1.0)
    decide(state, events.WorkerDied(3), 1.0)
    assert names(sent(state, threads)) == [["c"]], "it had not begun, so it is no suspect"
    decide(state, events.BatchEnded(4, (FINE,)), 2.0)
    assert names(sent(state, threads)) == [["a"]]
    assert sent(state, threads) == []
    decide(state, events.BatchEnded(5, (FINE,)), 2.0)
    assert names(sent(state, threads)) == [["b"]]


def test_pause_holds_back_and_resume_sends():
    state = job_with("a", "b", "c")
    begin(state, *sent(state)[:1])
    decide(state, events.Paused(), 0.0)
    decide(state, LEFT, 0.0)
    assert sent(state) == []
    assert state.note is None
    decide(state, events.Resumed(), 0.0)
    assert names(sent(state)) == [["c"]]


def test_cancel_recalls_what_has_not_begun_and_kills_what_does_not_end_soon():
    state = job_with("a", "b", "c")
    begin(state, *sent(state)[:1])
    assert decide(state, events.Cancelled(), 1.0) == [actions.Recall(2)]
    assert state.phase == "cancelling"
    assert sent(state) == []
    assert decide(state, events.Cancelled(), 2.0) == []
    assert state.next_deadline == 1.0 + CANCEL_GRACE_S
    assert decide(state, events.TimePassed(), 1.0 + CANCEL_GRACE_S) == [
        actions.Recall(1),
        actions.Kill("w1", 99),
    ]
    assert state.complete


@pytest.mark.parametrize(
    "late",
    [
        events.BatchEnded(7, (FINE,)),
        events.BatchFailed(7, "no"),
        events.OutcomesLost(7),
        events.WorkerDied(7),
        events.TaskBegan(7, 0, "w9", 1, 1),
    ],
)
def test_what_is_heard_of_a_batch_that_was_taken_back_changes_nothing(late):
    state = job_with("a")
    sent(state)
    before = repr(state)
    assert decide(state, late, 1.0) == []
    assert repr(state) == before


class AnyCourse(RuleBasedStateMachine):
    """Workers that do to the job whatever Dask and bad files can do, in any order.

    A guilty task kills its worker. With ``shares`` all tasks run in one process and die with it.
    """

    @initialize(slots=st.integers(1, 3), shares=st.booleans())
    def start(self, slots, shares):
        self.state = JobState(TIMEOUT_S)
        self.now = 0.0
        self.room = events.RoomSeen(slots, shares_processes=shares)
        self.found = set()
        self.guilty = set()
        self.delivered = Counter()
        self.failed = Counter()
        self.kinds = {}
        self.running = {}  # batch -> worker
        self.workers_made = 0
        self.accidents = 0

    def tell(self, event):
        for action in decide(self.state, event, self.now):
            match action:
                case actions.Send(batch):
                    assert self.state.phase == "running"
                    assert len(self.state.in_flight) <= BATCHES_PER_WORKER * self.room.slots
                    assert batch.tasks
                case actions.Deliver(task):
                    self.delivered[task.key] += 1
                case actions.Fail(task, failure):
                    self.failed[task.key] += 1
                    self.kinds[task.key] = failure.kind
                case actions.Kill(worker):
                    assert worker in self.running.values(), "an idle worker was killed"
                    self.forget(worker)

    def forget(self, worker):
        self.running = {number: other for number, other in self.running.items() if other != worker}

    def drawn(self, data):
        """Some batch that runs on a worker; one that was taken back runs on there, unheard."""
        return data.draw(st.sampled_from(sorted(self.running)))

    @precondition(lambda self: self.state.scanning)
    @rule(size_bytes=st.sampled_from([BIG, SMALL]), guilty=st.sampled_from([False, False, True]))
    def find(self, size_bytes, guilty):
        key = f"{'guilty' if guilty else 'innocent'} {len(self.found)}"
        self.found.add(key)
        self.guilty |= {key} if guilty else set()
        self.tell(events.TaskFound(Task(key, key, size_bytes)))

    @rule(event=st.sampled_from([events.Paused(), events.Resumed(), events.Resumed()]))
    def ask(self, event):
        self.tell(event)

    @rule(shortage=st.sampled_from([None, None, "no memory"]))
    def send(self, shortage):
        before = self.state.batches_sent
        self.tell(replace(self.room, shortage=shortage))
        assert shortage is None or self.state.batches_sent == before

    @rule(seconds=st.floats(0, TIMEOUT_S / 2))
    def wait(self, seconds):
        self.now += seconds
        self.tell(events.TimePassed())
        assert self.state.complete or self.state.next_deadline > self.now, (
            "a deadline passed and nothing came of it"
        )

    @precondition(lambda self: self.idle and len(self.running) < self.room.slots)
    @rule(data=st.data())
    def begin(self, data):
        self.begin_batch(data.draw(st.sampled_from(self.idle)))

    @property
    def idle(self):
        return [number for number in self.state.in_flight if number not in self.running]

    def begin_batch(self, number):
        if not (self.room.shares_processes and self.running):
            self.workers_made += 1
        worker = f"w{self.workers_made}"
        self.running[number] = worker
        self.tell(
            events.TaskBegan(number, 0, worker, 1, self.room.slots if self.room.shares_processes else 1)
        )

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end(self, data):
        self.end_batch(self.drawn(data))

    def end_batch(self, number):
        batch = self.state.in_flight.get(number)
        if batch is not None and self.guilty & {task.key for task in batch.tasks}:
            self.lose_worker(number, expected=False)
        else:
            del self.running[number]
            self.tell(events.BatchEnded(number, (FINE,) * len(batch.tasks) if batch else ()))

    def lose_worker(self, number, *, expected):
        worker = self.running[number]
        self.forget(worker)
        self.tell(events.WorkerRemoved(worker, expected=expected))

    @precondition(lambda self: self.running and self.accidents < MOST_LOSSES)
    @rule(data=st.data(), leaves=st.booleans())
    def meet_with_an_accident(self, data, leaves):
        """The worker leaves in good order, or with outcomes that nobody has fetched."""
        self.accidents += 1
        number = self.drawn(data)
        if leaves:
            self.lose_worker(number, expected=True)
        else:
            del self.running[number]
            self.tell(events.OutcomesLost(number))

    @precondition(lambda self: len(self.found) > 12)
    @rule()
    def cancel(self):
        self.tell(events.Cancelled())

    @invariant()
    def every_task_is_in_one_place(self):
        ended = self.delivered + self.failed
        held = Counter(task.key for batch in self.state.in_flight.values() for task in batch.tasks)
        held += Counter(task.key for task in self.state.suspects)
        assert max([*held.values(), *ended.values()], default=0) <= 1
        assert not held.keys() & ended.keys()
        if self.state.cancel_by is None:
            assert held.total() + len(self.state.waiting) + ended.total() == len(self.found)

    @invariant()
    def only_the_guilty_are_quarantined(self):
        assert not self.guilty & self.delivered.keys()
        assert {key for key, kind in self.kinds.items() if kind == "crash"} <= self.guilty

    def teardown(self):
        """From here on the workers do as they should, and the job comes to its end."""
        self.tell(events.ScanEnded())
        self.tell(events.Resumed())
        for _ in range(3 * len(self.found) + 3):
            self.tell(self.room)
            for number in self.idle[: self.room.slots]:
                self.begin_batch(number)
            for number in list(self.running):
                if number in self.running:
                    self.end_batch(number)
        assert self.state.complete
        if self.state.cancel_by is None:
            assert self.delivered + self.failed == Counter(self.found)
            assert self.guilty <= self.failed.keys()


AnyCourse.TestCase.settings = settings(max_examples=50, stateful_step_count=50)
TestAnyCourse = AnyCourse.TestCase
