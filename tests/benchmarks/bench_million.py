"""Listings and playlists of a large library, each in a fresh process: first byte, time, CPU time and peak memory.

    python tests/benchmarks/bench_million.py DATA_DIR [--tracks N] [--before TREE DATA_DIR]

DATA_DIR is the data folder of a library; with ``--tracks``, one is made there first if there is none. ``--before`` runs
the same commands with the code of another working tree on its own data folder, in turns, for a comparison in one run.
``--pages`` measures pages of 100 tracks instead: the first and the last one, by offset and by key.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from workbench import Workbench

ROUNDS = 3
START = "import sys; from workbench.cli.main import main; sys.exit(main(sys.argv[1:]))"
COMMANDS = {
    "tracks": ["tracks"],
    "tracks --json": ["tracks", "--json"],
    "tracks --json --limit 20": ["tracks", "--json", "--limit", "20"],
    "playlist similarity": ["playlist", "similarity", "--start", "77", "--random-state", "1", "--json"],
}
PAGES = {
    "in order of id": {},
    "sort=bpm": {"sort": "bpm"},
    "sort=artist, year desc": {"sort": "artist, year desc"},
    "where=bpm 100-140": {"where": "bpm 100-140"},
    "query=title (all tracks)": {"query": "title"},
}
WITHOUT_FILE = "playlist similarity, no table file"


class Run(NamedTuple):
    """One command: seconds until the first byte, in all and of the processor, peak memory, and the exit code."""

    first_s: float
    wall_s: float
    cpu_s: float
    peak_mib: float
    code: int


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--tracks", type=int, help="make a library of so many tracks")
    parser.add_argument("--before", nargs=2, type=Path, metavar=("TREE", "DATA_DIR"))
    parser.add_argument("--only", nargs="*", choices=[*COMMANDS, WITHOUT_FILE])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--pages", action="store_true")
    options = parser.parse_args()
    if options.tracks and not (options.data_dir / "library.sqlite3").exists():
        make_library(options.data_dir, options.tracks)
    if options.pages:
        measure_pages(options.data_dir)
        return
    sides = {"now": (Path(__file__).parents[2], options.data_dir)}
    if options.before:
        sides = {"before": tuple(options.before)} | sides
    print(
        f"{'':36}{'':8}{'first byte':>12}{'wall s':>9}{'CPU s':>9}{'MiB':>8}  exit, medians of {options.rounds}"
    )
    for name in options.only or [*COMMANDS, WITHOUT_FILE]:
        runs: dict[str, list[Run]] = {side: [] for side in sides}
        for _ in range(options.rounds):
            for side, (tree, data_dir) in sides.items():
                if name == WITHOUT_FILE:
                    (data_dir / "library.columns").unlink(missing_ok=True)
                runs[side].append(
                    measure(tree, data_dir, COMMANDS.get(name, COMMANDS["playlist similarity"]))
                )
        for side, found in runs.items():
            first, wall, cpu, peak, code = np.median(np.array(found), axis=0)
            print(
                f"{name:36}{side:8}{first:>12.3f}{wall:>9.2f}{cpu:>9.2f}{peak:>8,.0f}{code:>6.0f}", flush=True
            )
    for side, (tree, data_dir) in sides.items():
        print(f"tracks | head: exit {closed_early(tree, data_dir)} ({side})")


def measure(tree: Path, data_dir: Path, arguments: Sequence[str]) -> Run:
    """Run a command with the code of a tree; what it prints is read and dropped."""
    start = time.perf_counter()
    process = _begin(tree, data_dir, arguments)
    assert process.stdout is not None
    process.stdout.read(1)
    first = time.perf_counter() - start
    while process.stdout.read(2**20):
        pass
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Run(first, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


def closed_early(tree: Path, data_dir: Path) -> int:
    process = _begin(tree, data_dir, ["tracks"])
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process.wait()


def _begin(tree: Path, data_dir: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", START, *arguments, "--data-dir", str(data_dir)]
    environ = os.environ | {"PYTHONPATH": str(tree)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0, env=environ
    )


def measure_pages(data_dir: Path) -> None:
    """Print milliseconds for 100 tracks with their details, as REST answers them, medians of 20."""
    from workbench import Workbench

    with Workbench(data_dir) as wb:
        wb.table()
        print(f"{'ms, medians of 20':30}{'first':>8}{'last, offset':>14}{'last, key':>12}")
        for name, asked in PAGES.items():
            listed = wb.track.listing(**asked)
            deep = max(0, len(listed) - 100)
            key = listed.page(0, deep).next or 0
            pages = ({}, {"offset": deep}, {"after": key})
            times = [_median_ms(partial(_page, wb, asked | page)) for page in pages]
            print(f"{name:30}{times[0]:>8.1f}{times[1]:>14.1f}{times[2]:>12.1f}", flush=True)


def _page(wb: Workbench, asked: dict[str, Any]) -> None:
    assert len(wb.track.described(wb.track.find(**asked, limit=100).tracks)) == 100


def _median_ms(function: Callable[[], None]) -> float:
    times = []
    for _ in range(20):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def make_library(data_dir: Path, count: int) -> None:
    """Make a library as an analysis leaves it, with landmarks, and as if copies had been looked for."""
    from bench_store import add_all, features

    from workbench.analysis.features import VERSION
    from workbench.store.database_pool import DatabasePool
    from workbench.store.library.library import Library

    rng = np.random.default_rng(1)
    marks = rng.integers(0, 2**32, (300, 2), dtype=np.uint64).astype("u4")
    some = [replace(features(n), version=VERSION, landmarks=marks) for n in range(200)]
    with DatabasePool(data_dir / "library.sqlite3") as pool:
        library = Library(pool)
        add_all(library, count)
        for start in range(0, count, 1000):
            with library.transaction():
                for n in range(start, min(count, start + 1000)):
                    vector = some[n % 200].vector + rng.standard_normal(64, dtype=np.float32)
                    record = replace(some[n % 200], vector=vector)
                    library.features.save(f"{n * 2654435761 % 2**128:032x}", record)
        library.artifacts.save(
            "copies", "pairs", {"newest": library.landmarks.newest(), "pairs": []}, snapshot=""
        )


if __name__ == "__main__":
    main()
