"""Whatever comes in: finite numbers in their ranges or null, no warning, the same however it is cut."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import signals
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analysis.descriptors import DESCRIPTORS
from workbench.analysis.features import TrackFeatures
from workbench.analysis.one_pass import describe
from workbench.audio.demo.demo_library import DEMO_TRACKS
from workbench.audio.demo.synthesis import render

RATES = (1000, 8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 192000)


def pulsing(rate: int = 44100, seconds: float = 4.0) -> np.ndarray:
    time = np.arange(round(rate * seconds)) / rate
    return (0.5 * np.sin(2 * np.pi * 220 * time) * (time % 0.5 < 0.1)).astype(np.float32)[:, None]


def check(samples: np.ndarray, rate: int = 44100) -> TrackFeatures:
    samples = np.asarray(samples, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = describe([samples], rate, samples.shape[1])
    features = TrackFeatures(**found, sample_rate_hz=rate, channels=samples.shape[1])
    limits = {d.name: (d.low, d.high) for d in DESCRIPTORS}
    for name, value in {**features.scalars(), **features.series(), "vector": features.vector}.items():
        if value is None or isinstance(value, str):
            continue
        numbers, (low, high) = np.asarray(value, np.float64), limits[name]
        assert np.isfinite(numbers).all(), name
        assert low is None or (numbers >= low - 1e-6).all(), name
        assert high is None or (numbers <= high + 1e-6).all(), name
    return features


ODDITIES = {
    "nothing": np.zeros((0, 2)),
    "one sample": np.ones((1, 1)),
    "three samples, eight channels": np.full((3, 8), 0.1),
    "50 ms": pulsing(seconds=0.05),
    "silence": np.zeros((44100, 2)),
    "noise": signals.white_noise(5, channels=2),
    "clicks": signals.click_track(120, 10),
    "drone": signals.tone(110, 10),
    "clipped": np.clip(20 * pulsing(), -1, 1),
    "DC offset": pulsing() + 0.4,
    "only DC": np.full((44100 * 3, 1), 0.3),
    "highest frequency": np.where(np.arange(44100 * 2) % 2, 1.0, -1.0)[:, None],
    "impulse": np.eye(1, 44100 * 2)[0][:, None],
    "far over full scale": 1e30 * signals.white_noise(2),
    "denormal": np.full((44100 * 2, 1), 1e-40),
}


@pytest.mark.parametrize("name", ODDITIES)
def test_oddities(name):
    check(ODDITIES[name])


@pytest.mark.parametrize("rate", RATES)
def test_every_rate(rate):
    features = check(pulsing(rate, 8), rate)
    assert features.bpm == pytest.approx(120, rel=0.01)
    assert features.key == "A"
    assert features.duration_s == pytest.approx(8)


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 6, 8])
def test_every_number_of_channels(channels):
    features = check(np.repeat(pulsing(seconds=8), channels, axis=1))
    assert features.bpm == pytest.approx(120, rel=0.01)
    assert features.channels == channels


def test_inverted_channels_are_heard():
    wave = pulsing(seconds=8)
    inverted, plain = check(np.hstack((wave, -wave))), check(np.hstack((wave, wave)))
    assert inverted.bpm == pytest.approx(plain.bpm)
    assert inverted.key == plain.key
    assert inverted.loudness_lufs == pytest.approx(plain.loudness_lufs, abs=0.01)
    assert inverted.spectral_centroid_hz == pytest.approx(plain.spectral_centroid_hz, rel=0.01)


def test_silence_says_nothing():
    features = check(ODDITIES["silence"])
    said = {name for name, value in features.scalars().items() if value not in (None, [])}
    assert said <= {"duration_s", "sample_rate_hz", "channels", "truncated"}
    assert features.duration_s == 1
    assert len(features.vector) > 0


def test_perceptual_values_are_left_to_models():
    features = check(pulsing())
    for name in ("valence", "acousticness", "instrumentalness", "speechiness", "liveness", "mood", "genre"):
        assert features.scalars()[name] is None


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return render(DEMO_TRACKS[3].score)[: 44100 * 12]


@pytest.fixture(scope="module")
def whole(music: np.ndarray) -> TrackFeatures:
    return TrackFeatures(**describe([music], 44100, 2), sample_rate_hz=44100, channels=2)


@settings(max_examples=12)
@given(cuts=st.lists(st.integers(0, 44100 * 12), max_size=12))
def test_results_do_not_depend_on_the_blocks(music, whole, cuts):
    blocks = np.split(music, sorted(cuts))
    assert TrackFeatures(**describe(blocks, 44100, 2), sample_rate_hz=44100, channels=2) == whole


def test_results_do_not_depend_on_tiny_blocks(music, whole):
    blocks = (music[start : start + 701] for start in range(0, len(music), 701))
    assert TrackFeatures(**describe(blocks, 44100, 2), sample_rate_hz=44100, channels=2) == whole


def test_same_again_and_across_processes(music, whole):
    again = TrackFeatures(**describe([music], 44100, 2), sample_rate_hz=44100, channels=2)
    assert again == whole
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_memory_is_bounded_by_the_chunk_and_not_by_the_length():
    import tracemalloc

    rate = 8000
    block = signals.white_noise(10, rate=rate)

    def peak_bytes(blocks: int) -> int:
        tracemalloc.start()
        try:
            describe((block for _ in range(blocks)), rate, 1)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak_bytes(1)
    minutes = 10
    after_landmarks = (
        6 * 11
    )  # landmarks, and sound for a second opinion on the tempo, are of the beginning only
    grown = peak_bytes(after_landmarks + 6 * minutes) - peak_bytes(after_landmarks)
    ten_hours = grown / minutes * 600
    assert ten_hours < 64 * 2**20
