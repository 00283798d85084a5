"""Find the longest file that can be analyzed with little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from workbench.benchmark.child import ScenarioInput

LIMIT_BYTES = 128 * 2**20  # set by hand
LENGTHS_MINUTES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)  # about half as long again each time
RATE = 44100  # samples per second, as on a CD


def before(given: ScenarioInput) -> dict[str, float]:
    """Try longer and longer files until one does not fit."""
    return _longest(given, "before", LENGTHS_MINUTES, stop_at_success=False)


def after(given: ScenarioInput) -> dict[str, float]:
    """Try the longest file first, which should fit."""
    return _longest(given, "after", LENGTHS_MINUTES[::-1], stop_at_success=True)


def _longest(
    given: ScenarioInput, side: str, lengths: tuple[int, ...], *, stop_at_success: bool
) -> dict[str, float]:
    if sys.platform != "linux":  # other systems cannot limit the memory of one process
        return {}
    longest = 0
    for minutes in lengths:
        if minutes > given.longest_minutes:
            continue
        fits = _fits(_make(given.folder, minutes), side)
        if fits:
            longest = minutes
        if fits == stop_at_success:
            break
    return {"file_length": float(longest)}


def _make(folder: Path, minutes: int) -> Path:
    """Write a stereo file of this length with noise bursts that resemble music."""
    import numpy as np
    import soundfile

    path = folder / f"{minutes} minutes.flac"
    rng = np.random.default_rng(7)
    beat = np.exp(-np.arange(RATE // 2) / (RATE / 40))[:, None]
    bar = np.tile(beat * rng.normal(0, 0.1, (RATE // 2, 2)), (20, 1)).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 2, compression_level=0.0) as file:
        for _ in range(minutes * 6):
            file.write(bar)
    return path


def _fits(path: Path, side: str) -> bool:
    command = [sys.executable, "-m", __name__, str(path), side]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    path.unlink()
    return done.returncode == 0


def _limit_memory() -> None:
    """Let private memory grow by at most LIMIT_BYTES from now on, by RLIMIT_DATA, which counts all of it on Linux."""
    import resource

    import psutil

    used = psutil.Process().memory_info().data
    resource.setrlimit(resource.RLIMIT_DATA, (used + LIMIT_BYTES, used + LIMIT_BYTES))


def _main(path: str, side: str) -> None:
    if side == "before":
        from workbench.benchmark.plain_program import analyze
        from workbench.lazy_imports import get_essentia

        get_essentia()
        _limit_memory()
        analyze(path)
    else:
        from workbench.analysis import analyze_file, warm_up

        warm_up()
        _limit_memory()
        analyze_file(path)
    os._exit(0)  # native threads do not always end under such a limit


if __name__ == "__main__":
    _main(*sys.argv[1:])
