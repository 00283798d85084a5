"""Tempo, beats, meter and onsets against synthesized truth."""

from __future__ import annotations

import numpy as np
import pytest
import signals

from workbench.audio.demo.instruments import note
from workbench.audio.demo.synthesis import Score, render


@pytest.mark.parametrize("bpm", [60, 75.5, 92, 110, 128, 140, 174])
def test_click_track(analyze, bpm):
    features = analyze(signals.click_track(bpm, 30))
    assert any(features.bpm == pytest.approx(bpm * factor, rel=0.005) for factor in (1, 2, 0.5))
    interval = 60 / max(bpm, features.bpm)
    off = (features.beats_s + interval / 2) % interval - interval / 2
    assert np.all(np.abs(off) < 0.03)
    assert features.onset_rate_hz == pytest.approx(bpm / 60, rel=0.1)
    assert features.bpm_confidence > 0.5
    assert features.tempo_stability > 0.9


@pytest.mark.parametrize(
    ("groove", "bpm"), [("rock", 112), ("house", 124), ("hip hop", 88), ("funk", 104), ("bossa", 132)]
)
def test_grooves(analyze, groove, bpm):
    score = Score(bpm=bpm, key="C", scale="major", progression="I V vi IV", bars=12, groove=groove)
    features = analyze(render(score))
    assert features.bpm == pytest.approx(bpm, rel=0.01)
    truth = score.beats_s()
    nearest = np.abs(features.beats_s[:, None] - truth).min(axis=1)
    assert np.mean(nearest < 0.07) > 0.9
    missed = np.abs(features.beats_s - truth[:, None]).min(axis=1)
    assert np.mean(missed < 0.07) > 0.9


@pytest.mark.parametrize(
    ("bpm", "style"),
    [
        (84, {"groove": "reggae", "comping": "off beats", "chords": "organ", "progression": "I IV V I"}),
        (92.7, {"groove": "none", "comping": "halves", "bass_line": "root and fifth", "lead": "flute"}),
    ],
    ids=["off beats as strong as beats", "nothing but an accompaniment"],
)
def test_a_tempo_is_not_doubled(analyze, bpm, style):
    score = Score(
        **{"key": "F#", "scale": "major", "progression": "I V vi IV", "bars": 14, "bpm": bpm} | style
    )
    assert analyze(render(score)).bpm == pytest.approx(bpm, rel=0.01)


@pytest.mark.parametrize("bpm", [121, 132, 140, 149])
@pytest.mark.parametrize("loud", [0.3, 1.0], ids=["soft clap", "loud clap"])
def test_kick_and_clap_are_not_halved(analyze, bpm, loud):
    """A kick on each beat, a clap on every other, nothing else."""
    time = np.arange(25 * 44100) / 44100
    beat = 60 / bpm
    kick = np.sin(2 * np.pi * 55 * (time % beat)) * np.exp(-10 * (time % beat))
    clap = np.random.default_rng(0).standard_normal(len(time)) * np.exp(-25 * ((time - beat) % (2 * beat)))
    samples = 0.3 * (kick + loud * clap * (time > beat))
    assert analyze(samples).bpm == pytest.approx(bpm, rel=0.01)


def test_house_with_a_held_organ_is_not_halved(analyze):
    style = {"groove": "house", "chords": "organ", "comping": "held", "bass_line": "held"}
    score = Score(bpm=140, key="A", scale="minor", progression="i VI III VII", bars=14, **style)
    assert analyze(render(score)).bpm == pytest.approx(140, rel=0.01)


def chorale(bpm: float, attack_s: float) -> np.ndarray:
    """Block chords on each beat that fade into each other, as of a choir."""
    every_s = 60 / bpm
    rng = np.random.default_rng(2)
    samples = np.zeros(30 * 44100)
    for start in np.arange(0, 28, every_s):
        root = 110 * 2 ** (rng.choice([0, 2, 5, 7, 9]) / 12)
        sounding = slice(int(start * 44100), int((start + every_s + attack_s) * 44100) + 1)
        time = np.arange(len(samples))[sounding] / 44100
        level = np.clip((time - start) / attack_s, 0, 1) * np.clip(
            1 + (start + every_s - time) / attack_s, 0, 1
        )
        for ratio in (1, 1.5, 2, 2.5, 3):
            samples[sounding] += 0.05 * level * np.sin(2 * np.pi * root * ratio * time)
    return samples


@pytest.mark.parametrize("bpm", [66, 84, 97])
def test_block_chords_with_soft_attacks_have_a_tempo(analyze, bpm):
    features = analyze(chorale(bpm, 0.08))
    assert features.bpm is not None
    assert min(abs(features.bpm / (bpm * factor) - 1) for factor in (0.5, 1, 2)) < 0.04


def test_soft_music_over_hiss_has_a_tempo_that_is_not_trusted(analyze):
    hiss = 0.02 * np.random.default_rng(1).standard_normal(30 * 44100)
    features = analyze(chorale(72, 0.25) + hiss)
    assert features.bpm is not None
    assert features.bpm_confidence < 0.5


