"""Damage thousands of small files of every format, analyze them with workers, and look at every row.

Run by hand: python tests/benchmarks/bench_mutations.py [--count N] [--seed N] [--keep FOLDER]
It prints what became of the files, and every file without features or a reason; its exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mutations import DAMAGE, EXTENSIONS, Damage, complaints, damaged, valid_files

from workbench import Workbench

LONGEST_S = 30.0  # a file of 0.4 s that takes longer hangs


def make(folder: Path, count: int, chance: random.Random) -> list[Path]:
    """Write ``count`` damaged files and return their paths."""
    files, paths = valid_files(), []
    for number in range(count):
        name = chance.choice(sorted(files))
        extension = chance.choice(EXTENSIONS) if chance.random() < 0.2 else Path(name).suffix
        path = folder / f"{number:05}.{Path(name).stem}{extension}"
        path.write_bytes(damaged(files[name], [some(chance) for _ in range(chance.randint(1, 4))]))
        paths.append(path)
    return paths


def some(chance: random.Random) -> Damage:
    """Return any damage; half of it is near an end of the file, where headers and tags are."""
    at = chance.choice([chance.random(), chance.random(), 0.02 * chance.random(), 1 - 0.02 * chance.random()])
    size = chance.choice([1, 4, 64, 1000, 10_000])
    return Damage(chance.choice(DAMAGE), at, chance.random(), size, chance.randint(1, 255))


def run(folder: Path, options: argparse.Namespace) -> int:
    paths = make(folder / "files", options.count, random.Random(options.seed))
    with Workbench(folder / "data") as wb:
        start = time.perf_counter()
        report = wb.analyze(folder / "files", timeout=LONGEST_S, show=True).result()
        found = complaints(wb, paths)
        print(f"{report.found} files in {time.perf_counter() - start:.0f} s: {report.analyzed} analyzed")
        print(
            "failed: "
            + ", ".join(f"{kind} {n}" for kind, n in sorted(Counter(f.kind for f in report.failed).items()))
        )
        print(f"{len(wb.table())} rows, database: {wb.library.maintenance.check() or 'sound'}")
    print("\n".join(found) or "every file has features or a reason")
    return bool(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder for the files and the library; deleted afterwards by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        (folder / "files").mkdir(parents=True, exist_ok=True)
        return run(folder, options)


if __name__ == "__main__":
    sys.exit(main())
