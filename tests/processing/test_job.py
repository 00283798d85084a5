"""Jobs on real workers: what is delivered, what is asked of them while they run."""

import asyncio
import threading
from pathlib import Path

import chores
import pytest
from running import run
from waiting import until

from workbench.errors import CancelledError, DatabaseUnavailableError, LibraryPathError
from workbench.processing.job.task import Cached, Failure, Task


def test_every_file_is_delivered_once(kept, files, ledger):
    tasks = files(*(f"ok-{n}" for n in range(40)))
    progress = ledger.run(kept, tasks, chores.behave).result(60)
    assert ledger.values == {task.key: Path(task.path).name for task in tasks}
    assert (progress.state, progress.total, progress.done, progress.failed) == ("done", 40, 40, 0)
    assert progress.audio_seconds == 40.0
    assert progress.eta_s == 0.0
    assert not progress.scanning


def test_run_returns_before_anything_happens(calm, files, ledger):
    from workbench.processing.cluster.cluster import Cluster

    began = threading.Event()

    def found():
        assert began.wait(30)
        yield Cached("/music/known.flac", audio_seconds=7.0)

    with Cluster(calm) as cluster:
        job = ledger.run(cluster, found(), chores.behave)
        assert not job.done()
        began.set()
        assert job.result(60).audio_seconds == 7.0
        assert not cluster.started, "nothing was to be done, so no worker was needed"


def test_known_and_unreadable_files_are_counted(kept, files, ledger):
    refused = Failure("/music/locked.mp3", "no permission", "permission")
    items = [Cached("/music/a.mp3", 3.0), refused, *files("ok-1")]
    job = ledger.run(kept, items, chores.behave)
    progress = job.result(60)
    assert (progress.total, progress.cached, progress.failed, progress.done) == (3, 1, 1, 1)
    assert progress.finished == 3
    assert ledger.failures == [(None, refused)]
    assert job.failed == [refused]


def test_an_empty_job_ends(kept, ledger):
    assert ledger.run(kept, [], chores.behave).result(60).total == 0


def test_a_file_that_raises_costs_no_other(kept, files, ledger):
    tasks = files("ok-1", "raise-1", "ok-2", "bug-1", "exit-1", "ok-3")
    job = ledger.run(kept, tasks, chores.behave)
    job.result(60)
    assert len(ledger.values) == 3
    assert ledger.kinds == {"raise-1": "format", "bug-1": "error", "exit-1": "error"}
    reasons = {Path(failure.path).name: failure.error for failure in job.failed}
    assert "is no music" in reasons["raise-1"]
    assert reasons["bug-1"] == "ValueError: a bug"
    assert reasons["exit-1"] == "SystemExit: 3"


def test_a_value_that_does_not_pickle_is_a_failure_of_its_file(kept, files, ledger):
    tasks = files("ok-1", "lock-1", "ok-2")
    ledger.run(kept, tasks, returns_a_lock).result(60)
    assert len(ledger.values) == 2
    assert ledger.kinds == {"lock-1": "error"}


def returns_a_lock(path):
    return threading.Lock() if "lock-" in path else path


def test_results_arrive_while_others_still_run(kept, files, ledger, tmp_path):
    tasks = files("ok-1", size_bytes=10**9) + files("wait-1", size_bytes=10**8)
    job = ledger.run(kept, tasks, chores.behave)
    until(lambda: ledger.values)
    assert not job.done()
    (tmp_path / "music" / "go").touch()
    job.result(60)


def test_files_are_looked_for_while_others_are_worked_on(kept, files, ledger):
    delivered = threading.Event()

    def found():
        yield files("ok-1")[0]
        assert delivered.wait(30), "the first was not worked on while the second was looked for"
        yield files("ok-2")[0]

    def on_value(task, value):
        delivered.set()
        return ledger.on_value(task, value)

    job = run(kept, found(), chores.behave, on_value=on_value, on_failure=ledger.on_failure)
    assert job.result(60).done == 2


def test_a_scan_runs_only_so_far_ahead(kept, files, ledger, tmp_path):
    from workbench.processing.job.loop import WINDOW

    read = []

    def found():
        for n in range(10 * WINDOW):
            read.append(n)
            yield Task(f"key {n}", str(tmp_path / "music" / f"wait-{n}"), 10**9)

    (tmp_path / "music").mkdir()
    job = ledger.run(kept, found(), chores.behave)
    until(lambda: len(job.progress.current) == 2)
    until(lambda: len(read) > WINDOW)
    assert len(read) == WINDOW + 1
    (tmp_path / "music" / "go").touch()
    job.cancel()
    with pytest.raises(CancelledError):
        job.result(60)


def test_a_scan_that_fails_fails_the_job_after_what_it_found(kept, files, ledger):
    def found():
        yield from files("ok-1", "ok-2")
        raise LibraryPathError("the disk went away")

    job = ledger.run(kept, found(), chores.behave)
    with pytest.raises(LibraryPathError, match="went away"):
        job.result(60)
    assert job.state == "failed"
    assert len(ledger.values) == 2


