"""Which tasks are sent together."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.processing.job.task import Task
from workbench.processing.job.waiting_tasks import BATCH_SECONDS, BATCH_TASKS, WaitingTasks

sizes = st.lists(st.integers(0, 10**9), min_size=1, max_size=80)


def waiting_of(sizes_bytes, seconds_per_byte):
    waiting = WaitingTasks()
    for _ in range(60):
        waiting.learn(10**6, 10**6 * seconds_per_byte)
    for number, size_bytes in enumerate(sizes_bytes):
        waiting.add(Task(str(number), f"/music/{number}", size_bytes))
    return waiting


def all_batches(waiting, workers):
    batches = []
    while waiting:
        batches.append(waiting.take(workers))
    return batches


@given(sizes, st.floats(1e-9, 1e-5), st.integers(1, 8))
def test_every_file_goes_once_biggest_first(sizes_bytes, seconds_per_byte, workers):
    batches = all_batches(waiting_of(sizes_bytes, seconds_per_byte), workers)
    sent = [task.size_bytes for batch in batches for task in batch]
    assert sent == sorted(sizes_bytes, reverse=True)
    assert all(1 <= len(batch) <= BATCH_TASKS for batch in batches)


@given(sizes, st.floats(1e-9, 1e-5), st.integers(1, 8))
def test_only_a_single_file_may_take_longer_than_a_batch_should(sizes_bytes, seconds_per_byte, workers):
    for batch in all_batches(waiting_of(sizes_bytes, seconds_per_byte), workers):
        seconds = sum(task.size_bytes for task in batch) * seconds_per_byte
        assert len(batch) == 1 or seconds <= BATCH_SECONDS * 1.01


def test_before_any_has_ended_each_goes_alone_however_small():
    waiting = WaitingTasks()
    for number in range(64):
        waiting.add(Task(str(number), f"/music/{number}", 0))
    assert [len(batch) for batch in all_batches(waiting, 2)] == [1] * 64


def test_batches_grow_when_files_turn_out_short():
    assert len(waiting_of([10**6] * 64, 1e-6).take(1)) == 1
    assert len(waiting_of([10**6] * 64, 1e-8).take(1)) == 32


def test_what_is_left_is_shared_among_the_workers():
    assert len(all_batches(waiting_of([10**6] * 8, 2e-7), 2)) >= 4
    assert len(all_batches(waiting_of([10**6] * 8, 1e-9), 2)) == 1, "not worth a message each"
