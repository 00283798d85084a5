"""DESCRIPTORS=extended against sound whose chords, roughness and melody are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import signals
import soundfile

from workbench.analysis.analyze_file import analyze_file
from workbench.analysis.descriptors import CHORDS, DESCRIPTORS, EXTENDED
from workbench.analysis.features import VERSION, TrackFeatures, stale
from workbench.analysis.one_pass import describe
from workbench.audio.demo.instruments import note
from workbench.audio.demo.synthesis import Score, render
from workbench.settings import Settings

RATE = 44_100


def extended(samples: np.ndarray, rate: int = RATE) -> TrackFeatures:
    block = np.asarray(samples, np.float32)
    block = block[:, None] if block.ndim == 1 else block
    found = describe([block], rate, block.shape[1], extended=True)
    return TrackFeatures(**found, sample_rate_hz=rate, channels=block.shape[1])


def chords(*triads: tuple[int, ...], seconds: float = 4.0) -> np.ndarray:
    """Organ-like triads one after the other, as MIDI notes."""
    time = np.arange(int(seconds * RATE)) / RATE
    parts = []
    for triad in triads:
        tones = [440 * 2 ** ((pitch - 69) / 12) for pitch in triad]
        parts.append(sum(np.sin(2 * np.pi * f * h * time) / h for f in tones for h in (1, 2, 3)))
    return (0.05 * np.concatenate(parts)).astype(np.float32)


def test_a_progression_has_its_chords() -> None:
    c, f, g, a_minor = (48, 52, 55), (53, 57, 60), (55, 59, 62), (57, 60, 64)
    features = extended(chords(c, f, g, c, a_minor, c, g, c))
    shares = dict(zip(CHORDS, features.chords_histogram, strict=True))
    assert (features.chords_key, features.chords_scale) == ("C", "major")
    assert shares["C"] == pytest.approx(0.5, abs=0.1)
    assert [shares[name] for name in ("F", "G", "Am")] == pytest.approx([0.125, 0.25, 0.125], abs=0.07)
    assert features.chords_change_rate_hz == pytest.approx(7 / 32, abs=0.1)
    assert features.chords_strength > 0.6


def test_flat_names_are_written_as_sharps() -> None:
    features = extended(chords((51, 54, 58), seconds=10))
    assert (features.chords_key, features.chords_scale) == ("D#", "minor")


def test_a_sine_is_smooth_and_a_cluster_rough() -> None:
    time = np.arange(6 * RATE) / RATE
    sine = extended(0.3 * np.sin(2 * np.pi * 440 * time))
    cluster = extended(0.1 * sum(np.sin(2 * np.pi * f * time) for f in (440, 466, 494, 523)))
    assert sine.dissonance < 0.02
    assert cluster.dissonance > 0.3


def test_stretched_partials_are_inharmonic() -> None:
    time = np.arange(6 * RATE) / RATE
    exact, stretched = (
        extended(sum(0.1 / h * np.sin(2 * np.pi * 220 * h**power * time) for h in range(1, 8)))
        for power in (1.0, 1.03)
    )
    assert exact.inharmonicity < 0.01
    assert stretched.inharmonicity > 2 * exact.inharmonicity


def test_noise_has_neither_chords_nor_melody() -> None:
    noise = extended(signals.white_noise(8))
    assert noise.chords_key is None and not len(noise.chords_histogram)
    assert noise.melody_range_semitones is None


def test_harmonics_make_a_pitch_salient() -> None:
    sine = extended(signals.tone(220, 4))
    rich = extended(sum(signals.tone(220 * h, 4) for h in range(1, 9)) / 8)
    assert sine.pitch_salience < 0.1
    assert rich.pitch_salience > 0.3


def test_the_melody_spans_its_notes() -> None:
    pitches = [60, 64, 67, 72] * 8
    samples = np.concatenate([note("flute", pitch, 0.5)[: RATE // 2] for pitch in pitches])
    features = extended(0.4 * samples)
    assert features.melody_low_hz == pytest.approx(261.6, rel=0.03)
    assert features.melody_high_hz == pytest.approx(523.3, rel=0.03)
    assert features.melody_range_semitones == pytest.approx(12, abs=0.5)


def test_beats_are_as_loud_as_their_drums_and_where_they_sound() -> None:
    score = Score(
        bpm=124, key="A", scale="minor", progression="i VI", bars=10, groove="house", comping="held"
    )
    loud, soft = extended(render(score)), extended(0.3 * render(score))
    assert loud.beat_loudness > 3 * soft.beat_loudness
    assert loud.beat_loudness_bands.argmax() == 0  # the kick
    assert loud.intensity in (-1, 0, 1)
    assert all(np.size(getattr(loud, name)) and getattr(loud, name) is not None for name in EXTENDED)


@pytest.mark.parametrize("rate", [8_000, 22_050, 96_000])
def test_any_rate_and_any_block_gives_the_same(rate: int) -> None:
    time = np.arange(12 * rate) / rate
    samples = (0.2 * np.sin(2 * np.pi * 220 * time) * (1 + 0.5 * np.sin(12 * time)))[:, None].astype(
        np.float32
    )
    whole = describe([samples], rate, 1, extended=True)
    pieces = describe(
        [samples[at : at + 3001] for at in range(0, len(samples), 3001)], rate, 1, extended=True
    )
    for name in EXTENDED:
        assert np.array_equal(whole.get(name, ()), pieces.get(name, ())), name
    assert whole["dissonance"] == pytest.approx(
        extended(0.2 * np.sin(2 * np.pi * 220 * time), rate).dissonance, abs=0.02
    )


@pytest.mark.parametrize("seconds", [0.01, 0.5])
def test_silence_has_no_extended_descriptors(seconds: float) -> None:
    for samples in (signals.silence(seconds), signals.silence(12)):
        features = extended(samples)
        assert all(np.size(value) == 0 or value is None for value in map(features.__getattribute__, EXTENDED))


def test_the_setting_decides_and_is_remembered(tmp_path: Path, data_dir: Path) -> None:
    path = tmp_path / "chord.wav"
    soundfile.write(path, chords((48, 52, 55), seconds=6), RATE)
    core = analyze_file(path, Settings(data_dir=data_dir))
    more = analyze_file(path, Settings(data_dir=data_dir, descriptors="extended"))
    assert core.dissonance is None and more.dissonance is not None
    assert core.bpm == more.bpm and np.array_equal(core.vector, more.vector)
    assert stale(core.version, "extended") == "without the extended descriptors"
    assert [stale(core.version), stale(more.version), stale(more.version, "extended")] == [None] * 3
    assert stale(more.version - 1, "extended").startswith("out of date")
    assert "newer" in stale(VERSION + 1)
    assert TrackFeatures.from_record(more.to_record()) == more


def test_each_has_a_source_and_a_cost() -> None:
    rows = [d for d in DESCRIPTORS if d.name in EXTENDED]
    assert len(rows) == 14 and all(d.cost and d.source and d.meaning for d in rows)
