"""Files that hang, crash or eat: reported with a reason, and no other file pays."""

import os
from collections import Counter
from pathlib import Path

import chores
import psutil
import pytest
from busy import longer_if_busy
from distributed import KilledWorker
from waiting import until

from workbench.processing.cluster.cluster import Cluster
from workbench.processing.on_worker.batch import WATCHDOG_MARGIN_S, Announcer, pack, run_batch


@pytest.fixture
def starts(tmp_path):
    """How often workers began each file."""
    return lambda: Counter(
        line.split()[0] for line in (tmp_path / "music" / "starts.log").read_text().splitlines()
    )


@pytest.mark.parametrize("deadly", ["die", "segfault"])
def test_a_file_that_kills_its_worker_is_found_out(kept, files, ledger, starts, deadly):
    innocent = files(*(f"ok-{n}" for n in range(30)))
    tasks = [*innocent[:15], *files(f"{deadly}-1"), *innocent[15:]]
    progress = ledger.run(kept, tasks, chores.behave).result(60)
    assert ledger.kinds == {f"{deadly}-1": "crash"}
    assert len(ledger.values) == progress.done == 30
    assert starts()[f"{deadly}-1"] == 2, "once among others, once alone"


def test_a_file_that_kills_its_worker_only_once_is_analyzed(kept, files, ledger, tmp_path):
    """A worker that was lost for another reason, such as another program taking the memory, costs nothing."""
    ledger.run(kept, files("once"), die_once).result(60)
    assert len(ledger.values) == 1
    assert not ledger.failures


def die_once(path):
    marker = Path(path).with_suffix(".seen")
    if not marker.exists():
        marker.touch()
        os._exit(1)
    return "fine"


@pytest.mark.parametrize("stuck", ["spin", "native"])
def test_a_file_that_never_ends_frees_its_worker(kept, files, ledger, stuck):
    tasks = files(f"{stuck}-1", size_bytes=10**9) + files(*(f"ok-{n}" for n in range(10)))
    limit_s = longer_if_busy(0.5)
    ledger.run(kept, tasks, chores.behave, timeout_s=limit_s).result(120)
    assert ledger.kinds == {f"{stuck}-1": "timeout"}
    assert f"ANALYSIS_TIMEOUT_SECONDS={limit_s:g}" in ledger.failures[0][1].error
    assert len(ledger.values) == 10


def test_many_files_that_never_end(kept, files, ledger):
    stuck = [f"{kind}-{n}" for kind in ("spin", "native") for n in range(2)]
    tasks = files(*stuck, *(f"ok-{n}" for n in range(10)))
    ledger.run(kept, tasks, chores.behave, timeout_s=longer_if_busy(0.5)).result(120)
    assert ledger.kinds == dict.fromkeys(stuck, "timeout")
    assert len(ledger.values) == 10
    until(lambda: kept.health()["status"] == "healthy")


def test_all_kinds_of_trouble_at_once(kept, files, ledger):
    bad = {
        "raise-1": "format",
        "die-1": "crash",
        "spin-1": "timeout",
        "segfault-1": "crash",
        "bug-1": "error",
    }
    tasks = files(*bad, *(f"ok-{n}" for n in range(20)))
    progress = ledger.run(kept, tasks, chores.behave, timeout_s=longer_if_busy(1)).result(120)
    assert ledger.kinds == bad
    assert progress.done == 20
    assert progress.failed == 5


def test_a_slow_file_within_its_deadline_is_left_alone(kept, files, ledger, starts):
    """The deadline is of a file: several in one batch may take longer together."""
    tasks = files(*(f"nap-{n}" for n in range(8)), size_bytes=0)
    kept_batches = ledger.run(kept, tasks, chores.behave, timeout_s=longer_if_busy(1.5))
    assert kept_batches.result(60).done == 8
    assert set(starts().values()) == {1}


def test_a_file_that_eats_memory_is_stopped(calm, files, ledger):
    with Cluster(calm, workers=1, memory_limit_bytes=400 * 2**20) as cluster:
        tasks = files("eat-1", "ok-1", "ok-2")
        ledger.run(cluster, tasks, chores.behave, timeout_s=60).result(120)
    assert ledger.kinds == {"eat-1": "crash"}
    assert len(ledger.values) == 2


def test_threads_suffer_the_same_and_recover(calm, files, ledger):
    """With PROCESS_POOL=false one process holds all threads; what kills it kills neighbors, who go again.

    Among them one that spins, and starts beside others when the session may not have seen the new process yet.
    """
    settings = calm.with_(process_pool=False, async_workers=3)
    with Cluster(settings) as cluster:
        assert cluster.workers == 3
        bad = {"die-1": "crash", "spin-1": "timeout", "raise-1": "format"}
        good = [f"nap-{n}" for n in range(9)]
        tasks = files("die-1", *good[:2], "spin-1", *good[2:], "raise-1", size_bytes=10**9)
        ledger.run(cluster, tasks, chores.behave, timeout_s=longer_if_busy(1)).result(120)
        until(lambda: list(cluster.threads().values()) == [3])
    assert ledger.kinds == bad
    assert len(ledger.values) == 9


def test_work_waits_for_memory_and_does_not_fail(calm, files, ledger):
    short = calm.with_()
    object.__setattr__(short, "memory_limit_percent", 0.001)  # less than any machine uses, so not allowed
    with Cluster(short, workers=1) as cluster:
        job = ledger.run(cluster, files("ok-1"), chores.behave)
        note = until(lambda: job.progress.note)
        assert "MEMORY_LIMIT_PERCENT=0.001" in note
        assert not job.done()
        assert cluster.health(timeout_s=60)["memory_ok"] is False
        assert cluster.health(timeout_s=60)["status"] == "degraded"
        cluster.settings = calm  # as if other programs had given some back
        assert job.result(60).done == 1
    assert job.progress.note is None


def test_workers_hold_nothing_of_the_session(kept, ledger, files, tmp_path):
    """No database open in the session is open in a worker, and nothing listens beyond this machine."""
    import sqlite3

    open_here = sqlite3.connect(tmp_path / "open.sqlite3")
    open_here.execute("CREATE TABLE t (x)")
    ledger.run(kept, files(*(f"f{n}" for n in range(8))), chores.worker_facts).result(60)
    for facts in ledger.values.values():
        assert not set(facts["loaded"]) & {"sqlite3", "pysqlite3", "tensorflow", "essentia"}
    open_here.close()
    for process in psutil.Process().children(recursive=True):
        assert not [file for file in process.open_files() if "open.sqlite3" in file.path]
        listening = [c for c in process.net_connections() if c.status == "LISTEN"]
        assert {connection.laddr.ip for connection in listening} <= {"127.0.0.1"}


def test_a_worker_frees_itself_when_its_session_is_gone(kept, files, all_gone):
    """Nobody is left to enforce the deadline: the watchdog in the worker does, even against native code."""
    [task] = files("native-1")
    timeout_s = 1 - WATCHDOG_MARGIN_S
    announcer = Announcer(job="lost", batch=1, topic="nobody listens")
    call = pack((chores.behave, ()))
    future = kept.client.submit(run_batch, [task.path], call, announcer, timeout_s=timeout_s, pure=False)
    with pytest.raises(KilledWorker):
        future.result(60)
    [start] = Path(task.path).with_name("starts.log").read_text().splitlines()
    all_gone([int(start.split()[1])])
