"""Music and signals with known properties, and the analysis of samples without a file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from workbench.analysis.features import TrackFeatures
from workbench.analysis.one_pass import describe
from workbench.audio.demo.synthesis import Score, render

Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="session")
def analyze() -> Callable[..., TrackFeatures]:
    """Analyze samples of shape (frames,) or (frames, channels), in one block."""

    def analyze(samples: npt.ArrayLike, rate: int = 44100) -> TrackFeatures:
        block = np.asarray(samples, np.float32)
        block = block[:, None] if block.ndim == 1 else block
        return TrackFeatures(
            **describe([block], rate, block.shape[1]), sample_rate_hz=rate, channels=block.shape[1]
        )

    return analyze


@pytest.fixture(scope="session")
def score() -> Score:
    """Twenty seconds of rock in A minor at 120 beats a minute."""
    return Score(bpm=120, key="A", scale="minor", progression="i VI III VII", bars=10, groove="rock", seed=3)


@pytest.fixture(scope="session")
def song(score: Score) -> Samples:
    return render(score)
