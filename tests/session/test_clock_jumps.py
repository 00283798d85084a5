"""The clock of the machine is set while jobs run: nothing is done twice, believed too long, or silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from workbench import Settings
from workbench.performance.monitor import PerformanceMonitor
from workbench.performance.process_publisher import ProcessPublisher
from workbench.performance.published import CLEAR_CACHES, CLUSTER_HEALTH, START_CLUSTER
from workbench.performance.system import SystemSampler
from workbench.processing.job.job import Job
from workbench.processing.job.single_call import SingleCall
from workbench.session.jobs.cluster_watch import ClusterWatch
from workbench.session.jobs.queue import JobQueue
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library

DAY_S = 86_400.0


class Clock:
    """A clock that can be set, and a timer that cannot."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.elapsed_s = 100.0

    def now(self) -> float:
        return 1_800_000_000.0 + self.elapsed_s + self.ahead_s

    def timer(self) -> float:
        return self.elapsed_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[-DAY_S, DAY_S], ids=["backwards", "forwards"])
def jump_s(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture
def library(tmp_path: Path, clock: Clock) -> Iterator[Library]:
    with DatabasePool(tmp_path / "library.sqlite3") as pool:
        yield Library(pool, now=clock.now)


def test_a_running_job_keeps_its_owner_and_its_time(library: Library, clock: Clock, jump_s: float) -> None:
    go_on = threading.Event()
    job: Job[Any] = Job(
        SingleCall(lambda steps: go_on.wait(20), unit="step"), lambda loop: None, title="Long"
    )

    def other_start(kind: str, request: dict[str, Any]) -> Any:
        raise AssertionError("the job was done twice")

    ours = JobQueue(lambda kind, request: job, library, look_every_s=0.01)
    theirs = JobQueue(other_start, library, look_every_s=0.01)
    theirs.resume()
    try:
        queued = ours.submit("map", {})
        until(lambda: queued.running is not None)
        saved = library.jobs.get(queued.id).updated_at
        clock.ahead_s = jump_s
        until(lambda: library.jobs.get(queued.id).updated_at != saved)  # the sign of life went on
        clock.elapsed_s += 1
        until(lambda: theirs.get(queued.id).status == "running")
        assert 0 <= job.progress.elapsed_s < 60
        go_on.set()
        until(lambda: theirs.get(queued.id).status == "done")
    finally:
        go_on.set()
        ours.close()
        theirs.close()


def test_a_process_stays_alive_and_obeys(library: Library, clock: Clock, jump_s: float) -> None:
    cleared = threading.Event()
    publisher = ProcessPublisher(
        "kernel",
        library.activity,
        lambda: {"caches": {}},
        clear_caches=cleared.set,
        interval_s=0.005,
        timer=clock.timer,
    )
    try:
        before = until(library.activity.processes)[0].updated_at
        library.activity.set_value(CLEAR_CACHES, time.time() + clock.ahead_s)
        until(cleared.is_set)
        cleared.clear()
        clock.ahead_s = jump_s
        clock.elapsed_s += 6
        until(lambda: library.activity.processes()[0].updated_at not in (before, before + 6))
        library.activity.set_value(CLEAR_CACHES, time.time() + clock.ahead_s)
        until(cleared.is_set)
    finally:
        publisher.close()


def test_rates_and_the_health_of_workers_do_not_follow_the_clock(
    library: Library, clock: Clock, jump_s: float, tmp_path: Path
) -> None:
    sampler = SystemSampler(tmp_path, interval_s=60)
    monitor = PerformanceMonitor(
        Settings(data_dir=tmp_path), library.activity, sampler, clock=clock.now, timer=clock.timer
    )
    try:
        answer = {"started": True, "status": "healthy", "response_time_ms": 7.0, "at": clock.now()}
        library.activity.set_value(CLUSTER_HEALTH, answer)
        clock.elapsed_s += 5
        assert monitor.refresh().window_s == 5
        assert monitor.processor_health()["response_time_ms"] == 7.0
        clock.ahead_s = jump_s
        clock.elapsed_s += 5
        assert monitor.refresh().window_s == 10
        assert (
            monitor.processor_health()["response_time_ms"] is None
        )  # what was said in another time is not believed
        written = len(library.activity.metrics())
        library.activity.publish_process("x:1:1", pid=1, role="cli", started_at=0, payload=counters())
        clock.elapsed_s += 60
        monitor.refresh()
        assert len(library.activity.metrics()) == written + 1
    finally:
        monitor.close()


def counters() -> dict[str, Any]:
    return {"caches": {"analysis_cache": {"hits": 3}}}


class Cluster:
    """Counts how often it was started."""

    def __init__(self) -> None:
        self.starts = 0

    @property
    def client(self) -> object:
        self.starts += 1
        return object()

    def health(self, timeout_s: float) -> dict[str, Any]:
        return {"started": self.starts > 0, "status": "healthy"}


def test_workers_start_for_who_asks_after_the_clock_was_set(
    library: Library, clock: Clock, jump_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.session.jobs.cluster_watch.INTERVAL_S", 0.005)
    cluster = Cluster()
    library.activity.set_value(START_CLUSTER, time.time() - 60)  # nobody waits for this one any more
    watch = ClusterWatch(lambda: cluster, library)  # type: ignore[arg-type,return-value]
    try:
        until(lambda: watch.latest().get("status"))
        assert cluster.starts == 0
        library.activity.set_value(START_CLUSTER, time.time())
        until(lambda: cluster.starts == 1)
        library.activity.set_value(START_CLUSTER, time.time() + jump_s)
        until(lambda: cluster.starts == 2)
    finally:
        watch.close()
