"""Libraries made of numbers, with known properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.store.library.library_table import TEXT_COLUMNS, LibraryTable

CAMELOT = [f"{number}{letter}" for number in range(1, 13) for letter in "AB"]
TableMaker = Callable[..., LibraryTable]


def build_table(
    count: int = 60,
    *,
    dimensions: int = 8,
    seed: int = 0,
    vectors: Any = None,
    version: str = "v1",
    **columns: Any,
) -> LibraryTable:
    rng = np.random.default_rng(seed)
    numbers = {
        "bpm": rng.uniform(70, 175, count),
        "loudness_lufs": rng.normal(-12, 3, count),
        "onset_rate_hz": rng.gamma(4, 1, count),
        "spectral_flux": rng.random(count),
        "spectral_centroid_hz": rng.uniform(400, 4000, count),
        "danceability": rng.random(count),
        "duration_s": rng.uniform(150, 330, count),
        "year": rng.integers(1960, 2024, count).astype(float),
        "track_number": rng.integers(1, 15, count).astype(float),
    }
    texts: dict[str, list[str | None]] = {
        "path": [f"/music/artist {i % 12}/track {i}.mp3" for i in range(count)],
        "content_hash": [f"hash{i}" for i in range(count)],
        "status": ["analyzed"] * count,
        "title": [f"Title {i}" for i in range(count)],
        "artist": [f"Artist {i % 12}" for i in range(count)],
        "album": [f"Album {i % 20}" for i in range(count)],
        "genre": [("House", "Jazz; Soul", "Rock")[i % 3] for i in range(count)],
        "camelot": [CAMELOT[code] for code in rng.integers(0, 24, count)],
    }
    made: dict[str, Any] = {name: np.array(values, dtype=float) for name, values in numbers.items()}
    for name in TEXT_COLUMNS:
        made[name] = np.array(texts.get(name, [None] * count), dtype=object)
    for name, values in columns.items():
        made[name] = np.array(values, dtype=object if name in TEXT_COLUMNS else float)
    if vectors is None:
        vectors = rng.normal(size=(count, dimensions)) * 3 + 100
    return LibraryTable(version, np.arange(1, count + 1), made, np.asarray(vectors, dtype=np.float32))


@pytest.fixture(scope="session")
def make_table() -> TableMaker:
    """Build a table: ``make_table(count, dimensions=…, vectors=…, bpm=[…], artist=[…])``; ids from 1."""
    return build_table


@pytest.fixture(scope="session")
def table() -> LibraryTable:
    """Three hundred tracks of twelve artists."""
    return build_table(300)
