"""TempoCNN as it is fetched, on drums whose tempo is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.registry import models_that_listen
from workbench.models.networks.tempo_network import LOWEST_BPM, RATE, TempoListener, load_tempo_network


@pytest.fixture
def model(free_models: Path) -> ModelFile:
    (found,) = (model for model in models_that_listen(free_models) if model.kind == "tempo")
    return found


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
def test_the_most_likely_tempo_is_that_of_the_drums(model: ModelFile, bpm: float) -> None:
    network = load_tempo_network(model)
    likely = network(drums(bpm, 24))
    assert likely.shape == (256,) and likely.sum() == pytest.approx(1, abs=1e-3)
    assert abs(LOWEST_BPM + int(likely.argmax()) - bpm) <= 2
    assert np.isfinite(network(drums(bpm, 1.0))).all()


def test_the_vote_does_not_depend_on_the_blocks(model: ModelFile) -> None:
    tempos = np.array([62.0, 124.0, 248.0])
    sound = drums(124, 40)[:, None]
    votes = []
    for block in (len(sound), 500, 7919):
        listener = TempoListener(model)
        for at in range(0, len(sound), block):
            listener.push(sound[at : at + block], RATE)
        vote = listener.vote()
        assert vote is not None
        votes.append(vote(tempos).tolist())
    assert votes[0] == votes[1] == votes[2]
    half, right, double = votes[0]
    assert right > 0.8 and half + double < 0.2


def test_a_short_sound_and_a_broken_network_do_not_vote(
    model: ModelFile, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    short = TempoListener(model)
    short.push(drums(124, 8)[:, None], RATE)
    assert short.vote() is None
    broken = TempoListener(replace(model, path=str(tmp_path / "gone.onnx")))
    broken.push(drums(124, 20)[:, None], RATE)
    assert broken.vote() is None and "does not vote" in caplog.text


def test_a_library_without_the_network_has_none(tmp_path: Path) -> None:
    assert models_that_listen(tmp_path) == ()
