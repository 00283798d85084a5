"""What an analysis costs with the networks and without.

    python tests/benchmarks/bench_with_networks.py FOLDER [--hours H] [--models DIR]

*CPU*: a session with one worker analyzes the files of FOLDER, by suffix: one file first, then the others, of which the
mean is printed, all processes together. *Memory*: the peak of a process that analyzes bursts of noise at 8 kHz, mono,
for three minutes and for H hours. The networks are those of the models folder (`workbench models get`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil
import soundfile

from workbench import Workbench
from workbench.processing.on_host.local_cluster import KEPT_BY_MALLOC
from workbench.settings import Settings

RATE = 8000
PEAK = """
import resource, sys
from functools import partial
from pathlib import Path
from workbench.analysis.analyze_file import analyze_and_listen, warm_up
from workbench.models.networks.listening import ModelListener
from workbench.models.networks.registry import models_that_listen
from workbench.settings import Settings
warm_up()
models = models_that_listen(Path(sys.argv[2])) if sys.argv[2] else []
analyze_and_listen(sys.argv[1], Settings(), partial(ModelListener, models) if models else None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--models", type=Path, default=Settings.load().models_dir)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for models in (Path(folder) / "none", options.models):
            name = "with networks" if models == options.models else "without"
            for suffix in sorted({file.suffix for file in options.folder.iterdir() if file.is_file()}):
                files = sorted(options.folder.glob(f"*{suffix}"))
                print(
                    f"{suffix:8}{name:16}{cpu_s(files, models, Path(folder)):8.2f} CPU-s a file", flush=True
                )
        for hours in (0.05, options.hours):
            path = Path(folder) / "bursts.wav"
            write_bursts(path, hours)
            peaks = [peak_mib(path, models) for models in ("", str(options.models))]
            print(
                f"{60 * hours:g} minutes: peak {peaks[0]} MiB without networks, {peaks[1]} MiB with",
                flush=True,
            )


def cpu_s(files: list[Path], models: Path, folder: Path) -> float:
    """Return what a file costs once a worker has analyzed another one."""
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        music = Path(fresh) / "music"
        music.mkdir()
        shutil.copy(files[0], music)
        settings = Settings.load(data_dir=Path(fresh) / "data", models_dir=models, async_workers=1)
        with Workbench(settings=settings) as wb:
            wb.analyze(music, show=False).result(600)
            for file in files[1:]:
                shutil.copy(file, music)
            before = processor_s()
            wb.analyze(music, show=False).result(3600)
            return (processor_s() - before) / max(1, len(files) - 1)


def processor_s() -> float:
    own = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in (own, *own.children(recursive=True)))


def write_bursts(path: Path, hours: float) -> None:
    rng, times = np.random.default_rng(0), np.arange(60 * RATE) / RATE
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for _ in range(round(60 * hours)):
            sounds = (times * (1.7 + 0.3 * np.sin(times / 7))) % 1 < 0.15 + 0.1 * rng.random()
            file.write((0.1 * rng.standard_normal(len(times)) * sounds).astype(np.float32))


def peak_mib(path: Path, models: str) -> int:
    environ = os.environ | {name: str(value) for name, value in KEPT_BY_MALLOC.items()}
    command = [sys.executable, "-c", PEAK, str(path), models]
    return int(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
