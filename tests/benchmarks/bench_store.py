"""Measure the store: kept against fresh connections, many threads, codecs, caches, large libraries.

    python tests/benchmarks/bench_store.py [FOLDER] [--seconds 30] [--tracks 100000]

FOLDER (a temporary one by default) is where the databases are made; it should be on the disk that matters to
you. Times are CPU seconds of this process where one thread works, so that other load disturbs little.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import sqlite3 as standard_sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, ScannedFile
from workbench.store.memory_cache import MemoryCache
from workbench.store.serialization import decode, encode
from workbench.store.sqlite.migrations import MIGRATIONS
from workbench.store.sqlite.sqlite_module import sqlite3, sqlite_version


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0, help="of 16 threads reading and 4 writing")
    parser.add_argument("--tracks", type=int, default=100_000, help="in the large library")
    parser.add_argument("--only", choices=["pool", "threads", "codecs", "cache", "library"])
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load_once(options.load)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        parts: dict[str, Callable[[], None]] = {
            "pool": lambda: pool_against_fresh(Path(folder)),
            "threads": lambda: many_threads(Path(folder), options.seconds),
            "codecs": codecs,
            "cache": cache,
            "library": lambda: large_library(Path(folder), options.tracks),
        }
        print(f"SQLite {sqlite_version()} (the standard module has {standard_sqlite3.sqlite_version})")
        for name, part in parts.items():
            if options.only in (None, name):
                part()


def cpu_us(function: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Return the median over rounds of CPU microseconds a call."""
    costs = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            function()
        costs.append((time.process_time() - start) / times * 1e6)
    return statistics.median(costs)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


# Kept connections against fresh ones


def pool_against_fresh(folder: Path) -> None:
    heading(
        "One statement: through the pool, on a fresh connection beside it, on a fresh one with nothing else open"
    )
    print(
        f"{'schema':14} {'operation':16} {'pool':>10} {'fresh beside':>22} {'fresh alone':>22}   µs, best of 15"
    )
    for schema, migrations in (("one table", [one_table]), ("the library's", [*MIGRATIONS, one_table])):
        alone = folder / schema / "alone.sqlite3"
        with DatabasePool(alone, migrations=migrations) as pool:
            pool.open()
        with DatabasePool(folder / schema / "pool.sqlite3", migrations=migrations) as pool:
            compare_reads(schema, pool, alone)
            compare_writes(schema, pool, alone)


def compare_reads(schema: str, pool: DatabasePool, alone: Path) -> None:
    print_ratios(
        schema,
        "point read, CPU",
        interleaved(
            time.process_time,
            (lambda: read(pool), 1000),
            (lambda: fresh_read(pool.path), 100),
            (lambda: fresh_read(alone), 100),
        ),
    )


def compare_writes(schema: str, pool: DatabasePool, alone: Path) -> None:
    for clock, name in ((time.process_time, "CPU"), (time.perf_counter, "wall")):
        print_ratios(
            schema,
            f"small write, {name}",
            interleaved(
                clock,
                (lambda: write(pool), 500),
                (lambda: fresh_write(pool.path), 50),
                (lambda: fresh_write(alone), 50),
            ),
        )
    with pool.writing():
        (cost,) = interleaved(time.process_time, (lambda: write(pool), 1000))
    print(f"{schema:14} {'write in a batch':16} {cost:10.1f}")


def interleaved(
    clock: Callable[[], float], *cases: tuple[Callable[[], object], int], rounds: int = 15
) -> list[float]:
    """Return the least microseconds a call of each case, taken in turns so that other load hits all alike."""
    least = [math.inf] * len(cases)
    for _ in range(rounds):
        for number, (function, times) in enumerate(cases):
            start = clock()
            for _ in range(times):
                function()
            least[number] = min(least[number], (clock() - start) / times * 1e6)
    return least


def print_ratios(schema: str, operation: str, costs: list[float]) -> None:
    kept, *fresh = costs
    cells = "".join(f"{cost:12.1f} {cost / kept:8.1f}x" for cost in fresh)
    print(f"{schema:14} {operation:16} {kept:10.1f} {cells}")


def one_table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE point (id INTEGER PRIMARY KEY, value TEXT)")
    connection.executemany("INSERT INTO point VALUES (?, ?)", [(n, f"value {n}") for n in range(1000)])