def test_a_result_that_cannot_be_saved_fails_the_job(kept, files, ledger):
    def on_value(task, value):
        raise DatabaseUnavailableError("disk full")

    job = run(kept, files("ok-1"), chores.behave, on_value=on_value, on_failure=ledger.on_failure)
    with pytest.raises(DatabaseUnavailableError, match="disk full"):
        job.result(60)


def test_cancel_keeps_what_is_done_and_frees_the_workers(kept, files, ledger, tmp_path):
    tasks = files("ok-1", size_bytes=10**9) + files(*(f"spin-{n}" for n in range(6)), size_bytes=10**8)
    job = ledger.run(kept, tasks, chores.behave)
    until(lambda: ledger.values and len(job.progress.current) == 2)
    job.cancel()
    with pytest.raises(CancelledError):
        job.result(60)
    assert job.state == "cancelled"
    assert job.progress.done == 1
    again = ledger.run(kept, files("ok-2", "ok-3"), chores.behave)
    assert again.result(60).done == 2


def test_cancel_waits_for_what_is_about_to_end(kept, files, ledger, tmp_path):
    job = ledger.run(kept, files("wait-1", "wait-2", "wait-3"), chores.behave)
    until(lambda: job.progress.current)
    job.cancel()
    (tmp_path / "music" / "go").touch()
    with pytest.raises(CancelledError):
        job.result(60)
    assert len(ledger.values) >= 1
    assert job.progress.done == len(ledger.values)


def test_pause_holds_files_back_until_resume(kept, files, ledger, tmp_path):
    tasks = files(*(f"wait-{n}" for n in range(12)), size_bytes=10**9)
    job = ledger.run(kept, tasks, chores.behave)
    until(lambda: len(job.progress.current) == 2)
    job.pause()
    until(lambda: job.state == "paused")
    (tmp_path / "music" / "go").touch()
    until(lambda: job.progress.done and not job.progress.current)
    assert job.progress.done <= 4, "two that ran and two that were on their way"
    job.resume()
    assert job.result(60).done == 12


def test_result_gives_up_after_its_timeout_and_the_job_goes_on(kept, files, ledger, tmp_path):
    job = ledger.run(kept, files("wait-1"), chores.behave)
    with pytest.raises(TimeoutError):
        job.result(0.01)
    (tmp_path / "music" / "go").touch()
    assert job.result(60).done == 1


async def test_a_job_can_be_awaited_and_the_loop_goes_on(kept, files, ledger, tmp_path):
    job = ledger.run(kept, files("wait-1"), chores.behave)

    async def let_it_go():
        while not job.progress.current:
            await asyncio.sleep(0.01)
        (tmp_path / "music" / "go").touch()

    progress, _ = await asyncio.gather(job, let_it_go())
    assert progress.done == 1
    assert await job == progress, "it can be awaited again"


async def test_cancelling_the_await_cancels_the_job(kept, files, ledger):
    job = ledger.run(kept, files("wait-1"), chores.behave)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(job, 0.5)
    with pytest.raises(CancelledError):
        await job


def test_subscribers_hear_of_progress_and_of_the_end(kept, files, ledger):
    heard = []
    job = ledger.run(kept, files(*(f"nap-{n}" for n in range(6)), size_bytes=10**9), chores.behave)
    job.subscribe(heard.append)
    silent = []
    job.subscribe(silent.append)()
    job.result(60)
    ended = threading.Event()
    job.subscribe(lambda progress: ended.set())
    assert ended.wait(60), "who comes late hears of the end as well"
    assert heard[-1].state == "done"
    assert heard[-1].done == 6
    assert [p.finished for p in heard] == sorted(p.finished for p in heard)
    assert any(p.current and p.state == "running" for p in heard)
    assert len(silent) <= 1


def test_a_subscriber_that_raises_does_no_harm(kept, files, ledger, caplog):
    job = ledger.run(kept, files("ok-1"), chores.behave)
    job.subscribe(lambda progress: 1 / 0)
    assert job.result(60).done == 1


def test_workers_may_know_the_files_by_other_paths(kept, ledger):
    tasks = [Task("k", "/home/music/a.mp3", 1)]
    ledger.run(kept, tasks, str.upper, worker_path=lambda path: path.replace("/home", "/mnt")).result(60)
    assert ledger.values == {"k": "/MNT/MUSIC/A.MP3"}


def test_people_go_before_batches(kept, files, ledger, tmp_path):
    """A file asked for with priority overtakes those that wait, on workers that a long job keeps busy."""
    batch = ledger.run(kept, files(*(f"wait-{n}" for n in range(30)), size_bytes=10**9), chores.behave)
    until(lambda: len(batch.progress.current) == 2)
    finished_before = []
    urgent = run(
        kept,
        files("ok-urgent"),
        chores.behave,
        on_value=lambda task, value: finished_before.append(batch.progress.done) or 1.0,
        on_failure=ledger.on_failure,
        priority=10,
    )
    until(lambda: urgent.progress.total == 1)
    (tmp_path / "music" / "go").touch()
    urgent.result(60)
    assert finished_before[0] <= 8, "those that ran or were on their way, twice over at most"
    batch.result(60)
