"""Run one measurement in a new process, and watch it and all its descendants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from workbench.benchmark.child import ScenarioInput
from workbench.errors import ProcessingError

WATCH_EVERY_S = 0.2  # short enough for memory peaks, with little overhead; set by hand
LIMIT_S = 3600.0  # only ends a side that hangs; set by hand


def environment() -> dict[str, str]:
    """Return an environment in which every setting has its default."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}


def run_child(scenario: str, side: str, given: ScenarioInput) -> dict[str, float]:
    """Run one side of a scenario; return its measurements, time, CPU time and memory.

    ``_first`` and ``_wall`` are the seconds until its first measurement and until its end, ``_cpu`` is CPU seconds, and
    ``_peak`` is memory in MB.

    Raises
    ------
    ProcessingError
        The process failed. The message has the last line of its output.
    """
    command = [sys.executable, "-P", "-m", "workbench.benchmark.child", scenario, side, given.to_json()]
    with (given.folder / "stderr").open("w+b") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=environment(), cwd=given.folder
        )
        assert process.stdout is not None
        measurements: dict[str, float] = {}
        took: dict[str, float] = {}
        with Watch(process.pid) as watch:
            while not measurements.pop("ended", False) and (line := process.stdout.readline()):
                took["_wall"] = time.perf_counter() - start
                took.setdefault("_first", took["_wall"])
                took["_cpu"] = watch.cpu_s()
                measurements |= json.loads(line)
            process.stdout.close()
            status = process.wait(LIMIT_S)
        if status or not line:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines()[-1:] or [f"status {status}"]
            raise ProcessingError(f"The benchmark's {scenario} ({side}) failed: {said[0]}")
    return measurements | took | {"_peak": watch.peak_mb}


class Watch:
    """Samples the memory and CPU time of a process and its descendants in a ``with`` statement.

    Memory is the proportional set size on Linux, so that shared pages count once, and the resident size elsewhere.
    """

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._root = psutil.Process(pid)
        self._cpu_s: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._ended.set()
        self._thread.join()

    def cpu_s(self) -> float:
        """CPU seconds so far, including those of ended processes as far as they were sampled."""
        self._look()
        return sum(self._cpu_s.copy().values())

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_EVERY_S):
            self.peak_mb = max(self.peak_mb, self._look())

    def _look(self) -> float:
        total = 0.0
        try:
            processes = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return total
        for process in processes:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    self._cpu_s[process.pid, process.create_time()] = times.user + times.system
                memory = process.memory_full_info()
            except psutil.Error:
                continue
            total += getattr(memory, "pss", memory.rss) / 2**20
        return total


def fresh_folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder
