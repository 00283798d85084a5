"""From samples to numbers through graphs whose weights are known: framing, patches, hops, averages, heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import AudioError, ModelError
from workbench.lazy_imports import get_essentia
from workbench.models.networks.inference import FileOutputs, ModelOutput, run_models
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.mono_16k import Mono16k
from workbench.models.networks.patches import PatchWindows
from workbench.models.networks.published import FRONTS
from workbench.models.networks.registry import usable_models

Noise = Callable[[float], np.ndarray]
Wav = Callable[..., str]

MAEST_MEAN, MAEST_STD = 2.06755686098554, 1.268292820667291
"""Published in the models' preprocessor configuration; Essentia divides by twice the deviation."""


@pytest.fixture(scope="session")
def models(toy_models: Path) -> dict[str, ModelFile]:
    return {model.name: model for model in usable_models(toy_models)}


def mel_frames(samples: np.ndarray, algorithm: str) -> np.ndarray:
    """Mel bands as Essentia's network inputs compute them: an independent path without any graph."""
    es, front = get_essentia(), FRONTS[algorithm]
    bands = es.TensorflowInputVGGish() if "VGGish" in algorithm else es.TensorflowInputMusiCNN()
    frames = es.FrameGenerator(samples, frameSize=front.frame, hopSize=front.frame_hop, startFromZero=False)
    return np.array([bands(frame) for frame in frames])


def patch_means(frames: np.ndarray, patch: int, hop: int) -> np.ndarray:
    starts = range(0, len(frames) - patch + 1, hop)
    return np.array([frames[start : start + patch].mean(axis=0) for start in starts])


def one(outputs: FileOutputs, name: str) -> ModelOutput:
    return next(output for output in outputs.outputs if output.model == name)


def resampled(path: str) -> np.ndarray:
    from workbench.audio.streaming_loader import open_audio

    with open_audio(path) as stream:
        to_16k = Mono16k(stream.rate)
        return np.concatenate([*[to_16k.push(block) for block in stream], to_16k.finish()])


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_embeddings_and_heads_by_value(models: dict[str, ModelFile], noise: Noise, wav: Wav) -> None:
    path = wav(noise(250.0))
    found = run_models(path, list(models.values()))
    samples = resampled(path)
    musicnn = mel_frames(samples, "TensorflowPredictMusiCNN")
    means = patch_means(musicnn, 187, 93)
    assert found.patches["toy-msd-musicnn-1"] == len(means) > 2 * 64  # more than one window
    np.testing.assert_allclose(one(found, "toy-msd-musicnn-1").embedding, means.mean(axis=0), atol=2e-5)
    happy = softmax(np.stack([2 * means[:, 5], means[:, 60]], axis=1)).mean(axis=0)
    scores = one(found, "mood_happy-toy-msd-musicnn-1").probabilities
    assert scores == pytest.approx({"happy": happy[0], "non_happy": happy[1]}, abs=1e-5)
    emotions = one(found, "deam-toy-msd-musicnn-2").probabilities
    assert emotions == pytest.approx(
        {"valence": means[:, 5].mean(), "arousal": 2 * means[:, 60].mean()}, abs=1e-5
    )
    sad = softmax(means[:, 10:12]).mean(axis=0)
    assert one(found, "mood_sad-musicnn-msd-2").probabilities == pytest.approx(
        {"non_sad": sad[0], "sad": sad[1]}, abs=1e-5
    )
    vggish = patch_means(mel_frames(samples, "TensorflowPredictVGGish"), 96, 93)
    np.testing.assert_allclose(one(found, "audioset-vggish-3").embedding, vggish.mean(axis=0), atol=2e-5)
    effnet = patch_means(musicnn, 128, 62)
    assert found.patches["toy-discogs-effnet-bs64-1"] == len(effnet)
    np.testing.assert_allclose(
        one(found, "toy-discogs-effnet-bs64-1").embedding, effnet.mean(axis=0), atol=2e-5
    )
    genres = 1 / (1 + np.exp(-np.stack([-2 * effnet[:, 5], effnet[:, 60], 0.5 * effnet[:, 30]], axis=1)))
    assert one(found, "genre_toy-toy-discogs-effnet-1").probabilities == pytest.approx(
        dict(zip(("Electronic---House", "Jazz---Bop", "Rock---Emo"), genres.mean(axis=0), strict=True)),
        abs=1e-5,
    )
    maest = (patch_means(musicnn, 1876, 1875) - MAEST_MEAN) / (2 * MAEST_STD)
    assert found.patches["toy-discogs-maest-30s-pw-2"] == len(maest)
    np.testing.assert_allclose(
        one(found, "toy-discogs-maest-30s-pw-2").embedding, maest.mean(axis=0), atol=2e-4
    )
    assert found.audio_seconds == pytest.approx(250.0)


def test_results_carry_name_version_and_hash(models: dict[str, ModelFile], noise: Noise, wav: Wav) -> None:
    model = models["toy-msd-musicnn-1"]
    output = run_models(wav(noise(4.0)), [model]).outputs[0]
    assert (output.model, output.version, output.model_hash) == ("toy-msd-musicnn-1", "1", model.sha256)
    assert output.embedding is not None and output.embedding.dtype == np.float32


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_block_size_does_not_matter(models: dict[str, ModelFile], noise: Noise, wav: Wav, rate: int) -> None:
    path = wav(np.stack([noise(150.0), -0.5 * noise(150.0)], axis=1), rate)
    chosen = [models["toy-msd-musicnn-1"], models["mood_happy-toy-msd-musicnn-1"]]
    results = [run_models(path, chosen, block_seconds=seconds) for seconds in (0.37, 10.0, 200.0)]
    for other in results[1:]:
        assert other.patches == results[0].patches
        for left, right in zip(results[0].outputs, other.outputs, strict=True):
            assert left.probabilities == right.probabilities
            if left.embedding is not None:
                np.testing.assert_array_equal(left.embedding, right.embedding)


def test_windows_give_what_the_whole_signal_gives(models: dict[str, ModelFile], noise: Noise) -> None:
    model, signal = models["audioset-vggish-3"], noise(40.0)
    whole = get_essentia().TensorflowPredictVGGish(
        graphFilename=model.path, input=model.input_node, output=model.output_node
    )(signal)
    for patches in (2, 3, 8):
        windows = PatchWindows(model.front, patches)
        found, sizes = [], []
        for block in np.array_split(signal, 37):
            found += [*windows.push(block)]
        found.append(windows.finish())
        rows = []
        predict = get_essentia().TensorflowPredictVGGish(
            graphFilename=model.path, input=model.input_node, output=model.output_node
        )
        for window in found:
            sizes.append(len(window.samples))
            if len(window.samples) // model.front.frame_hop + 1 >= model.front.patch:
                rows.append(np.asarray(predict(window.samples))[window.start : window.stop])
        np.testing.assert_array_equal(np.concatenate(rows), whole)
        assert max(sizes) <= (patches * 93 + 2 * 96) * 160


def test_a_long_stream_is_held_one_window_at_a_time() -> None:
    windows = PatchWindows(FRONTS["TensorflowPredictMusiCNN"])
    block, patches, largest = np.zeros(160_000, np.float32), 0, 0
    for _ in range(3600):  # ten hours
        for window in windows.push(block):
            largest = max(largest, len(window.samples))
            patches += 64 - window.start
    assert largest < 100 * 16_000
    assert patches == pytest.approx(36_000 * 16_000 / (93 * 256), rel=0.01)


