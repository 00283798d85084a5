"""Spectral descriptors, sections and ends against signals whose value can be worked out."""

from __future__ import annotations

import numpy as np
import pytest
import signals

from workbench.audio.demo.synthesis import Score, render


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_a_tone(analyze, rate):
    features = analyze(signals.tone(1000, 3, rate=rate), rate)
    assert features.spectral_centroid_hz == pytest.approx(1000, rel=0.05)
    assert features.spectral_rolloff_hz == pytest.approx(1000, abs=350)
    assert features.spectral_flatness < 0.01
    assert features.zero_crossing_rate == pytest.approx(2000, rel=0.001)
    assert features.brightness < 0.01


def test_white_noise(analyze):
    features = analyze(signals.white_noise(5))
    assert features.spectral_centroid_hz == pytest.approx(11025, rel=0.02)
    assert features.spectral_bandwidth_hz == pytest.approx(22050 / np.sqrt(12), rel=0.02)
    assert features.spectral_rolloff_hz == pytest.approx(0.85 * 22050, rel=0.02)
    assert 0.5 < features.spectral_flatness <= 1
    assert features.brightness == pytest.approx(1 - 1500 / 22050, abs=0.01)
    assert features.zero_crossing_rate == pytest.approx(22050, rel=0.02)


def test_timbre_does_not_depend_on_level_or_rate(analyze, song):
    from scipy.signal import resample_poly

    there = analyze(song)
    elsewhere = analyze(0.25 * resample_poly(song, 160, 147, axis=0), 48000)
    assert elsewhere.spectral_centroid_hz == pytest.approx(there.spectral_centroid_hz, rel=0.1)
    assert elsewhere.bpm == pytest.approx(there.bpm, rel=0.005)
    np.testing.assert_allclose(elsewhere.mfcc_mean[1:6], there.mfcc_mean[1:6], atol=8)
    np.testing.assert_allclose(elsewhere.chroma_mean, there.chroma_mean, atol=0.02)


def test_mfcc_tell_instruments_apart(analyze):
    def played_on(chords: str, seed: int):
        return analyze(
            render(
                Score(
                    bpm=100,
                    key="C",
                    scale="major",
                    progression="I V",
                    bars=4,
                    groove="none",
                    chords=chords,
                    seed=seed,
                )
            )
        ).mfcc_mean

    piano, again, organ = played_on("piano", 1), played_on("piano", 2), played_on("organ", 1)
    assert np.linalg.norm(piano - again) < np.linalg.norm(piano - organ)


def test_sections(analyze):
    parts = [
        Score(bpm=120, key=key, scale="major", progression="I IV", bars=12, groove=groove, chords=chords)
        for key, groove, chords in (("C", "rock", "piano"), ("F#", "none", "organ"), ("C", "rock", "piano"))
    ]
    rendered = [render(part) for part in parts]
    features = analyze(np.concatenate(rendered))
    truth = np.cumsum([0, *(len(samples) / 44100 for samples in rendered[:-1])])
    assert len(features.sections_s) == len(features.section_novelty) == 3
    np.testing.assert_allclose(features.sections_s, truth, atol=2)


def test_preview_starts_where_it_is_loud(analyze):
    quiet, loud = signals.white_noise(40, level_db=-40), signals.white_noise(40, level_db=-12)
    features = analyze(np.concatenate((quiet, loud, quiet)))
    assert features.preview_start_s == pytest.approx(40, abs=11)
    assert len(features.energy_curve_db) == 120
    assert features.energy_curve_db[20] == pytest.approx(-40, abs=0.5)
    assert features.energy_curve_db[60] == pytest.approx(-12, abs=0.5)


def test_silence_and_fades_at_the_ends(analyze):
    noise = signals.white_noise(30, level_db=-14)
    rise = 10 ** (np.linspace(-50, 0, 4 * 44100, dtype=np.float32) / 20)
    noise[: len(rise)] *= rise[:, None]
    noise[-len(rise) :] *= rise[::-1, None]
    features = analyze(np.concatenate((signals.silence(2), noise, signals.silence(3))))
    assert features.leading_silence_s == pytest.approx(2, abs=0.4)
    assert features.trailing_silence_s == pytest.approx(3, abs=0.4)
    assert features.fade_in_s == pytest.approx(3.75, abs=0.5)
    assert features.fade_out_s == pytest.approx(3.75, abs=0.5)


def test_no_fade_where_it_starts_at_once(analyze, song):
    features = analyze(song)
    assert features.fade_in_s == 0
    assert features.leading_silence_s < 0.2


def test_waveform_shows_every_peak(analyze):
    samples = np.zeros((44100 * 100, 2), np.float32)
    samples[44100 * 50, 1] = 0.75
    samples[44100 * 75, 0] = -0.5
    peaks = analyze(samples).waveform_peaks
    assert peaks.shape[1] == 2
    assert len(peaks) <= 2000
    assert peaks[:, 1].max() == 0.75
    assert peaks[:, 0].min() == -0.5
    assert np.argmax(peaks[:, 1]) / len(peaks) == pytest.approx(0.5, abs=0.01)


def test_dynamic_complexity_grows_with_contrast(analyze):
    even = signals.level_steps([(-20, 12)])
    uneven = signals.level_steps([(-12, 3), (-30, 3), (-12, 3), (-30, 3)])
    assert analyze(even, 48000).dynamic_complexity_db == pytest.approx(0, abs=0.05)
    assert analyze(uneven, 48000).dynamic_complexity_db == pytest.approx(9, abs=1)
