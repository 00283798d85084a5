"""Toy graphs, the free networks, and files with known samples."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench.cli.main import main
from workbench.models.networks.registry import find_models
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, ScannedFile

RATE = 16_000
SCALARS = {"bpm": 120.0, "duration_s": 180.0, "sample_rate_hz": 44_100, "channels": 2}


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``MODELS_DIR`` of frozen graphs with known weights; see ``toy_graphs.py``."""
    from toy_graphs import write_toy_graphs

    folder = tmp_path_factory.mktemp("models")
    write_toy_graphs(folder)
    return folder


@pytest.fixture(scope="session")
def noise() -> Callable[[float], np.ndarray]:
    """Noise whose level and color drift, at 16 kHz: no two patches alike."""

    def make(seconds: float) -> np.ndarray:
        generator = np.random.default_rng(11)
        count = int(seconds * RATE)
        time = np.arange(count) / RATE
        signal = 0.1 * generator.standard_normal(count) * (1 + np.sin(0.7 * time))
        return (
            (signal + 0.2 * np.sin(2 * np.pi * (200 + 20 * time) * time)).astype(np.float32).clip(-0.99, 0.99)
        )

    return make


@pytest.fixture
def wav(tmp_path: Path) -> Callable[..., str]:
    """Write samples as a float WAV file and return its path."""

    def write(samples: np.ndarray, rate: int = RATE, name: str = "sound.wav") -> str:
        path = tmp_path / name
        soundfile.write(path, samples, rate, subtype="FLOAT")
        return str(path)

    return write


@pytest.fixture
def library(data_dir: Path) -> Iterator[Library]:
    pool = DatabasePool(data_dir / "library.sqlite3")
    yield Library(pool)
    pool.close()


@dataclass(frozen=True)
class StyledLibrary:
    """A library whose vectors follow from a style and, as strongly, from an artist and an album."""

    library: Library
    styles: dict[str, str]
    artists: dict[str, str]


@pytest.fixture
def styled(library: Library) -> Callable[..., StyledLibrary]:
    """Fill the library with ``styles`` × ``artists`` × ``tracks``; every fifth track has no genre tag."""

    def fill(
        *,
        styles: int = 4,
        artists: int = 10,
        tracks: int = 6,
        dimensions: int = 20,
        spread: float = 1.0,
        seed: int = 3,
    ) -> StyledLibrary:
        generator = np.random.default_rng(seed)
        centers = generator.normal(0, 2.0, (styles, dimensions))
        style_of, artist_of, files, records = {}, {}, [], []
        for style in range(styles):
            for artist in range(artists):
                own = generator.normal(0, 1.0, dimensions)
                for number in range(tracks):
                    content = f"{style:02d}{artist:04d}{number:026d}"
                    style_of[content], artist_of[content] = f"style {style}", f"artist {style}/{artist}"
                    tags = {
                        "title": f"track {number}",
                        "artist": artist_of[content],
                        "album": f"album {number % 2}",
                        "genre": None if number % 5 == 4 else style_of[content],
                    }
                    files.append(ScannedFile(f"/music/{content}.flac", 1000, 1, content, tags))
                    vector = centers[style] + own + generator.normal(0, spread, dimensions)
                    records.append((content, FeatureRecord(1, SCALARS, vector.astype(np.float32), {})))
        with library.transaction():
            library.files.add(files)
            for content, record in records:
                library.features.save(content, record)
        return StyledLibrary(library, style_of, artist_of)

    return fill


def plant_damaged_network(folder: Path) -> None:
    """Write a free network with truncated graphs."""
    folder.mkdir()
    files = {
        f"msd-musicnn-free-1{suffix}": hashlib.sha256(b"all of it").hexdigest() for suffix in (".pb", ".onnx")
    }
    for name in files:
        (folder / name).write_bytes(b"a part")
    (folder / "msd-musicnn-free-1.json").write_text(json.dumps({"files": files}))
    (model,) = find_models(folder)
    assert model.problem is not None
    assert model.problem.endswith("is damaged; run `workbench models get`.")


@pytest.fixture(scope="session")
def free_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``MODELS_DIR`` with the free networks, fetched once per run like by a user; tests only read it.

    One of the networks existed before, but was damaged.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "free-models"
    with (shared / "free-models.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        failed = shared / "free-models.failed"
        if failed.exists():
            pytest.skip(failed.read_text())
        if not folder.exists():
            plant_damaged_network(folder)
        with pytest.MonkeyPatch.context() as environment, redirect_stderr(StringIO()) as said:
            environment.setenv("WORKBENCH_MODELS_DIR", str(folder))
            code = main(["models", "get", "--data-dir", str(shared / "models-data")])
        if "pip could not fetch" in said.getvalue():
            failed.write_text(said.getvalue())
            pytest.skip(said.getvalue())
        assert code == 0, said.getvalue()
    return folder
