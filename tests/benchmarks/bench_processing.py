"""What the workers cost and gain, side by side in one run: python tests/benchmarks/bench_processing.py [FOLDER]

With a folder its audio is analyzed; without one, files are stand-ins that burn a known CPU time each.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from workbench.processing.cluster.cluster import Cluster
from workbench.processing.job.task import Task
from workbench.settings import Settings

sys.path.append(str(Path(__file__).parents[1]))
from running import run

FILES = 120
BURN_S = 0.025
ROUNDS = 3


def burn(path: str, seconds: float = BURN_S) -> float:
    """Use this much CPU time, whoever else wants the core."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return seconds


def analyze(path: str) -> float:
    from workbench.analysis import analyze_file

    start = time.thread_time()
    analyze_file(path)
    return time.thread_time() - start


def nothing(path: str) -> None:
    return None


def processes_of(cluster: Cluster) -> list[psutil.Process]:
    """Return this process, the workers and all that is between."""
    found = {psutil.Process()}
    for pid in cluster.client.run(os.getpid).values():
        worker = psutil.Process(pid)
        found |= {worker, *worker.parents()[: [p.pid for p in worker.parents()].index(os.getpid())]}
    return list(found)


def cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def work(cluster: Cluster, tasks: list[Task], function: Callable[..., Any]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds of everything, and CPU seconds inside the function."""
    inside: list[float] = []
    processes = processes_of(cluster)
    cpu, wall = cpu_s(processes), time.perf_counter()
    job = run(
        cluster,
        tasks,
        function,
        on_value=lambda task, value: inside.append(value or 0.0) or 0.0,  # type: ignore[func-returns-value]
        on_failure=lambda task, failure: print(f"  {failure.path}: {failure.error}", file=sys.stderr),
    )
    job.result()
    return time.perf_counter() - wall, cpu_s(processes) - cpu, sum(inside)


def batched_against_single(cluster: Cluster, tasks: list[Task]) -> tuple[float, float]:
    """Return trivial files a second through a job, and one Dask task a file."""
    batched = len(tasks) / work(cluster, tasks, nothing)[0]
    start = time.perf_counter()
    futures = [cluster.client.submit(nothing, task.path, pure=False) for task in tasks]
    cluster.client.gather(futures)
    return batched, len(tasks) / (time.perf_counter() - start)


def restart_s(cluster: Cluster) -> float:
    """Return seconds from killing a worker until its successor is there."""
    before = cluster.threads()
    pids = cluster.client.run(os.getpid)
    start = time.perf_counter()
    os.kill(next(iter(pids.values())), signal.SIGKILL)
    while len(now := cluster.threads()) < len(before) or now.keys() == before.keys():
        time.sleep(0.005)
    return time.perf_counter() - start


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    found = sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []
    tasks = [Task(str(path), str(path), path.stat().st_size) for path in found]
    tasks = tasks or [Task(str(n), f"file {n}", 300_000) for n in range(FILES)]
    function = analyze if found else burn
    with tempfile.TemporaryDirectory() as data_dir:
        settings = Settings(data_dir=Path(data_dir), memory_limit_percent=100)
        with Cluster(settings, workers=1) as one, Cluster(settings, workers=2) as two:
            starts = []
            for cluster in (one, two):
                start = time.perf_counter()
                cluster.client  # noqa: B018
                starts.append(time.perf_counter() - start)
                work(cluster, tasks[:4], function)
            rounds = [(work(one, tasks, function), work(two, tasks, function)) for _ in range(ROUNDS)]
            trivial = [Task(str(n), str(n), 1) for n in range(2000)]
            batched, single = batched_against_single(two, trivial)
            restarts = [restart_s(two) for _ in range(5)]
    speedups = [one[0] / two[0] for one, two in rounds]
    overheads = [100 * (cpu - inside) / inside for _, (_, cpu, inside) in rounds]
    print(
        f"{len(tasks)} files, {ROUNDS} rounds, one worker and two in turn; load {psutil.getloadavg()[0]:.1f}"
    )
    rows = [
        ("two workers against one, wall", f"{statistics.median(speedups):.2f}x", ">= 1.85x", speedups),
        ("CPU beside the work itself", f"{statistics.median(overheads):.1f} %", "<= 5 %", overheads),
        (
            "trivial files a second, job against one task a file",
            f"{batched / single:.1f}x",
            "",
            [batched, single],
        ),
        ("start: one worker, two", f"{starts[1]:.2f} s", "", starts),
        ("a killed worker is back after", f"{statistics.median(restarts):.2f} s", "", restarts),
    ]
    for name, figure, bar, all_figures in rows:
        print(f"{name:<54}{figure:>9}  {bar:<9} [{', '.join(f'{value:.2f}' for value in all_figures)}]")


if __name__ == "__main__":
    main()
