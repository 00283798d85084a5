"""Run both sides of every scenario in turns, and summarize the measurements."""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.benchmark.child import ScenarioInput
from workbench.benchmark.measurements import MEASUREMENTS, SCENARIOS, Measurement
from workbench.benchmark.processes import fresh_folder, run_child
from workbench.errors import LibraryPathError
from workbench.machine.run_folder import TemporaryFolder

SIDES = ("before", "after")
UNTIMED = "long_file"
MOST_LOOKED_AT = 100  # the number of smallest files from which short ones are chosen; set by hand
Say = Callable[[str], None]
Samples = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Effort:
    """The size of a benchmark: rounds by scenario, seconds of audio, tracks, and the longest file."""

    rounds: dict[str, int]
    audio_s: float
    tracks: int
    longest_minutes: int


# Set by hand: sizes at which the differences show.
QUICK = Effort({"analyze": 2, "long_file": 1, "serve": 1, "cache": 2, "database": 2}, 90, 3, 12)
FULL = Effort({"analyze": 5, "long_file": 2, "serve": 5, "cache": 5, "database": 5}, 3600, 30, 128)


def run_benchmark(paths: Sequence[str | os.PathLike[str]], *, effort: Effort, say: Say) -> dict[str, Any]:
    """Measure before and after.

    Parameters
    ----------
    paths : sequence of paths
        Music: folders and files.
    effort : Effort
        ``QUICK`` takes under a minute on a quiet machine. Only results of ``FULL`` should be quoted.
    say : callable
        Called with a line after each measurement.

    Returns
    -------
    dict
        ``figures`` by name, each with ``before`` and ``after`` (medians), their ``spread`` (lowest, highest),
        ``samples``, ``unit``, ``ratio``, ``target`` and ``met``; ``machine``, ``audio``, ``seconds`` and ``quick``.

    Raises
    ------
    LibraryPathError
        There is no audio below ``paths``.
    ProcessingError
        A measurement failed.
    """
    start = time.monotonic()
    tracks, audio_s = choose_tracks(paths, effort)
    with TemporaryFolder("bench") as folder:
        samples = _measure(
            folder, tracks, effort, lambda line: say(f"{time.monotonic() - start:4.0f} s  {line}")
        )
    return {
        "figures": {
            measurement.name: _sum_up(measurement, samples[measurement.name]) for measurement in MEASUREMENTS
        },
        "machine": machine(),
        "audio": {"tracks": len(tracks), "seconds": round(audio_s, 1)},
        "seconds": round(time.monotonic() - start, 1),
        "quick": effort != FULL,
    }


