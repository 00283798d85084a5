"""What the analysis costs, next to decoding alone, bliss-audio, Essentia's MusicExtractor and librosa, in one run.

Run by hand: python tests/benchmarks/bench_analysis.py [FOLDER] [--long]
Without a folder, on the demo library. ``--long`` adds ten hours of music (a minute or two). Peers that are not
installed are left out: python -m pip install bliss-audio librosa
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}  # as workers have it

import mutagen
import numpy as np
import psutil
from cpu_timed import analyze_file_cpu
from stages import print_steps

from workbench import Workbench
from workbench.analysis import analyze_file, warm_up
from workbench.analysis.features import stale
from workbench.analysis.one_pass import describe
from workbench.audio.demo.demo_library import DEMO_TRACKS, make_demo_library
from workbench.audio.demo.synthesis import render
from workbench.audio.scan import FoundFile, scan
from workbench.audio.streaming_loader import open_audio
from workbench.lazy_imports import get_essentia
from workbench.session.jobs.analysis_tasks import AnalysisTasks

ROUNDS = 5
COPIES = 8
SLOW_PEERS_S = 120.0
MEBI = 1 << 20


def decode_only(path: str) -> float:
    with open_audio(path) as stream:
        for _block in stream:
            pass
    return stream.duration_s


def bliss(path: str) -> None:
    import bliss_audio

    bliss_audio.Song(path)


def music_extractor(path: str) -> None:
    get_essentia().MusicExtractor(lowlevelStats=["mean", "stdev"], rhythmStats=["mean"], tonalStats=["mean"])(
        path
    )


def librosa_script(path: str) -> None:
    """The same main descriptors, as a notebook would write them."""
    import librosa

    samples, rate = librosa.load(path, sr=22050)
    librosa.beat.beat_track(y=samples, sr=rate)
    magnitudes = np.abs(librosa.stft(samples))
    librosa.feature.mfcc(
        S=librosa.power_to_db(librosa.feature.melspectrogram(S=magnitudes**2, sr=rate)), n_mfcc=13
    )
    for feature in (
        librosa.feature.spectral_centroid,
        librosa.feature.spectral_bandwidth,
        librosa.feature.spectral_rolloff,
        librosa.feature.spectral_contrast,
        librosa.feature.chroma_stft,
    ):
        feature(S=magnitudes, sr=rate)
    librosa.feature.spectral_flatness(S=magnitudes)
    librosa.feature.zero_crossing_rate(samples)


def cpu_costs(files: list[str]) -> None:
    durations = {path: decode_only(path) for path in files}
    methods: dict[str, Callable[[str], object]] = {"decode only": decode_only, "workbench": analyze_file}
    if importlib.util.find_spec("bliss_audio") is not None:
        methods["bliss-audio"] = bliss
    best = {name: dict.fromkeys(files, np.inf) for name in methods}
    for _round in range(ROUNDS):
        for name, method in methods.items():
            for path in files:
                best[name][path] = min(best[name][path], _cpu(method, path))
    slow: dict[str, Callable[[str], object]] = {"Essentia MusicExtractor": music_extractor}
    if importlib.util.find_spec("librosa") is not None:
        slow["librosa script"] = librosa_script
    few = _first_seconds(durations, SLOW_PEERS_S)
    for name, method in slow.items():
        method(few[0])
        best[name] = {path: _cpu(method, path) for path in few}
    print(
        f"\nCPU seconds, {len(files)} files, {sum(durations.values()):.0f} s of audio, best of {ROUNDS} "
        f"(the slow ones once, on {len(few)} files)"
    )
    print(f"{'':28}{'per 318 s':>12}{'workbench / it':>16}{'it / decoding':>16}")
    for name, costs in best.items():
        seconds = sum(durations[path] for path in costs)
        cost, ours, decoding = (
            sum(best[n][path] for path in costs) for n in (name, "workbench", "decode only")
        )
        print(f"{name:28}{cost / seconds * 318:>12.3f}{ours / cost:>16.2f}{cost / decoding:>16.2f}")
    print_steps(analyze_file, files, sum(durations.values()))


def _first_seconds(durations: dict[str, float], seconds: float) -> list[str]:
    chosen: list[str] = []
    for path, duration in durations.items():
        if not chosen or sum(durations[p] for p in chosen) + duration <= seconds:
            chosen.append(path)
    return chosen


def _cpu(work: Callable[[str], object], path: str) -> float:
    start = time.process_time()
    work(path)
    return time.process_time() - start


def real_runs(files: list[str]) -> None:
    """Analyze a folder into an empty library with one worker and with two that are ready.

    The folder holds every file eight times, told apart by a tag: an evening's music, so that the second in which
    the last file ends is not what is measured.
    """
    print(
        f"\n{'Workbench.analyze, ready workers':34}{'wall s':>8}{'ideal':>8}{'CPU s':>8}{'inside':>8}{'beside':>9}"
    )
    walls: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        _copies(files, Path(folder))
        for _round in range(3):
            for workers, seconds in walls.items():
                wall, cpu, inside = _real_run(folder, workers)
                seconds.append(wall)
                ideal = max(sum(inside) / workers, *inside)
                beside = 100 * (cpu - sum(inside)) / cpu
                print(
                    f"  {len(inside)} files, {workers} workers{'':14}{wall:>8.2f}{ideal:>8.2f}{cpu:>8.2f}"
                    f"{sum(inside):>8.2f}{beside:>7.1f} %"
                )
    print(f"  two workers are {min(walls[1]) / min(walls[2]):.2f} × as fast as one")


def _copies(files: list[str], folder: Path) -> None:
    for number, path in itertools.product(range(COPIES), files):
        copy = folder / str(number) / Path(path).name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
        tags = mutagen.File(copy, easy=True)
        if tags.tags is None:
            tags.add_tags()
        tags["album"] = f"Copy {number}"
        tags.save()


def _real_run(folder: str, workers: int) -> tuple[float, float, list[float]]:
    """Return wall seconds, CPU seconds of all processes, and CPU seconds inside each ``analyze_file``."""
    with tempfile.TemporaryDirectory() as data_dir, Workbench(data_dir, async_workers=workers) as wb:
        wb.jobs.cluster.client  # noqa: B018 (starts and warms the workers)
        plan = wb.analyze.plan(folder)
        before, start = _cpu_of_all(), time.perf_counter()
        tasks = AnalysisTasks(
            wb.library, plan, stale=lambda version: stale(version.analysis), keep=wb.analyze.keep
        )
        wb.jobs.start(tasks, analyze_file_cpu, (wb.settings,), show=False).result()
        wall, cpu = time.perf_counter() - start, _cpu_of_all() - before
        hashes = {wb.track(int(track)).content_hash for track in wb.tracks.index}
        return wall, cpu, [wb.library.features.get(key).seconds for key in hashes]


def _cpu_of_all() -> float:
    """Return CPU seconds so far of this process, and of scheduler and workers below it."""
    me = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in (me, *me.children(recursive=True)))


def from_the_command_on(folder: str) -> None:
    """Run `workbench analyze` as a user does, start-up of everything included."""
    with tempfile.TemporaryDirectory() as data_dir:
        command = [
            sys.executable,
            "-m",
            "workbench",
            "analyze",
            folder,
            "--data-dir",
            data_dir,
            "--workers",
            "2",
        ]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall = time.perf_counter() - start
    print(f"  from the command on, imports and worker start included: {wall:.2f} s wall")


def memory(files: list[str], *, long: bool) -> None:
    print(f"\npeak memory of a process that analyzed every file: {_peak_mib(_analyze_all, files):.0f} MiB")
    if long:
        three_minutes, ten_hours = _peak_mib(_describe_hours, 0.05), _peak_mib(_describe_hours, 10)
        print(
            f"three minutes {three_minutes:.0f} MiB, ten hours {ten_hours:.0f} MiB: "
            f"{ten_hours - three_minutes:+.0f} MiB"
        )


def _peak_mib(work: Callable[..., None], argument: object) -> float:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak_here, work, argument).result()


def _peak_here(work: Callable[..., None], argument: object) -> float:
    work(argument)
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss of a child starts at its parent's
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEBI if sys.platform == "darwin" else peak / 1024


def _analyze_all(files: list[str]) -> None:
    warm_up()
    for path in files:
        analyze_file(path)


def _describe_hours(hours: float) -> None:
    warm_up()
    music = render(DEMO_TRACKS[0].score)

    def blocks() -> Iterator[np.ndarray]:
        for _repeat in range(round(hours * 3600 * 44100 / len(music))):
            yield music

    describe(blocks(), 44100, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.folder is None:
            make_demo_library(Path(folder))
        found = scan([arguments.folder or folder])
        files = sorted(entry.path for entry in found if isinstance(entry, FoundFile))
        warm_up()
        cpu_costs(files)
        real_runs(files)
        from_the_command_on(arguments.folder or folder)
        memory(files, long=arguments.long)


if __name__ == "__main__":
    main()
