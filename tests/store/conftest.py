"""Fixtures for the store: pools and libraries in a temporary folder."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, ScannedFile


@pytest.fixture
def database_path(data_dir: Path) -> Path:
    return data_dir / "library.sqlite3"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a new database, which takes 20 ms of CPU to make."""
    path = tmp_path_factory.mktemp("empty") / "library.sqlite3"
    with DatabasePool(path) as pool, pool.writing():
        pass
    return path.read_bytes()


@pytest.fixture
def pool(database_path: Path, empty_database: bytes) -> Iterator[DatabasePool]:
    database_path.parent.mkdir()
    database_path.touch(mode=0o600)
    database_path.write_bytes(empty_database)
    with DatabasePool(database_path) as pool:
        yield pool


@pytest.fixture
def library(pool: DatabasePool) -> Library:
    return Library(pool)


@pytest.fixture
def scanned() -> Callable[..., ScannedFile]:
    """Make a scanned file; content hash and tags follow from the path unless given."""

    def make(path: str, content_hash: str | None = None, **tags: object) -> ScannedFile:
        return ScannedFile(path, 1000, 2000, content_hash or f"hash of {path}", tags)

    return make


@pytest.fixture
def record() -> Callable[..., FeatureRecord]:
    """Make features; scalars may be given."""

    def make(version: int = 1, **scalars: object) -> FeatureRecord:
        scalars = {"bpm": 120.5, "key": "F#", "valence": None, "mfcc_mean": [1.0, 2.0]} | scalars
        series = {"beats_s": np.arange(5, dtype="f4"), "chroma_curve": np.zeros((0, 12), "f4")}
        return FeatureRecord(version, scalars, np.arange(3, dtype="f4"), series, 0.25)

    return make


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a process of its own."""

    def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