@pytest.mark.parametrize("seconds", [0.02, 0.5, 2.9])
def test_a_clip_shorter_than_a_patch_is_repeated(
    models: dict[str, ModelFile], noise: Noise, wav: Wav, seconds: float
) -> None:
    path = wav(noise(seconds))
    found = run_models(path, [models["toy-msd-musicnn-1"], models["toy-discogs-maest-30s-pw-2"]])
    assert found.patches == {"toy-msd-musicnn-1": 1, "toy-discogs-maest-30s-pw-2": 1}
    frames = mel_frames(resampled(path), "TensorflowPredictMusiCNN")
    repeated = np.resize(frames, (187, 96))
    np.testing.assert_allclose(one(found, "toy-msd-musicnn-1").embedding, repeated.mean(axis=0), atol=2e-5)


def test_exactly_one_patch(models: dict[str, ModelFile], noise: Noise, wav: Wav) -> None:
    path = wav(noise(187 * 256 / 16_000))
    found = run_models(path, [models["toy-msd-musicnn-1"]])
    frames = mel_frames(resampled(path), "TensorflowPredictMusiCNN")
    assert found.patches == {"toy-msd-musicnn-1": 1}
    np.testing.assert_allclose(found.outputs[0].embedding, frames[:187].mean(axis=0), atol=2e-5)


def test_silence_has_an_embedding_but_no_mood(models: dict[str, ModelFile], wav: Wav) -> None:
    chosen = [
        models["toy-msd-musicnn-1"],
        models["mood_happy-toy-msd-musicnn-1"],
        models["mood_sad-musicnn-msd-2"],
    ]
    found = run_models(wav(np.zeros(16_000 * 10)), chosen)
    np.testing.assert_array_equal(one(found, "toy-msd-musicnn-1").embedding, np.zeros(96))
    assert one(found, "mood_happy-toy-msd-musicnn-1").probabilities is None
    assert one(found, "mood_sad-musicnn-msd-2").probabilities is None


def test_resampling_keeps_the_band_and_rejects_what_would_alias(wav: Wav) -> None:
    time = np.arange(44_100 * 4) / 44_100
    kept = resampled(wav(0.5 * np.sin(2 * np.pi * 1000 * time), 44_100))
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(len(kept)) / 16_000)
    assert len(kept) == 64_000
    assert np.abs(kept - expected)[2000:-2000].max() < 1e-5
    rejected = resampled(wav(0.5 * np.sin(2 * np.pi * 9500 * time), 44_100))
    assert np.abs(rejected[2000:-2000]).max() < 1e-5


def test_a_graph_damaged_after_it_was_chosen_is_an_error_with_its_name(
    models: dict[str, ModelFile], tmp_path: Path, noise: Noise, wav: Wav
) -> None:
    graph = tmp_path / "toy-msd-musicnn-1.pb"
    graph.write_bytes(Path(models["toy-msd-musicnn-1"].path).read_bytes()[:200] + b"\xff" * 300)
    with pytest.raises(ModelError, match=r"toy-msd-musicnn-1 cannot be run.*GraphDef"):
        run_models(wav(noise(4.0)), [replace(models["toy-msd-musicnn-1"], path=str(graph))])
    graph.unlink()
    with pytest.raises(ModelError, match=r"toy-msd-musicnn-1 is gone"):
        run_models(wav(noise(4.0)), [replace(models["toy-msd-musicnn-1"], path=str(graph), version="2")])


def test_a_graph_that_is_not_what_its_json_says(models: dict[str, ModelFile], noise: Noise, wav: Wav) -> None:
    path = wav(noise(4.0))
    with pytest.raises(ModelError, match=r"toy-msd-musicnn-1 cannot be run"):
        run_models(path, [replace(models["toy-msd-musicnn-1"], output_node="model/dense/Other")])
    with pytest.raises(ModelError, match=r"toy-msd-musicnn-1 gives .*96.* says 200"):
        run_models(path, [replace(models["toy-msd-musicnn-1"], dimensions=200)])


def test_a_bad_file_is_an_audio_error(models: dict[str, ModelFile], tmp_path: Path) -> None:
    text = tmp_path / "not.wav"
    text.write_text("not audio")
    with pytest.raises(AudioError):
        run_models(str(text), [models["toy-msd-musicnn-1"]])
