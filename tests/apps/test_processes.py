"""Several processes on one library: what one does, every answer of the server shows."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from waiting import until

KERNEL = """
import sys
from workbench import Workbench

with Workbench(sys.argv[1], role="kernel", async_workers=1) as wb:
    report = wb.analyze(sys.argv[2], force=True, show=False).result()
    first = int(wb.table().ids[0])
    for _ in range(5):
        wb.track.features(first)
    print(report.analyzed, flush=True)
    sys.stdin.readline()
"""

SHOWN_WITHIN_S = 2.0
GLIBC_HEAP_BYTES = 64 << 20  # arena.c: where heaps of threads begin, besides the one of the process
COUNTED = (
    ("performance/cache/stats", ("analysis_cache", "hits")),
    ("performance/cache/stats", ("analysis_cache", "misses")),
    ("performance/database/pool", ("total_queries",)),
    ("performance/async-processor/health", ("total_processed",)),
)


def counters(server: Any) -> list[int]:
    values = []
    for path, names in COUNTED:
        value = server.get(path).json()
        for name in names:
            value = value[name]
        values.append(value)
    return values


def live_pids(server: Any) -> set[int]:
    return {process["pid"] for process in server.get("performance/metrics").json()["processes"]}


def start_kernel(data_dir: Path, music: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(data_dir), str(music / "one.wav")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def kernel(server: Any, music: Path) -> Any:
    with start_kernel(server.data_dir, music) as process:
        yield process
        process.kill()


def test_other_process_is_shown_and_when_killed_its_counts_stay(server: Any, kernel: Any) -> None:
    before = counters(server)
    assert kernel.stdout.readline().strip() == "1"

    def shown() -> bool:
        after = counters(server)
        grown = [now - then for now, then in zip(after, before, strict=True)]
        return kernel.pid in live_pids(server) and grown[0] >= 4 and grown[1] >= 1 and grown[3] >= 1

    until(shown, SHOWN_WITHIN_S)
    at_kill = counters(server)
    os.kill(kernel.pid, signal.SIGKILL)

    seen = [at_kill]

    def gone() -> bool:
        seen.append(counters(server))
        return kernel.pid not in live_pids(server)

    until(gone)
    seen.append(counters(server))
    assert all(later >= earlier for a, b in pairwise(seen) for earlier, later in zip(a, b, strict=True))
    assert server.get("performance/metrics").json()["retired"]["processes"] >= 1


def test_kernel_lets_the_server_start_workers_and_joins_them(token_server: Any, music: Path) -> None:
    assert not token_server.get("performance/async-processor/health").json()["started"]
    with start_kernel(token_server.data_dir, music) as kernel:
        assert kernel.stdout is not None
        assert kernel.stdout.readline().strip() == "1"
        assert token_server.get("performance/async-processor/health").json()["started"]
        commands = [
            " ".join(child.cmdline()) for child in psutil.Process(kernel.pid).children(recursive=True)
        ]
        assert not [command for command in commands if "local_cluster" in command]
        kernel.kill()


def test_killed_worker_is_told_until_another_has_taken_its_place(server: Any) -> None:
    def health() -> str:
        return str(server.get("performance/async-processor/health").json()["status"])

    def workers() -> dict[int, Any]:
        processes = server.get("performance/metrics").json()["processes"]
        return {process["pid"]: process for process in processes if process["role"] == "worker"}

    before = until(lambda: len(found := workers()) == 2 and found)
    assert all(row["rss_mb"] > 10 and (row["pss_mb"] is None or row["pss_mb"] > 1) for row in before.values())
    until(lambda: health() == "healthy")

    victim = psutil.Process(next(iter(before)))
    starter = victim.parent()
    assert starter is not None
    starter.suspend()  # so that it is missing for long enough to be seen
    try:
        victim.kill()
        until(lambda: health() == "degraded")
        until(lambda: victim.pid not in workers())
    finally:
        starter.resume()
    until(lambda: health() == "healthy", 60)
    until(lambda: len(found := workers()) == 2 and victim.pid not in found)


def test_stuck_worker_is_told_until_it_answers_again(server: Any) -> None:
    def health() -> Any:
        return server.get("performance/async-processor/health").json()

    def workers() -> list[int]:
        processes = server.get("performance/metrics").json()["processes"]
        return [process["pid"] for process in processes if process["role"] == "worker"]

    until(lambda: health()["status"] == "healthy" and health()["workers"] == 2, 60)
    stuck = psutil.Process(until(workers)[0])
    stuck.suspend()
    try:
        told = until(lambda: (found := health())["status"] == "degraded" and found)
        assert "have not answered" in told["reasons"][0]
        assert (told["workers"], told["expected_workers"]) == (1, 2)
    finally:
        stuck.resume()
    until(lambda: health()["status"] == "healthy")


def test_short_memory_is_told_until_there_is_room(serve: Any, tmp_path: Path) -> None:
    limit_bytes = psutil.virtual_memory().total // 2

    def use(percent: int) -> None:
        (tmp_path / "memory.current").write_text(str(limit_bytes * percent // 100))

    def health() -> Any:
        return server.get("performance/async-processor/health").json()

    (tmp_path / "memory.max").write_text(str(limit_bytes))
    use(10)
    server = serve(WORKBENCH_MEMORY_LIMIT_PERCENT="98", CONTROL_GROUPS=str(tmp_path))
    assert health()["status"] == "healthy"
    use(99)
    told = until(lambda: not (found := health())["memory_ok"] and found)
    assert told["status"] == "degraded"
    assert any("99 % used" in why and "MEMORY_LIMIT_PERCENT" in why for why in told["reasons"])
    use(10)
    until(lambda: health()["status"] == "healthy" and health()["memory_ok"])


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="heaps of threads are told by their addresses in glibc"
)
def test_threads_of_the_server_share_a_heap(server: Any) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(server.get, ["tracks", "stats/analysis"] * 16))
    assert {answer.status_code for answer in answers} == {200}
    process = psutil.Process(server.process.pid)
    assert process.num_threads() > 8
    starts = [
        int(mapping.addr.split("-")[0], 16)
        for mapping in process.memory_maps(grouped=False)
        if mapping.path == "[anon]" and mapping.perms.startswith("rw")
    ]
    assert sum(start % GLIBC_HEAP_BYTES == 0 for start in starts) < 4  # imports may have started one or two
