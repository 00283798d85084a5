"""Playlists on synthetic libraries: how long each method takes, how that grows, and how much memory it needs.

    python tests/benchmarks/bench_playlists.py [MOST_TRACKS]

Prints, for 1,000 to MOST_TRACKS (1,000,000) tracks with 64-dimensional vectors, the CPU milliseconds of one playlist:
*first* on a fresh table (statistics of the library included), then the *median* of five more with other seeds, which
is what a session that keeps its table sees. Before it, the peak memory of a process that loads the largest library and
makes two playlists; after it, similarity against a bare search in NumPy, side by side.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np

from workbench.playlists import generate
from workbench.store.library.library_table import TEXT_COLUMNS, LibraryTable

DIMENSIONS = 64
SIZES = (1_000, 10_000, 100_000, 1_000_000)
BARS_MS = {
    "similarity": 60,
    "alchemy": 60,
    "fingerprint": 60,
    "harmonic": 400,
    "curve": 400,
    "path": 400,
    "kmeans": 3000,
}
CASES: dict[str, dict[str, Any]] = {
    "random": {},
    "similarity": {"start": 5},
    "alchemy": {"add": [3, 4], "subtract": [9]},
    "fingerprint": {"history": [[track, track % 7 + 1] for track in range(1, 60)]},
    "cache_based": {"playlist": list(range(1, 26))},
    "harmonic": {"size": 50},
    "curve": {"size": 50},
    "path": {"start": 3, "end": 8, "size": 50},
    "journey": {"waypoints": [3, 8, 1], "size": 50},
    "radio": {"size": 50},
    "time_based": {},
    "tag_based": {},
    "feature_group": {},
    "query": {"filter": "bpm 120-128 and key 8A,9A and genre ~ house"},
    "kmeans": {"clusters": 40, "size": 40},
    "hdbscan": {"size": 40},
}
NUMBERS = [
    "bpm",
    "onset_rate_hz",
    "danceability",
    "loudness_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "spectral_centroid_hz",
    "spectral_flux",
    "spectral_flatness",
    "spectral_rolloff_hz",
    "zero_crossing_rate",
    "duration_s",
    "year",
    "track_number",
    "key_strength",
]


def synthetic_table(count: int, seed: int = 0) -> LibraryTable:
    """Make a library with distinct paths and titles, artists of twenty tracks, and 15 numeric columns."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {name: np.full(count, None, dtype=object) for name in TEXT_COLUMNS}
    artists = [f"Artist {i}" for i in range(max(1, count // 20))]
    columns["path"][:] = [f"/music/{i // 20}/{i // 10}/track {i}.mp3" for i in range(count)]
    columns["content_hash"][:] = [f"{i:032x}" for i in range(count)]
    columns["title"][:] = [f"Title {i}" for i in range(count)]
    columns["artist"][:] = [artists[i % len(artists)] for i in range(count)]
    columns["status"][:] = "analyzed"
    columns["genre"][:] = [("House", "Jazz", "Rock", "Techno")[i % 4] for i in range(count)]
    keys = [f"{number}{letter}" for number in range(1, 13) for letter in "AB"]
    columns["camelot"][:] = [keys[code] for code in rng.integers(0, 24, count)]
    for name in NUMBERS:
        columns[name] = rng.random(count)
    columns["bpm"] = rng.normal(120, 25, count).clip(50, 220)
    columns["loudness_lufs"] = rng.normal(-12, 3, count)
    columns["duration_s"] = rng.uniform(120, 400, count)
    columns["year"] = rng.integers(1960, 2025, count).astype(float)
    centers = rng.normal(size=(30, DIMENSIONS)).astype(np.float32) * 2
    vectors = rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
    vectors += centers[rng.integers(0, 30, count)]
    return LibraryTable(f"synthetic {count}", np.arange(1, count + 1), columns, vectors)


def measure(table: LibraryTable, method: str) -> tuple[float, float]:
    """Return CPU milliseconds of the first playlist on a fresh view of the table, and the median of five more."""
    fresh = LibraryTable(table.version, table.ids, table.columns, table.vectors)
    times = []
    for seed in range(6):
        start = time.process_time()
        generate(fresh, method, random_state=seed, **CASES[method])
        times.append((time.process_time() - start) * 1000)
    return times[0], statistics.median(times[1:])


def growth(sizes: tuple[int, ...]) -> None:
    print(
        f"CPU milliseconds of one playlist: first on a fresh table / median of five more, d = {DIMENSIONS}\n"
    )
    print("method".ljust(14) + "".join(f"{size:>20,}" for size in sizes) + "   bar at 100,000")
    rows = {method: method.ljust(14) for method in CASES}
    for size in sizes:
        table = synthetic_table(size)
        generate(table, "kmeans", clusters=2, size=1)  # scikit-learn's import is not what is measured
        for method in CASES:
            first, again = (
                measure(table, method) if _affordable(method, size) else (float("nan"), float("nan"))
            )
            rows[method] += f"{first:>11.1f} /{again:>7.1f}"
    for method, row in rows.items():
        bar = f"   {BARS_MS[method]}" if method in BARS_MS else ""
        print(row + bar)


def _affordable(method: str, size: int) -> bool:
    return size <= 100_000 or method not in ("kmeans", "hdbscan", "tag_based", "journey", "radio")


def side_by_side(count: int) -> None:
    """Compare with the least that an exact search in NumPy can do: one matrix-vector product, one partition."""
    table = synthetic_table(count)
    generate(table, "similarity", start=5)
    z = (table.vectors - table.vectors.mean(axis=0)) / table.vectors.std(axis=0)
    squares = np.einsum("ij,ij->i", z, z)

    def plain() -> None:
        near = np.argpartition(squares - 2 * (z @ z[4]), 25)[:25]
        near.sort()

    ours, theirs = (
        min(_cpu_ms(function) for _ in range(15))
        for function in (lambda: generate(table, "similarity", start=5, random_state=0), plain)
    )
    print(
        f"\nsimilarity of {count:,}: {ours:.1f} ms with constraints, explanations and card; bare search in NumPy on a "
        f"standardized copy {theirs:.1f} ms; ratio {ours / theirs:.1f}"
    )


def _cpu_ms(function: Any) -> float:
    start = time.process_time()
    function()
    return (time.process_time() - start) * 1000


def peak_memory(count: int) -> None:
    """Measure in a process of its own, so that nothing else counts."""
    script = f"import bench_playlists as b; b.report_peak({count})"
    folder = __file__.rpartition("/")[0] or "."
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)


def report_peak(count: int) -> None:
    table = synthetic_table(count)
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    start, cpu = time.perf_counter(), time.process_time()
    generate(table, "similarity", start=5)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    start_again = time.process_time()
    generate(table, "similarity", start=7)
    again = time.process_time() - start_again
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"\nsimilarity of {count:,}: {cpu * 1000:.0f} ms CPU ({wall * 1000:.0f} ms wall) on a fresh table, then "
        f"{again * 1000:.0f} ms; peak memory {peak:.2f} GiB, of which building the table {loaded:.2f} GiB"
    )


if __name__ == "__main__":
    most = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    sizes = tuple(size for size in SIZES if size <= most)
    peak_memory(most)  # first: a child's peak starts at what its parent has reached
    growth(sizes)
    side_by_side(min(most, 100_000))
