"""What the scheduling, hashing and saving of many new files costs, and whether many workers are kept busy.

    python tests/benchmarks/bench_scale.py [--only curve workers busy] [--counts N …] [--folder FOLDER]

The analysis is made up and returns the features of one real track, so that all other cost shows; files are as small as
WAV files can be. *curve*: in one process, up to the largest count. *workers*: with two workers of this machine, and
files that take 1 ms. *busy*: a scheduler with 64 workers, as on other machines, and files that take 1.6 s, as three
minutes of music do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from workbench import Workbench
from workbench.analysis.analyze_file import Analyzed, analyze_file
from workbench.processing.job.task import Task
from workbench.session.jobs.analysis_tasks import AnalysisTasks
from workbench.settings import Settings

A_FOLDER = 1000  # files
CLUSTER = """
import sys
import dask
from distributed import LocalCluster
# All workers are one process: what each does for itself once in a while must not be done 64 times.
dask.config.set({"distributed.admin.system-monitor.interval": "60s", "distributed.admin.tick.interval": "5s",
                 "distributed.worker.profile.enabled": False})
cluster = LocalCluster(n_workers=int(sys.argv[1]), threads_per_worker=1, processes=False, protocol="tcp://",
                       host="127.0.0.1", dashboard_address=None, memory_limit=0)
print(cluster.scheduler_address, flush=True)
sys.stdin.read()
"""


def synthetic(path: str, features: Any, seconds: float) -> Analyzed:
    start = time.time()
    time.sleep(seconds)
    return Analyzed(features, start)  # the start instead of the duration, to see who was busy when


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=["curve", "workers", "busy"])
    parser.add_argument("--counts", type=int, nargs="*", default=[1000, 3000, 10_000, 30_000, 100_000])
    parser.add_argument("--with-workers", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.6)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    features = features_of_one_track()
    parts: dict[str, Any] = {
        "curve": lambda folder: curve(folder, options.counts, features),
        "workers": lambda folder: with_workers(folder, options.with_workers, features),
        "busy": lambda folder: busy(folder, options.workers, options.seconds, features),
    }
    for name in options.only or parts:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            parts[name](Path(folder))
    print(f"load {psutil.getloadavg()[0]:.0f}")


def features_of_one_track() -> Any:
    from workbench.audio.demo.demo_library import make_demo_library

    with tempfile.TemporaryDirectory() as folder:
        make_demo_library(Path(folder))
        return analyze_file(str(next(Path(folder).rglob("*.wav"))), Settings())


def make_files(folder: Path, count: int) -> None:
    """Write WAV files of two samples, all different."""
    head = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\x08\0\0\0"
    for number in range(count):
        if number % A_FOLDER == 0:
            below = folder / f"{number // A_FOLDER:04}"
            below.mkdir(parents=True)
        (below / f"{number:07}.wav").write_bytes(head + number.to_bytes(8, "little"))


def curve(folder: Path, checkpoints: list[int], features: Any) -> None:
    """Plan once, then hash, record and save file after file in this process; print the cost since the last line."""
    make_files(folder / "music", max(checkpoints))
    me = psutil.Process()
    with Workbench(folder / "data") as wb:
        cpu = time.process_time()
        plan = wb.analyze.plan(folder / "music")
        planned = 1e6 * (time.process_time() - cpu) / len(plan.found)
        print(
            f"planning {len(plan.found):,} files: {planned:.0f} µs of CPU each, {me.memory_info().rss / 2**20:,.0f} MiB"
        )
        print(
            f"{'files':>9}{'CPU a file':>12}{'memory':>9}{'database':>10}{'log':>7}   (µs since the line before, MiB)"
        )
        tasks, _ = tasks_of(wb, plan)
        since, cpu = 0, time.process_time()
        for done, task in enumerate(tasks.tasks(), 1):
            assert isinstance(task, Task), task
            tasks.on_value(task, Analyzed(features, 0.0))
            if done in checkpoints:
                each = 1e6 * (time.process_time() - cpu) / (done - since)
                stats = wb.library.pool.stats()
                size = (folder / "data" / "library.sqlite3").stat().st_size / 2**20
                print(
                    f"{done:>9,}{each:>12,.0f}{me.memory_info().rss / 2**20:>9,.0f}{size:>10,.0f}"
                    f"{stats['wal_size_bytes'] / 2**20:>7,.0f}",
                    flush=True,
                )
                since, cpu = done, time.process_time()


def tasks_of(wb: Workbench, plan: Any) -> tuple[AnalysisTasks, Any]:
    """Return the tasks of ``wb.analyze``, and what saves a result."""
    analyze = wb.analyze
    tasks = AnalysisTasks(wb.library, plan, stale=analyze._stale, keep=analyze.keep, elsewhere=None)
    return tasks, tasks.on_value


def with_workers(folder: Path, count: int, features: Any) -> None:
    """Do the same with two workers of this machine, and print what the processes cost and keep."""
    make_files(folder / "music", count)
    me = psutil.Process()
    with Workbench(folder / "data", async_workers=2) as wb:
        plan = wb.analyze.plan(folder / "music")
        tasks, _ = tasks_of(wb, plan)
        cpu, wall = time.process_time(), time.perf_counter()
        report = wb.jobs.start(tasks, synthetic, (features, 0.001), show=False).result()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        others = me.children(recursive=True)
        theirs = sum(sum(process.cpu_times()[:2]) for process in others)
        memory = max(process.memory_info().rss for process in others) / 2**20
    assert (report.analyzed, len(report.failed)) == (count, 0), report
    print(
        f"with two workers, {count:,} files of 1 ms: {1e6 * cpu / count:,.0f} µs of CPU a file here, "
        f"{1e6 * theirs / count:,.0f} µs in scheduler and workers with their start, {1e6 * wall / count:,.0f} wall; "
        f"{me.memory_info().rss / 2**20:,.0f} MiB here, at most {memory:,.0f} MiB in another process"
    )


def busy(folder: Path, workers: int, seconds: float, features: Any) -> None:
    count = 40 * workers
    make_files(folder / "music", count)
    cluster = subprocess.Popen(
        [sys.executable, "-c", CLUSTER, str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert cluster.stdout is not None and cluster.stdin is not None
    address = cluster.stdout.readline().strip()
    starts: list[float] = []
    with Workbench(folder / "data", scheduler_address=address) as wb:
        tasks, save = tasks_of(wb, wb.analyze.plan(folder / "music"))

        def noted(task: Any, value: Analyzed) -> float:
            starts.append(value.seconds)
            return save(task, value)

        tasks.on_value = noted  # type: ignore[method-assign]
        cpu = time.process_time()
        wb.jobs.start(tasks, synthetic, (features, seconds), show=False).result()
        cpu = time.process_time() - cpu
    theirs = sum(psutil.Process(cluster.pid).cpu_times()[:2])
    cluster.stdin.close()
    cluster.wait()
    began = np.sort(starts)
    # from when all have begun until the first has nothing more to do
    window = (began[workers], began[-workers])
    inside = np.clip(began + seconds, *window) - np.clip(began, *window)
    share = inside.sum() / (workers * (window[1] - window[0]))
    print(
        f"{workers} workers, {count:,} files of {seconds:g} s: busy {share:.1%}; CPU here {1e6 * cpu / count:,.0f} µs "
        f"a file, scheduler and workers {1e6 * theirs / count:,.0f} µs, load {psutil.getloadavg()[0]:.0f}"
    )


if __name__ == "__main__":
    main()