READ, WRITE = "SELECT value FROM point WHERE id = ?", "UPDATE point SET value = 'x' WHERE id = ?"


def read(pool: DatabasePool) -> None:
    with pool.reading() as connection:
        connection.execute(READ, (500,)).fetchone()


def write(pool: DatabasePool) -> None:
    with pool.writing() as connection:
        connection.execute(WRITE, (500,))


def fresh_read(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(READ, (500,)).fetchone()
    connection.close()


def fresh_write(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(WRITE, (500,))
    connection.commit()
    connection.close()


# Many threads


def many_threads(folder: Path, seconds: float) -> None:
    heading(f"16 threads reading and 4 writing for {seconds:g} s, and one more process writing")
    path = folder / "threads.sqlite3"
    with DatabasePool(path) as pool:
        with pool.writing() as connection:
            connection.execute("CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER)")
            connection.executemany("INSERT INTO counters VALUES (?, 0)", [(n,) for n in range(5)])
        end = time.monotonic() + seconds
        other = subprocess.Popen(
            [sys.executable, "-c", COUNT_UP, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
        )
        with ThreadPoolExecutor(20) as threads:
            writers = [threads.submit(count_up, pool, n, end) for n in range(4)]
            readers = [threads.submit(count_reads, pool, end) for _ in range(16)]
            written = [future.result() for future in writers]
            reads = sum(future.result() for future in readers)
        written.append(int(other.communicate()[0]))
        with pool.reading() as connection:
            kept = [value for (value,) in connection.execute("SELECT value FROM counters ORDER BY id")]
        stats = pool.stats()
    lost = sum(written) - sum(kept)
    print(f"reads {reads:,}, writes {sum(written):,}, lost updates {lost}, errors {stats['failed_queries']}")
    print(
        f"retries {stats['retries']:,}, waits {stats['waits']:,}, mean {stats['wait_mean_ms']:.2f} ms, "
        f"longest {stats['wait_max_ms']:.0f} ms, log {stats['wal_size_bytes'] / 2**20:.1f} MiB"
    )
    if lost or stats["failed_queries"]:
        raise SystemExit("updates were lost or statements failed")


def count_up(pool: DatabasePool, counter: int, end: float) -> int:
    """Read a counter, add one, write it back: an update is lost if two transactions overlap."""
    done = 0
    while time.monotonic() < end:
        with pool.writing() as connection:
            (value,) = connection.execute(
                "SELECT value FROM counters WHERE id = ?", (counter % 2,)
            ).fetchone()
            connection.execute("UPDATE counters SET value = ? WHERE id = ?", (value + 1, counter % 2))
        done += 1
    return done


COUNT_UP = """
import sys, time, pathlib
from workbench.store.database_pool import DatabasePool
done, end = 0, time.monotonic() + float(sys.argv[2])
with DatabasePool(pathlib.Path(sys.argv[1])) as pool:
    while time.monotonic() < end:
        with pool.writing() as connection:
            (value,) = connection.execute("SELECT value FROM counters WHERE id = 0").fetchone()
            connection.execute("UPDATE counters SET value = ? WHERE id = 0", (value + 1,))
        done += 1
print(done)
"""


def count_reads(pool: DatabasePool, end: float) -> int:
    done = 0
    while time.monotonic() < end:
        with pool.reading() as connection:
            connection.execute("SELECT sum(value) FROM counters").fetchone()
        done += 1
    return done


# Codecs


def codecs() -> None:
    heading("Codecs on what the caches hold (ratio; MB/s of CPU to pack and to unpack)")
    available = {name: codec for name, codec in CODECS.items() if codec is not None}
    print(f"{'':22}" + "".join(f"{name:>22}" for name in available))
    for kind, (data, itemsize) in samples().items():
        cells = [codec_cell(pack, unpack, data, itemsize) for pack, unpack in available.values()]
        print(f"{kind:22}" + "".join(f"{cell:>22}" for cell in cells))
    print("Kept: zlib level 1, and only where a value shrinks by a quarter: float series stay as they are.")


def codec_cell(pack: Any, unpack: Any, data: bytes, itemsize: int) -> str:
    packed = pack(data, itemsize)
    assert bytes(unpack(packed, itemsize)) == data
    times = max(3, 1_000_000 // len(data))
    pack_us = cpu_us(lambda: pack(data, itemsize), times, 3)
    unpack_us = cpu_us(lambda: unpack(packed, itemsize), times, 3)
    return f"{len(data) / len(packed):8.2f} {len(data) / pack_us:6.0f} {len(data) / unpack_us:6.0f}"


def shuffle(data: bytes, itemsize: int) -> bytes:
    """Put first bytes first, then second bytes: neighboring floats share their exponents."""
    return np.frombuffer(data, np.uint8).reshape(-1, itemsize).T.tobytes()


def unshuffle(data: bytes, itemsize: int) -> bytes:
    return np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()


def optional_codecs() -> dict[str, Any]:
    found: dict[str, Any] = {"lz4": None, "zstd 1": None, "blosc2": None}
    try:
        import lz4.block

        found["lz4"] = (lambda data, n: lz4.block.compress(data), lambda data, n: lz4.block.decompress(data))
    except ImportError:
        pass
    try:
        import zstandard

        found["zstd 1"] = (
            lambda data, n: zstandard.compress(data, 1),
            lambda data, n: zstandard.decompress(data),
        )
    except ImportError:
        pass
    try:
        import blosc2

        found["blosc2"] = (
            lambda data, n: blosc2.compress(data, typesize=n),
            lambda data, n: blosc2.decompress(data),
        )
    except ImportError:
        pass
    return found


CODECS: dict[str, Any] = {
    "zlib 1": (lambda data, n: zlib.compress(data, 1), lambda data, n: zlib.decompress(data)),
    "shuffle, zlib 1": (
        lambda data, n: zlib.compress(shuffle(data, n), 1),
        lambda data, n: unshuffle(zlib.decompress(data), n),
    ),
    **optional_codecs(),
}


def samples() -> dict[str, tuple[bytes, int]]:
    """Return bytes and item size of values like those that an analysis of a five-minute track leaves."""
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=(6000, 12)), axis=0).astype("<f4")
    envelope = np.abs(np.sin(np.arange(4000) / 50) * rng.normal(1, 0.2, 4000))
    peaks = np.stack([envelope, -envelope], 1).clip(-1, 1)
    rows = [
        {"title": f"Track {n}", "artist": f"Artist {n // 9}", "bpm": round(rng.normal(120, 20), 2)}
        for n in range(500)
    ]
    return {
        "chroma curve (f4)": (walk.tobytes(), 4),
        "embedding (f4)": (rng.normal(size=20_000).astype("<f4").tobytes(), 4),
        "beats (f4)": (np.cumsum(rng.normal(0.5, 0.005, 600)).astype("<f4").tobytes(), 4),
        "waveform peaks (f4)": (peaks.astype("<f4").tobytes(), 4),
        "waveform peaks (i1)": ((peaks * 127).astype("i1").tobytes(), 1),
        "silence (f4)": (np.zeros(20_000, "<f4").tobytes(), 4),
        "rows of tags": (encode(rows), 1),
    }


# The cache


def cache() -> None:
    heading("A hit in the cache, and what it saves (µs of CPU)")
    with tempfile.TemporaryDirectory() as folder, DatabasePool(Path(folder) / "library.sqlite3") as pool:
        library = Library(pool)
        record = features(0)
        library.features.save("0", record)
        kept = MemoryCache(10**8, 3600)
        kept["0"] = record
        packed = MemoryCache(10**8, 3600, compress_over_bytes=1000)
        rows = [{"title": f"Track {n}", "artist": f"Artist {n // 9}"} for n in range(500)]
        packed["rows"] = rows
        raw = MemoryCache(10**8, 3600, compress_over_bytes=math.inf)
        raw["rows"] = rows
        data = encode(rows)
        table = {
            "features from the database": lambda: library.features.get("0"),
            "features from the cache": lambda: kept["0"],
            "a miss": lambda: kept.get("none"),
            "500 rows, kept as they are": lambda: raw["rows"],
            "500 rows, kept compressed": lambda: packed["rows"],
            "500 rows, decoded only": lambda: decode(data),
        }
        for name, function in table.items():
            print(f"{name:32} {cpu_us(function, 500):8.1f}")
        print(f"500 rows take {raw.currsize:,} bytes as they are, {packed.currsize:,} compressed")
        for each in (kept, packed, raw):
            each.close()


# A large library


def features(n: int) -> FeatureRecord:
    """Return features of the size that an analysis gives."""
    rng = np.random.default_rng(n)
    scalars: dict[str, Any] = {
        f"descriptor_{k:02}": float(value) for k, value in enumerate(rng.normal(size=34))
    }
    scalars |= {"bpm": float(rng.normal(120, 20)), "duration_s": float(rng.uniform(60, 600)), "valence": None}
    scalars |= {"key": "F#", "scale": "minor", "camelot": "11A", "open_key": "4m"}
    scalars |= {name: rng.normal(size=13).tolist() for name in ("mfcc_mean", "mfcc_variance", "chroma_mean")}
    series = {
        "beats_s": np.cumsum(rng.normal(0.5, 0.01, 500)).astype("f4"),
        "peaks": np.zeros((1000, 2), "i1"),
    }
    return FeatureRecord(1, scalars, rng.normal(size=64).astype("f4"), series, 1.0)


def large_library(folder: Path, count: int) -> None:
    heading(f"A library of {count:,} tracks")
    path = folder / "large" / "library.sqlite3"
    some = [features(n) for n in range(200)]
    with DatabasePool(path) as pool:
        library = Library(pool)
        report("scanned files saved", lambda: add_all(library, count), count)
        report("features saved", lambda: save_all(library, some, count), count)
        report("known files", lambda: library.files.known(["/music"]), count)
        report("a page of 100 at the end", lambda: library.tracks.select(limit=100, offset=count - 100))
        report("total of a search", lambda: library.tracks.count(query="artist 77"))
        report("a page of a search", lambda: library.tracks.select(query="artist 77", limit=100))
        report("counts by status", library.tracks.count_by_status)
        report("version", library.version)
        report("table, in this process", library.table, count)
    print(f"database {path.stat().st_size / 2**20:,.0f} MiB")
    load_elsewhere(path, "in the page cache")
    forget(path)
    load_elsewhere(path, "gone from the page cache")
    with DatabasePool(path) as pool:
        pool.vacuum()
    forget(path)
    load_elsewhere(path, "after a vacuum, gone from the page cache")


def load_elsewhere(path: Path, state: str) -> None:
    print(f"in a process of its own, the database {state}:", flush=True)
    subprocess.run([sys.executable, __file__, "--load", str(path)], check=True)


def forget(path: Path) -> None:
    """Drop a file from the page cache (Linux), so that the next reader waits for the disk."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def report(name: str, function: Callable[[], object], count: int = 0) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    function()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    each = f"{cpu / count * 1e6:8.2f} µs each" if count else ""
    print(f"{name:32} {wall:8.3f} s, CPU {cpu:8.3f} s {each}")


def add_all(library: Library, count: int) -> None:
    for start in range(0, count, 10_000):
        library.files.add([scanned(n) for n in range(start, min(count, start + 10_000))])


def scanned(n: int) -> ScannedFile:
    path = f"/music/Artist {n // 12:05}/Album {n // 6 % 2}/{n:06} A title of usual length.flac"
    tags = {
        "title": f"A title of usual length {n}",
        "artist": f"Artist {n // 12}",
        "album": f"Album {n // 6}",
        "genre": f"Genre {n % 40}",
        "year": 1960 + n % 60,
    }
    return ScannedFile(path, 30_000_000 + n, 10**18 + n, f"{n * 2654435761 % 2**128:032x}", tags)


def save_all(library: Library, some: list[FeatureRecord], count: int) -> None:
    for start in range(0, count, 1000):
        with library.transaction():
            for n in range(start, min(count, start + 1000)):
                library.features.save(f"{n * 2654435761 % 2**128:032x}", some[n % len(some)])


def load_once(path: Path) -> None:
    """Load the table cold, in a process that has done nothing else, and print time and peak memory."""
    before = peak_mib()
    with DatabasePool(path) as pool:
        start, cpu = time.perf_counter(), time.process_time()
        table = Library(pool).table()
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    after = peak_mib()
    assert table.analyzed.all()
    assert math.isfinite(table["bpm"].sum())
    print(
        f"{'table, first load':32} {wall:8.3f} s, CPU {cpu:8.3f} s; peak memory {before:,.0f} -> {after:,.0f} MiB, "
        f"{len(table):,} rows, {len(table.columns)} columns, vectors of {table.vectors.shape[1]}"
    )
    assert threading.active_count() == 1


def peak_mib() -> float:
    """Return the peak memory of this process alone (``ru_maxrss`` would inherit that of its parent)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
