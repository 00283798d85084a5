"""Key, tuning and chords against synthesized truth."""

from __future__ import annotations

import numpy as np
import pytest
import signals

from workbench.analysis.tonality.camelot import camelot, open_key
from workbench.audio.demo.synthesis import Score, render
from workbench.audio.pitch_names import PITCH_NAMES

PROGRESSIONS = {"major": "I IV V I", "minor": "i iv v i"}


@pytest.mark.parametrize("scale", ["major", "minor"])
@pytest.mark.parametrize("key", PITCH_NAMES)
def test_every_key(analyze, key, scale):
    score = Score(bpm=120, key=key, scale=scale, progression=PROGRESSIONS[scale], bars=4, groove="none")
    features = analyze(render(score))
    assert (features.key, features.scale) == (key, scale)
    assert (features.key_runner_up, features.scale_runner_up) != (key, scale)
    assert 0.5 < features.key_strength <= 1


@pytest.mark.parametrize(
    ("key", "scale", "wheel", "open_code"),
    [
        ("C", "major", "8B", "1d"),
        ("A", "minor", "8A", "1m"),
        ("F#", "minor", "11A", "4m"),
        ("G", "major", "9B", "2d"),
        ("F", "major", "7B", "12d"),
        ("D#", "minor", "2A", "7m"),
        ("E", "major", "12B", "5d"),
        ("G#", "minor", "1A", "6m"),
    ],
)
def test_codes_for_disc_jockeys(key, scale, wheel, open_code):
    assert camelot(key, scale) == wheel
    assert open_key(key, scale) == open_code


@pytest.mark.parametrize("a4", [430, 436, 440, 445, 450])
def test_tuning(analyze, a4):
    chord = sum(signals.tone(a4 * 2 ** (semitones / 12), 5, level_db=-20) for semitones in (0, 4, 7, 12, -12))
    features = analyze(chord)
    assert features.tuning_hz == pytest.approx(a4, abs=1)
    assert (features.key, features.scale) == ("A", "major")


def test_chroma_shows_the_notes(analyze):
    features = analyze(signals.tone(440, 4) + signals.tone(440 * 2 ** (3 / 12), 4))
    strongest = np.argsort(-features.chroma_mean)[:2]
    assert {PITCH_NAMES[i] for i in strongest} == {"A", "C"}
    assert features.chroma_mean.sum() == pytest.approx(1, abs=0.01)
    assert features.chroma_curve.shape[1] == 12


def test_chord_changes_are_counted(analyze):
    slow = Score(
        bpm=120, key="C", scale="major", progression="I IV V I", bars=10, groove="none", comping="held"
    )
    still = Score(bpm=120, key="C", scale="major", progression="I", bars=10, groove="none", comping="held")
    assert analyze(render(slow)).chord_change_rate_hz == pytest.approx(0.4, abs=0.2)
    assert analyze(render(still)).chord_change_rate_hz < 0.1


def test_noise_has_no_key(analyze):
    features = analyze(signals.white_noise(20))
    assert features.key is None
    assert features.camelot is None
    assert features.tuning_hz is None
