"""Networks that listen while a file is analyzed: the same patches however it is read, and the same by ``embed``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench.analysis.analyze_file import analyze_and_listen, analyze_file
from workbench.models.networks.inference import run_models
from workbench.models.networks.listening import ModelListener
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.patch_sampler import HOP_S, PATCH_S, PatchSampler
from workbench.models.networks.registry import models_that_listen, usable_models
from workbench.session.workbench import Workbench
from workbench.settings import Settings

RATE = 22_050


@pytest.fixture
def models(free_models: Path) -> tuple[ModelFile, ...]:
    """The two that describe a track; the third votes on its tempo."""
    return models_that_listen(free_models)[:2]


@pytest.fixture
def chords(tmp_path: Path) -> str:
    """A minute of stereo plucked chords that get brighter, as a FLAC file."""
    time = np.arange(60 * RATE) / RATE
    pluck = np.exp(-3 * (time % 0.5))
    notes = [np.sin(2 * np.pi * f * (1 + (time // 6 % 3) / 4) * time) for f in (220, 277, 330)]
    mono = 0.2 * pluck * sum(notes) + 0.001 * time * np.sign(notes[0])
    path = tmp_path / "chords.flac"
    soundfile.write(path, np.column_stack([mono, 0.5 * mono]), RATE)
    return str(path)


def numbered(seconds: float, rate: int = 100) -> np.ndarray:
    """A signal that counts, so that a patch tells where it is from."""
    return np.arange(int(seconds * rate), dtype=np.float32)[:, None]


def starts(blocks: list[np.ndarray], count: int, rate: int = 100) -> list[float]:
    sampler = PatchSampler(rate, count)
    for block in blocks:
        sampler.push(block)
    patches = sampler.finish()
    for patch in patches:
        np.testing.assert_array_equal(patch - patch[0], np.arange(round(PATCH_S * rate)))
    return [float(patch[0]) / rate for patch in patches]


@pytest.mark.parametrize("seconds", [4, 24, 25, 100, 733, 3600])
@pytest.mark.parametrize("count", [1, 4, 8])
def test_patches_are_spread_over_the_stream_however_it_is_cut(seconds: float, count: int) -> None:
    signal = numbered(seconds)
    found = starts([signal], count)
    for size in (37, 301, 1000, 7919):
        assert starts([signal[at : at + size] for at in range(0, len(signal), size)], count) == found
    whole = int((seconds - PATCH_S) // HOP_S) + 1
    assert len(found) == min(count, whole)
    gaps = np.diff(found)
    assert not len(gaps) or gaps.max() <= 2 * gaps.min()
    assert found[0] == 0 and (count == 1 or seconds - found[-1] <= 2 * HOP_S + 2 * seconds / count)


def test_a_stream_shorter_than_a_patch_is_repeated() -> None:
    sampler = PatchSampler(100, 4)
    sampler.push(numbered(1.0))
    (patch,) = sampler.finish()
    assert len(patch) == 302 and patch[:201].tolist() == [*range(100), *range(100), 0]


def test_the_analysis_and_embed_hear_the_same(
    chords: str, models: tuple[ModelFile, ...], data_dir: Path
) -> None:
    settings = Settings(data_dir=data_dir)
    found = analyze_and_listen(chords, settings, partial(ModelListener, models))
    assert found.features.duration_s == pytest.approx(60)
    assert found.features.bpm == analyze_file(chords).bpm
    for other in (
        run_models(chords, models).outputs,
        analyze_and_listen(
            chords, settings.with_(stream_block_seconds=0.7), partial(ModelListener, models)
        ).outputs,
    ):
        assert len(other) == 4
        for one, two in zip(found.outputs, other, strict=True):
            assert (one.model, one.probabilities) == (two.model, two.probabilities)
            if one.embedding is not None:
                np.testing.assert_array_equal(one.embedding, two.embedding)


def test_essentia_takes_the_place_of_a_missing_onnx_file(
    chords: str, models: tuple[ModelFile, ...], tmp_path: Path
) -> None:
    msd = models[0]
    lonely = tmp_path / f"{msd.name}.pb"
    lonely.write_bytes(Path(msd.path).read_bytes())
    by_onnx, by_essentia = (
        run_models(chords, [model]).outputs[0].embedding for model in (msd, replace(msd, path=str(lonely)))
    )
    assert by_onnx is not None and by_essentia is not None
    np.testing.assert_allclose(by_onnx, by_essentia, atol=1e-3)


def test_silence_has_no_predictions_and_a_broken_model_costs_no_analysis(
    wav: Callable[..., str], models: tuple[ModelFile, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = wav(np.zeros(16_000 * 5, np.float32))
    assert [output.probabilities for output in run_models(path, models).outputs] == [None] * 4
    gone = [replace(models[0], path=str(tmp_path / "gone.pb"))]
    found = analyze_and_listen(path, Settings(data_dir=tmp_path), partial(ModelListener, gone))
    assert found.outputs == () and found.features.duration_s == 5 and "is gone" in caplog.text


def test_an_analysis_leaves_nothing_for_embed(chords: str, free_models: Path, data_dir: Path) -> None:
    with Workbench(data_dir, async_workers=1, models_dir=free_models, memory_limit_percent=100) as wb:
        report = wb.analyze(chords, show=False).result(timeout=120)
        assert (report.analyzed, report.failed) == (1, ())
        assert wb.models.unseen() == 0 and wb.models.advice() is None
        names = {model.model for model in wb.library.models.with_embeddings()}
        assert names == {model.name for model in usable_models(free_models)}
        stored = wb.library.models.predictions(model="mtt-musicnn-free-1")
        assert stored[0].scores["guitar"] > stored[0].scores["opera"]
        table = wb.table()
        assert np.isfinite(table.numbers("piano")).all() and table["voice"].tolist() == ["none"]
        assert wb.search(like="instrumental").tracks[0].reasons == ("no voice",)