def choose_tracks(paths: Sequence[str | os.PathLike[str]], effort: Effort) -> tuple[tuple[str, ...], float]:
    """Return files spread over the found ones, with their seconds, within the limits of ``effort``.

    If every file is longer than the limit, the shortest file is returned.
    """
    from workbench.audio.scan import FoundFile, scan

    found = sorted((file.size_bytes, file.path) for file in scan(paths) if isinstance(file, FoundFile))
    step = max(1, len(found) // effort.tracks)
    spread = found[step // 2 :: step]
    shortest: tuple[float, str] | None = None
    chosen: list[str] = []
    total_s = 0.0
    for _, path in [*spread, *(file for file in found[:MOST_LOOKED_AT] if file not in spread)]:
        seconds = _header_seconds(path)
        if not seconds:
            continue
        shortest = min(shortest or (seconds, path), (seconds, path))
        if total_s + seconds <= effort.audio_s:
            chosen.append(path)
            total_s += seconds
        if len(chosen) == effort.tracks:
            break
    if chosen:
        return tuple(chosen), total_s
    if shortest:
        return (shortest[1],), shortest[0]
    raise LibraryPathError("The given paths have no audio files to measure with. Give a folder of music.")


def _header_seconds(path: str) -> float:
    """Return the length in the header of a file; 0 if it has none or cannot be read."""
    from workbench.audio.streaming_loader import open_audio
    from workbench.errors import AudioError

    try:
        with open_audio(path) as stream:
            return stream.header_duration_s or 0.0
    except AudioError:
        return 0.0


def machine() -> dict[str, Any]:
    """Return a description of the machine."""
    from workbench import __version__
    from workbench.machine import memory
    from workbench.machine.cpu import available_cores

    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": available_cores(),
        "memory_gb": round(memory.total_bytes() / 2**30, 1),
        "load_at_end": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "version": __version__,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _measure(folder: Path, tracks: tuple[str, ...], effort: Effort, say: Say) -> Samples:
    samples: Samples = defaultdict(lambda: {side: [] for side in SIDES})
    library = folder / "library" / "library.sqlite3"
    todo = [(scenario, number) for scenario in SCENARIOS for number in range(effort.rounds[scenario])]
    for done, (scenario, number) in enumerate(todo, 1):
        inputs = {
            side: ScenarioInput(
                fresh_folder(folder, f"{scenario}-{number}-{side}"), tracks, library, effort.longest_minutes
            )
            for side in SIDES
        }
        say(f"{done - 1}/{len(todo)} {scenario} …")
        for side, measurements in _run(scenario, inputs):
            for name, value in measurements.items():
                samples[name][side].append(value)
            say(f"{done}/{len(todo)} {scenario} {side}: {_told(measurements)}")
            if scenario == "analyze" and side == "after" and not library.exists():
                (inputs[side].folder / "library").rename(library.parent)
    return samples


def _run(scenario: str, inputs: Mapping[str, ScenarioInput]) -> Iterator[tuple[str, dict[str, float]]]:
    """Run one round of a scenario, one side after the other, or both at once if time is not measured."""
    if scenario == "serve":
        from workbench.benchmark.scenarios import serve

        yield from serve.in_turns(inputs)
        return
    with ThreadPoolExecutor(len(inputs) if scenario == UNTIMED else 1) as pool:
        yield from zip(
            inputs, pool.map(lambda side: _run_in_process(scenario, side, inputs[side]), inputs), strict=True
        )


def _run_in_process(scenario: str, side: str, given: ScenarioInput) -> dict[str, float]:
    measurements = run_child(scenario, side, given)
    taken = {name: measurements.pop(name) for name in ("_first", "_wall", "_cpu", "_peak")}
    if scenario == "analyze":
        measurements |= {
            "startup_time": taken["_first"],
            "analysis_time": taken["_wall"],
            "analysis_cpu": taken["_cpu"],
            "peak_memory": taken["_peak"],
        }
    return measurements


def _told(measurements: dict[str, float]) -> str:
    units = {measurement.name: measurement.unit for measurement in MEASUREMENTS}
    return ", ".join(f"{name} {value:.4g} {units[name]}".rstrip() for name, value in measurements.items())


def _sum_up(measurement: Measurement, samples: dict[str, list[float]]) -> dict[str, Any] | None:
    """Return one measurement of the result; ``None`` if it could not be measured here."""
    kept = {side: [value for value in samples[side] if math.isfinite(value)] for side in SIDES}
    if not all(kept.values()):
        return None
    before, after = (statistics.median(kept[side]) for side in SIDES)
    return {
        "title": measurement.title,
        "before": before,
        "after": after,
        "unit": measurement.unit,
        "ratio": _ratio(measurement, before, after),
        "samples": min(len(values) for values in kept.values()),
        "spread": {side: [min(kept[side]), max(kept[side])] for side in SIDES},
        "target": measurement.target,
        "met": measurement.met(before, after),
        "how": {"before": measurement.before, "after": measurement.after},
    }


def _ratio(measurement: Measurement, before: float, after: float) -> float | None:
    """Return how many times better the value after is; ``None`` if the value before is zero."""
    worse, better = (after, before) if measurement.less_is_better else (before, after)
    return better / worse if worse else None
