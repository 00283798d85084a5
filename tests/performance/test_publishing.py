"""Processes publish, the monitor adds up, the dead are dropped and what they counted is not."""

from __future__ import annotations

import mmap
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import until

from workbench.machine.process_identity import process_name
from workbench.performance.monitor import PerformanceMonitor
from workbench.performance.process_publisher import ProcessPublisher
from workbench.performance.published import merge_ended
from workbench.performance.system import SystemSampler
from workbench.performance.totals import add_counters
from workbench.processing.job.job_statistics import JobStatistics
from workbench.processing.job.task import Failure, Progress
from workbench.settings import Settings
from workbench.store.library.library import Library


def figures(hits: int = 0, queries: int = 0, processed: int = 0) -> dict[str, Any]:
    return {
        "caches": {
            "analysis_cache": {"hits": hits, "misses": 1, "current_size_bytes": 2**20, "max_size_mb": 4.0}
        },
        "database_pool": {"total_queries": queries, "total_connections": 2, "active": 1, "idle": 1},
        "async_processor": {"total_processed": processed, "active_operations": 1},
    }


@pytest.fixture
def monitor(library: Library, tmp_path: Path) -> Iterator[PerformanceMonitor]:
    found = PerformanceMonitor(Settings(data_dir=tmp_path), library.activity, SystemSampler(tmp_path))
    yield found
    found.close()


@pytest.fixture
def stranger() -> Iterator[psutil.Process]:
    """Another process, alive."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield psutil.Process(process.pid)
    process.kill()
    process.communicate()


def publish(library: Library, process: psutil.Process, payload: dict[str, Any], name: str = "") -> None:
    library.activity.publish_process(
        name or process_name(process.pid),
        pid=process.pid,
        role="kernel",
        started_at=process.create_time(),
        payload=payload,
    )


def test_figures_of_all_processes_are_added_up(
    library: Library, monitor: Any, stranger: psutil.Process
) -> None:
    publish(library, stranger, figures(hits=3, queries=10, processed=2))
    publish(library, psutil.Process(), figures(hits=4, queries=5, processed=1))
    monitor.refresh()
    cache = monitor.cache_stats()["analysis_cache"]
    assert (cache["hits"], cache["misses"], cache["size_mb"], cache["max_size_mb"]) == (7, 2, 2.0, 8.0)
    assert cache["hit_rate"] == pytest.approx(7 / 9)
    assert cache["utilization_percent"] == pytest.approx(25)
    assert monitor.database_pool()["total_queries"] == 15
    assert monitor.processor_health()["total_processed"] == 3
    assert len(monitor.metrics()["processes"]) == 2


def test_killed_process_goes_and_its_counts_stay(
    library: Library, monitor: Any, stranger: psutil.Process
) -> None:
    publish(library, stranger, figures(hits=3, queries=10, processed=2))
    assert len(monitor.refresh().processes) == 1
    stranger.kill()
    stranger.wait()
    monitor.refresh()
    metrics = monitor.metrics()
    assert metrics["processes"] == []
    assert metrics["retired"]["processes"] == 1
    assert metrics["caches"]["analysis_cache"]["hits"] == 3
    assert metrics["caches"]["analysis_cache"]["current_size_bytes"] == 0
    assert metrics["async_processor"]["active_operations"] == 0
    assert monitor.refresh().retired["processes"] == 1


def test_another_process_with_the_same_pid_is_not_taken_for_it(library: Library, monitor: Any) -> None:
    publish(library, psutil.Process(), figures(hits=3), name=process_name()[:-1])
    assert monitor.refresh().processes == []
    assert monitor.cache_stats()["analysis_cache"]["hits"] == 3


def test_publisher_writes_what_it_is_given_and_leaves_its_counts(
    library: Library,
    monitor: Any,
) -> None:
    state = figures(hits=1)
    publisher = ProcessPublisher("kernel", library.activity, lambda: state, interval_s=0.01)
    until(lambda: len(monitor.refresh().processes) == 1)
    process = monitor.metrics()["processes"][0]
    assert process["pid"] == psutil.Process().pid
    assert process["rss_mb"] > 10
    assert process["pss_mb"] is None or 0 < process["pss_mb"] <= process["rss_mb"] * 1.5
    state = figures(hits=5)
    until(lambda: monitor.refresh() and monitor.cache_stats()["analysis_cache"]["hits"] == 5)
    publisher.close()
    publisher.close()
    assert monitor.refresh().processes == []
    assert monitor.cache_stats()["analysis_cache"]["hits"] == 5


def test_only_a_process_that_stays_measures_shared_memory(library: Library) -> None:
    numbers = iter(range(10**9))
    publisher = ProcessPublisher(
        "cli", library.activity, lambda: figures(hits=next(numbers)), interval_s=3600
    )
    before = until(library.activity.processes)[0]
    assert before.payload["memory"]["pss_bytes"] is None
    publisher.publish()
    memory = library.activity.processes()[0].payload["memory"]
    publisher.close()
    assert memory["pss_bytes"] == pytest.approx(memory["rss_bytes"], rel=0.9) or sys.platform != "linux"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell it")
def test_shared_memory_is_measured_when_a_process_has_grown_and_once_a_minute(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []
    measure = psutil.Process.memory_full_info

    def count(process: psutil.Process) -> Any:
        measured.append(process.pid)
        return measure(process)

    monkeypatch.setattr(psutil.Process, "memory_full_info", count)
    now_s = 0.0
    publisher = ProcessPublisher("kernel", library.activity, figures, interval_s=3600, timer=lambda: now_s)
    until(library.activity.processes)

    def publish_after(seconds: float) -> int:
        nonlocal now_s
        now_s += seconds
        measured.clear()
        publisher.publish()
        return measured.count(psutil.Process().pid)

    assert [publish_after(6), publish_after(6), publish_after(6)] == [1, 0, 0]
    grown = mmap.mmap(
        -1, psutil.Process().memory_info().rss // 10
    )  # memory that was free before would not count
    grown.write(b"1" * len(grown))
    before = library.activity.processes()[0].payload["memory"]["pss_bytes"]
    assert publish_after(6) == 1
    assert library.activity.processes()[0].payload["memory"]["pss_bytes"] > before + len(grown) / 2
    assert publish_after(6) == 0
    assert publish_after(60) == 1
    publisher.close()
    grown.close()


def test_idle_process_writes_nothing_but_its_heartbeat(library: Library) -> None:
    times = iter(range(10**9))
    asked: list[int] = []

    def look() -> dict[str, Any]:
        asked.append(1)
        return figures()

    publisher = ProcessPublisher(
        "kernel", library.activity, look, interval_s=0.001, timer=lambda: next(times) * 0.001
    )
    until(lambda: library.activity.processes())
    before = library.pool.stats()["total_queries"], len(asked)
    until(lambda: len(asked) > before[1] + 50)
    row = library.activity.processes()[0]
    publisher.close()
    assert row.payload["caches"] == figures()["caches"]


def test_every_process_clears_its_caches_when_one_asks(library: Library, monitor: Any) -> None:
    cleared: list[str] = []
    publishers = [
        ProcessPublisher(
            "kernel",
            library.activity,
            figures,
            clear_caches=lambda n=name: cleared.append(n),
            interval_s=0.01,
        )
        for name in ("a", "b")
    ]
    monitor.clear_caches()
    until(lambda: sorted(cleared) == ["a", "b"])
    for publisher in publishers:
        publisher.close()


def test_workers_are_published_by_who_started_them(
    library: Library,
    monitor: Any,
    stranger: Any,
) -> None:
    publisher = ProcessPublisher(
        "server", library.activity, figures, workers=lambda: [stranger.pid], interval_s=0.01
    )
    until(lambda: len(monitor.refresh().processes) == 2)
    assert {process["role"] for process in monitor.metrics()["processes"]} == {"server", "worker"}
    publisher.close()


counts = st.builds(figures, *[st.integers(0, 1000)] * 3)


@settings(max_examples=25)
@given(st.lists(counts, min_size=1, max_size=5), st.integers(1, 5))
def test_ended_processes_count_the_same_in_whatever_groups_they_end(payloads: Any, cut: int) -> None:
    from workbench.store.library.records import ProcessRecord

    rows = [ProcessRecord(str(n), n, "kernel", 0.0, float(n), payload) for n, payload in enumerate(payloads)]
    at_once = merge_ended(None, rows)
    parts = None
    for part in (rows[:cut], rows[cut:]):
        parts = merge_ended(parts, part) if part else parts
    assert parts == at_once
    assert at_once["processes"] == len(rows)
    total = sum(payload["caches"]["analysis_cache"]["hits"] for payload in payloads)
    assert add_counters({}, at_once)["caches"]["analysis_cache"]["hits"] == total


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class LiteralJob:
    def __init__(self, progress: Progress, failed: list[Failure]) -> None:
        self.progress = progress
        self.failed = failed
        self.ended = False

    def done(self) -> bool:
        return self.ended


def test_jobs_are_counted_while_they_run_and_after() -> None:
    clock = FakeClock()
    counted = JobStatistics(lambda: 4, timer=clock)
    progress = Progress(total=10, done=3, cached=2, failed=1, audio_seconds=60.0, current=("a", "b"))
    job = LiteralJob(progress, [Failure("x", "late", "timeout")])
    counted.watch(job)
    clock.now = 10.0
    found = counted.totals()
    assert (found["total_processed"], found["total_failed"], found["total_timeouts"]) == (3, 1, 1)
    assert (found["active_operations"], found["queued_operations"]) == (2, 2)
    assert (found["busy_seconds"], found["available_seconds"]) == (20.0, 40.0)
    job.ended = True
    clock.now = 20.0
    after = counted.totals()
    assert (after["total_processed"], after["active_operations"], after["queued_operations"]) == (3, 0, 0)
    assert after == counted.totals() | {"busy_seconds": after["busy_seconds"]}


def test_time_of_shared_workers_is_counted_once(
    library: Library, monitor: Any, stranger: psutil.Process
) -> None:
    clock = FakeClock()
    owner = JobStatistics(lambda: 2, timer=clock)
    owner.account_for(monitor.guest_operations)
    guests = [JobStatistics(lambda: 2, joined=lambda: True, timer=clock) for _ in range(2)]
    jobs = [LiteralJob(Progress(total=9, done=0, current=("a",)), []) for _ in guests]
    for guest, job in zip(guests, jobs, strict=True):
        guest.watch(job)

    def publish_all() -> dict[str, Any]:
        alive = [psutil.Process(), stranger, psutil.Process(1)]
        for process, figures in zip(alive, [owner, *guests], strict=True):
            publish(library, process, {"async_processor": figures.totals()})
        return dict(monitor.refresh().async_processor)

    idle = publish_all()
    assert (idle["busy_seconds"], idle["available_seconds"], idle["active_operations"]) == (0, 0, 2)
    clock.now = 10.0
    busy = publish_all()
    assert (busy["busy_seconds"], busy["available_seconds"]) == (20, 20)
    for job in jobs:
        job.ended = True
    publish_all()
    clock.now = 20.0
    assert publish_all()["available_seconds"] == 20
