"""How well the same recording is found in other formats, what is found by mistake, what it costs, and how it scales.

``python tests/benchmarks/bench_copies.py FOLDER [FOLDER ...] [--most N] [--library 100000]``

Every track is encoded in five other ways (needs ffmpeg), and all files are analyzed. A copy is found if the index
offers the pair and the comparison accepts it. Then copies are looked for in a library of made-up landmarks, of which as
many are equal by chance as of these tracks.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from workbench.analysis import analyze_file
from workbench.analysis.same_recording import comparing
from workbench.analysis.same_recording.candidates import SAMPLE, candidate_pairs
from workbench.analysis.same_recording.comparing import compare
from workbench.analysis.same_recording.landmarks import Landmarks
from workbench.audio.scan import FoundFile, scan
from workbench.errors import WorkbenchError

WAYS = {
    "mp3 64k": ("mp3", "-b:a", "64k"),
    "aac 96k, 1.237 s cut off": ("m4a", "-ss", "1.237", "-c:a", "aac", "-b:a", "96k"),
    "mono, 22.05 kHz": ("wav", "-ar", "22050", "-ac", "1"),
    "vorbis q1, -9 dB, 2 s of silence": (
        "ogg", "-af", "volume=-9dB,adelay=2000:all=1", "-c:a", "libvorbis", "-q:a", "1"
    ),
    "opus 48k, first half": ("opus", "-c:a", "libopus", "-b:a", "48k", "-t"),
}  # fmt: skip
# Of 5,075 landmarks of 55 tracks, keys of 24 bits were equal as often as uniform ones of 20 bits.
FIXED_BITS = 4
BIT_ERRORS = 0.07  # as measured between an original and its copies


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--most", type=int, default=10_000, help="tracks that are read at most")
    parser.add_argument("--library", type=int, default=100_000, help="size of the made-up library")
    options = parser.parse_args()
    paths = [Path(file.path) for file in scan(options.folders) if isinstance(file, FoundFile)]
    marks: dict[tuple[int, str], Landmarks] = {}
    for number, path in enumerate(paths[: options.most]):
        marks |= {(number, way): found for way, found in versions_of(path)}
    comparing.LEAST_SIMILARITY, least = 0.0, comparing.LEAST_SIMILARITY
    sizes = np.array([found.nbytes for (_, way), found in marks.items() if way == "original"])
    print(
        f"{len(sizes)} tracks, {sizes.mean() / 1000:.1f} KB of landmarks a track, at most {sizes.max() / 1000:.1f}"
    )
    offered = pairs_of(list(marks.values()))
    print_copies(marks, offered, least)
    print_strangers(marks, offered, least)
    comparing.LEAST_SIMILARITY = least
    print_library(list(marks.values()), options.library)


def versions_of(path: Path) -> list[tuple[str, Landmarks]]:
    try:
        original = analyze_file(path)
    except WorkbenchError as error:
        print(f"left out: {error}")
        return []
    found = [("original", original.landmarks)]
    with tempfile.TemporaryDirectory() as folder:
        for way, (suffix, *arguments) in WAYS.items():
            half = [f"{original.duration_s / 2:.2f}"] if arguments[-1] == "-t" else []
            target = Path(folder, f"copy.{suffix}")
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-y",
                "-nostdin",
                "-i",
                path,
                "-vn",
                *arguments,
                *half,
                target,
            ]
            subprocess.run(command, check=True)
            found.append((way, analyze_file(target).landmarks))
    return found


def pairs_of(marks: list[Landmarks]) -> set[tuple[int, int]]:
    files = np.repeat(np.arange(len(marks)), [min(SAMPLE, len(found)) for found in marks])
    samples = np.concatenate([found[:SAMPLE] for found in marks])
    return set(candidate_pairs(samples, files, np.ones(len(marks), bool)))


def print_copies(
    marks: dict[tuple[int, str], Landmarks], offered: set[tuple[int, int]], least: float
) -> None:
    places = {key: place for place, key in enumerate(marks)}
    print(f"\n{'copy':34}{'files':>6}{'found':>8}{'least alike':>13}{'median':>8}")
    for way in WAYS:
        alike = []
        for number in {number for number, _ in marks}:
            one, other = places[number, "original"], places[number, way]
            match = (
                compare(marks[number, "original"], marks[number, way]) if (one, other) in offered else None
            )
            alike.append(match.similarity if match else 0.0)
        found = np.mean(np.array(alike) >= least)
        print(f"{way:34}{len(alike):>6}{found:>8.3f}{min(alike):>13.2f}{np.median(alike):>8.2f}")


def print_strangers(
    marks: dict[tuple[int, str], Landmarks], offered: set[tuple[int, int]], least: float
) -> None:
    keys = list(marks)
    mistaken = sum(keys[one][0] != keys[other][0] for one, other in offered)
    originals = [number for number, way in marks if way == "original"]
    alike = []
    for one, other in itertools.combinations(originals, 2):
        match = compare(marks[one, "original"], marks[other, "original"])
        alike.append((match.similarity if match else 0.0, one, other))
    most = max(alike, default=(0.0, 0, 0))
    print(
        f"\n{len(alike)} pairs of different tracks, all compared: {sum(a >= least for a, *_ in alike)} accepted, "
        f"most alike {most[0]:.2f} (tracks {most[1]} and {most[2]}); {mistaken} pairs of all files offered by mistake"
    )


def print_library(marks: list[Landmarks], size: int) -> None:
    """Look for copies in a large library: in each landmark so many bits are fixed that keys repeat as in music."""
    rng = np.random.default_rng(0)
    fixed = np.uint32((1 << FIXED_BITS) - 1)
    bits = rng.integers(0, 2**32, size * SAMPLE, dtype=np.uint32) & ~fixed
    times = np.sort(rng.integers(0, 240_000, (size, SAMPLE)), axis=1).reshape(-1)
    samples = np.column_stack((times, bits)).astype(np.uint32)
    copies = size // 100  # the last hundredth are copies of the first, with the usual share of wrong bits
    wrong = (rng.random((copies * SAMPLE, 32)) < BIT_ERRORS) @ (1 << np.arange(32, dtype=np.uint64))
    samples[-copies * SAMPLE :] = samples[: copies * SAMPLE]
    samples[-copies * SAMPLE :, 1] ^= wrong.astype(np.uint32)
    files = np.repeat(np.arange(size), SAMPLE)
    for name, new in (("all are new", np.ones(size, bool)), ("one is new", np.arange(size) == size - 1)):
        start = time.process_time()
        found = candidate_pairs(samples, files, new)
        seconds = time.process_time() - start
        true = sum(other - one == size - copies for one, other in found)
        print(
            f"{size:,} tracks, {name}: {seconds:.2f} CPU s, {len(found)} pairs offered, {true} of them copies "
            f"(of {copies if new.all() else 1})"
        )
    one, other = max(marks, key=len), sorted(marks, key=len)[-2]
    start = time.process_time()
    for _ in range(20):
        compare(one, other)
    print(f"comparing two files of {len(one)} landmarks: {(time.process_time() - start) / 20 * 1000:.1f} ms")


if __name__ == "__main__":
    main()
