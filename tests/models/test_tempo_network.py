"""TempoCNN as it is fetched, on drums whose tempo is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.models.networks.tempo_network import LOWEST_BPM, RATE, load_tempo_network


def drums(bpm: float, seconds: float) -> np.ndarray:
    """A kick on each beat and a hat between."""
    generator = np.random.default_rng(1)
    time = np.arange(int(seconds * RATE)) / RATE
    since = time % (60 / bpm)
    off = (time + 30 / bpm) % (60 / bpm)
    kick = np.sin(2 * np.pi * 60 * since) * np.exp(-20 * since)
    hat = 0.2 * generator.standard_normal(len(time)) * np.exp(-60 * off)
    return (0.5 * kick + hat).astype(np.float32)


@pytest.mark.parametrize("bpm", [96, 124])
def test_the_most_likely_tempo_is_that_of_the_drums(free_models: Path, bpm: float) -> None:
    network = load_tempo_network(free_models)
    assert network is not None
    likely = network(drums(bpm, 24))
    assert likely.shape == (256,) and likely.sum() == pytest.approx(1, abs=1e-3)
    assert abs(LOWEST_BPM + int(likely.argmax()) - bpm) <= 2
    assert np.isfinite(network(drums(bpm, 1.0))).all()


def test_without_the_network_there_is_none(tmp_path: Path) -> None:
    assert load_tempo_network(tmp_path) is None