@pytest.mark.parametrize(
    "samples",
    [
        signals.white_noise(4),
        0.2 * signals.white_noise(8) + sum(signals.tone(f, 8) for f in (110, 165, 220)) / 4,
        np.concatenate((signals.silence(3), signals.tone(1000, 0.01), signals.silence(9))),
    ],
    ids=["short noise", "a chord in noise", "one click"],
)
def test_what_has_no_pulse_has_no_tempo(analyze, samples):
    assert analyze(samples).bpm is None


@pytest.mark.parametrize(("groove", "beats"), [("waltz", 3), ("rock", 4)])
def test_meter(analyze, groove, beats):
    score = Score(
        bpm=116,
        key="G",
        scale="major",
        progression="I IV V I",
        bars=24,
        groove=groove,
        beats_per_bar=beats,
        comping="oom pah" if beats == 3 else "beats",
        bass_line="downbeat" if beats == 3 else "beats",
    )
    assert analyze(render(score)).time_signature in (beats, None)


@pytest.mark.parametrize("bpm", [25, 400])
def test_an_extreme_tempo_is_reported_in_a_sensible_octave_with_an_alternative(analyze, bpm):
    features = analyze(signals.click_track(bpm, 40))
    assert 40 <= features.bpm <= 250
    octaves = np.log2(features.bpm / bpm)
    thirds = np.log2(features.bpm / bpm / 3)
    assert min(abs(octaves - round(octaves)), abs(thirds - round(thirds))) < 0.03
    assert features.bpm_alternative is not None
    assert len(features.tempo_candidates_bpm) == len(features.tempo_candidates_weight)
    assert features.tempo_candidates_weight[0] == 1


@pytest.mark.parametrize(
    "samples",
    [signals.white_noise(20), signals.tone(110, 20), signals.silence(5)],
    ids=["noise", "drone", "silence"],
)
def test_nothing_to_tap_along_with(analyze, samples):
    features = analyze(samples)
    assert features.bpm is None
    assert features.bpm_confidence is None
    assert len(features.beats_s) == 0


def test_a_tempo_that_drifts_is_reported_by_its_mean(analyze):
    even = np.arange(0.3, 60, 60 / 70)
    starts = even + 0.05 * np.sin(2 * np.pi * even / 30) * 30 / (2 * np.pi)  # 67 to 74 beats a minute
    samples = np.zeros(62 * 44100, np.float32)
    for start in starts:
        samples[round(start * 44100) :][:4410] += 0.3 * note("piano", 60, 0.1)[:4410]
    features = analyze(samples)
    assert features.bpm == pytest.approx(70, rel=0.01)
    assert np.abs(features.beats_s[:, None] - starts).min(axis=1).max() < 0.05


@pytest.mark.parametrize("spread", [0.3, 0.6])
def test_free_time_gets_a_tempo_that_is_not_trusted(analyze, spread):
    rng = np.random.default_rng(5)
    starts = np.cumsum(0.5 * np.exp(spread * rng.standard_normal(60)))
    samples = np.zeros(round((starts[-1] + 2) * 44100), np.float32)
    for start in starts:
        sound = note("piano", int(rng.integers(50, 74)), 0.4)
        samples[round(start * 44100) :][: len(sound)] += 0.3 * sound
    features = analyze(samples)
    assert 40 <= features.bpm <= 250
    assert features.bpm_confidence < 0.3
    assert features.tempo_stability < 0.6


def test_a_pad_that_swells_has_no_tempo(analyze):
    time = np.arange(20 * 44100) / 44100
    swell = 0.2 * (1 + 0.3 * np.sin(0.2 * np.pi * time)) * np.sin(2 * np.pi * 220 * time)
    features = analyze(swell + 0.1 * np.sin(2 * np.pi * 331 * time))
    assert features.bpm is None
    assert len(features.beats_s) == 0


def test_level_does_not_matter(analyze, song):
    loud, quiet = analyze(song), analyze(0.03 * song)
    assert quiet.bpm == pytest.approx(loud.bpm, rel=0.002)
    assert quiet.key == loud.key


def test_what_does_not_move_has_no_danceability(analyze):
    chord = sum(signals.tone(frequency, 20) for frequency in (110, 220, 330, 440)) / 4
    assert analyze(chord).danceability is None
    moving = chord * (1 + 0.2 * np.sin(2 * np.pi * 2 * np.arange(len(chord)) / 44100))[:, None]
    assert analyze(moving / 1.2).danceability is not None


def test_a_beat_is_more_danceable_than_a_drift(analyze):
    rng = np.random.default_rng(0)
    drift = np.cumsum(rng.standard_normal(40 * 44100 // 4096))
    level = np.interp(np.arange(40 * 44100) / 4096, np.arange(len(drift)), drift)
    swelling = signals.white_noise(40)[:, 0] * (level - level.min())
    beat = Score(bpm=124, key="A", scale="minor", progression="i VI", bars=20, groove="house")
    assert analyze(render(beat)).danceability > 1.3 * analyze(swelling / np.abs(swelling).max()).danceability
