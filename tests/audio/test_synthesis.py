from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals import click_track, level_steps, silence, tone, white_noise

from workbench.audio.demo.harmony import chord, scale_pitch_classes
from workbench.audio.demo.instruments import INSTRUMENTS, RATE, drum, note
from workbench.audio.demo.synthesis import BASS_LINES, COMPING, GROOVES, LEAD_IN_S, Score, render
from workbench.audio.pitch_names import PITCH_NAMES


def frequency_peaks(samples: np.ndarray) -> np.ndarray:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 17))
    return np.argmax(spectrum) * RATE / (1 << 17)


@pytest.mark.parametrize("instrument", sorted(INSTRUMENTS))
def test_a_note_has_its_pitch_and_its_length(instrument):
    sound = note(instrument, 57, 0.8)

    lowest_partials = 220.0 * np.arange(1, 9)
    assert np.abs(lowest_partials - frequency_peaks(sound)).min() < 3
    assert len(sound) == pytest.approx((0.8 + INSTRUMENTS[instrument].release_s) * RATE, abs=1)
    assert 0.3 < np.abs(sound).max() <= 1.001
    assert abs(sound[-1]) < 1e-3


def test_notes_hold_no_partial_over_half_the_rate():
    spectrum = np.abs(np.fft.rfft(note("strings", 108, 0.5)))
    loud = np.flatnonzero(spectrum > 0.01 * spectrum.max()) * RATE / (2 * (len(spectrum) - 1))
    fundamental = 440 * 2 ** ((108 - 69) / 12)
    assert (np.abs(loud / fundamental - np.round(loud / fundamental)) < 0.05).all()


def test_sounds_cannot_be_changed_by_who_gets_them():
    for sound in (note("piano", 60, 0.5), drum("snare")):
        with pytest.raises(ValueError, match="read-only"):
            sound[0] = 1


@pytest.mark.parametrize(
    ("numeral", "key", "scale", "names"),
    [
        ("I", "C", "major", "C E G"),
        ("V7", "C", "major", "G B D F"),
        ("ii7", "D", "major", "E G B D"),
        ("vii°", "C", "major", "B D F"),
        ("IM7", "F", "major", "F A C E"),
        ("i", "A", "minor", "A C E"),
        ("VI", "A", "minor", "F A C"),
        ("V", "A", "minor", "E G# B"),
        ("iv", "F#", "minor", "B D F#"),
    ],
)
def test_chords(numeral, key, scale, names):
    assert [PITCH_NAMES[p] for p in chord(numeral, key, scale).pitch_classes] == names.split()


@pytest.mark.parametrize("numeral", ["", "IIII", "H", "I9", "Iv7x"])
def test_no_such_chord(numeral):
    with pytest.raises(ValueError, match="is not a chord"):
        chord(numeral, "C", "major")


@given(st.sampled_from(PITCH_NAMES), st.sampled_from(["I", "ii7", "V7"]), st.integers(30, 70))
def test_voicings_stay_within_an_octave(key, numeral, lowest):
    pitches = chord(numeral, key, "major").voiced(lowest)
    assert {p % 12 for p in pitches} == set(chord(numeral, key, "major").pitch_classes)
    assert lowest <= min(pitches)
    assert max(pitches) < lowest + 12


@pytest.mark.parametrize(("groove", "bass_line", "comping"), [
    (groove, bass, comping) for (groove, bass, comping) in zip(
        sorted(GROOVES), sorted(BASS_LINES) * 3, sorted(COMPING) * 2, strict=False)
])  # fmt: skip
def test_a_piece_has_the_length_level_and_notes_of_its_score(groove, bass_line, comping):
    score = Score(bpm=120, key="D", scale="major", progression="I IV I V", bars=5, groove=groove,
                  bass_line=bass_line, comping=comping, lead="flute", seed=1)  # fmt: skip

    samples = render(score)

    assert samples.dtype == np.float32
    assert samples.shape == (round(score.seconds * RATE), 2)
    assert np.abs(samples).max() == pytest.approx(0.9, abs=1e-3)
    assert not samples[: round(LEAD_IN_S * RATE)].any()
    np.testing.assert_array_equal(samples, render(score))


def test_the_notes_of_a_piece_are_those_of_its_key():
    for key, scale in product(("C", "F#"), ("major", "minor")):
        tonic = "I" if scale == "major" else "i"
        score = Score(bpm=100, key=key, scale=scale, progression=tonic, bars=3, groove="none", lead="flute")
        mono = render(score).mean(axis=1)
        spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)))) ** 2
        frequencies = np.fft.rfftfreq(len(mono), 1 / RATE)
        band = (frequencies > 100) & (frequencies < 1000)
        pitches = np.round(69 + 12 * np.log2(frequencies[band] / 440)).astype(int) % 12
        energy = np.bincount(pitches, spectrum[band], minlength=12)
        assert sum(energy[list(scale_pitch_classes(key, scale))]) > 0.97 * energy.sum()
        assert PITCH_NAMES[int(np.argmax(energy))] in {
            PITCH_NAMES[p] for p in chord(tonic, key, scale).pitch_classes
        }


def test_beats_fall_where_the_score_says():
    score = Score(
        bpm=150,
        key="E",
        scale="minor",
        progression="i",
        bars=4,
        groove="house",
        comping="held",
        bass_line="held",
    )
    low = np.abs(render(score).mean(axis=1))
    before, after = [], []
    for beat in np.round(score.beats_s() * RATE).astype(int)[1:]:
        before.append(low[beat - 441 : beat].max())
        after.append(low[beat : beat + 441].max())
    assert len(score.beats_s()) == 16
    assert np.diff(score.beats_s()) == pytest.approx(0.4)
    assert (np.array(after) > 1.2 * np.array(before)).all()


def test_signals_have_the_level_that_they_are_asked_for():
    assert np.abs(tone(997, 1.0, level_db=-6)).max() == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    noise = white_noise(2.0, level_db=-20, channels=2)
    assert np.sqrt((noise**2).mean(axis=0)) == pytest.approx([0.1, 0.1], rel=0.02)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.02
    assert not silence(0.5, channels=3).any()
    steps = level_steps([(-36, 1.0), (-23, 2.0)])
    assert steps.shape == (3 * 48000, 2)
    assert np.abs(steps[:48000]).max() == pytest.approx(10 ** (-36 / 20), rel=1e-3)
    assert np.abs(steps[48000:]).max() == pytest.approx(10 ** (-23 / 20), rel=1e-3)


def test_clicks_come_on_the_beat():
    clicks = click_track(120, 5.0)[:, 0]
    starts = np.flatnonzero((np.abs(clicks) > 0) & (np.abs(np.roll(clicks, 1)) == 0)) / RATE
    beats = starts[np.diff(starts, prepend=-1) > 0.1]
    assert beats == pytest.approx(np.arange(0, 5, 0.5), abs=1e-3)
