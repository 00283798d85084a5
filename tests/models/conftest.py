"""Toy graphs, built once in a process of their own, and files whose samples are known."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16_000


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``MODELS_DIR`` of frozen graphs with known weights; see ``make_toy_graphs.py``."""
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).with_name("make_toy_graphs.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, capture_output=True, text=True)
    return folder


@pytest.fixture(scope="session")
def noise() -> Callable[[float], np.ndarray]:
    """Noise whose level and colour drift, at 16 kHz: no two patches alike."""

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
