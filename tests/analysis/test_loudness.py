"""Loudness, loudness range and true peak against signals whose value the standards give."""

from __future__ import annotations

import av
import numpy as np
import pytest
import signals

from workbench.analysis.level.loudness import k_weighting, loudness_together
from workbench.analysis.mixdown import channel_weights


def stereo(levels):
    return signals.level_steps(levels)


@pytest.mark.parametrize(
    ("levels", "lufs"),
    [
        ([(-23, 10)], -23),
        ([(-33, 10)], -33),
        ([(-36, 10), (-23, 30), (-36, 10)], -23),  # EBU Tech 3341 case 3: relative gate
        ([(-72, 10), (-36, 10), (-23, 30), (-36, 10), (-72, 10)], -23),  # case 4: absolute gate
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23),  # case 5
    ],
)
def test_program_loudness_of_ebu_signals(analyze, levels, lufs):
    features = analyze(stereo(levels), 48000)
    assert features.loudness_lufs == pytest.approx(lufs, abs=0.1)
    assert features.replay_gain_db == pytest.approx(-18 - lufs, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 44100, 96000, 192000])
@pytest.mark.parametrize("frequency", [50, 100, 997, 3000])
def test_any_tone_reads_what_the_filter_of_the_standard_gives(analyze, rate, frequency):
    features = analyze(signals.tone(frequency, 5, rate=rate, level_db=-20), rate)
    gain = 10 * np.log10(k_weighting(np.array([float(frequency)]), rate)[0])
    assert features.loudness_lufs == pytest.approx(-20 - 3.01 - 0.691 + gain, abs=0.1)


def test_k_weighting_of_the_standard():
    # ITU-R BS.1770-4: a 997 Hz tone at 0 dBFS in one channel reads -3.01 LUFS, so the gain there is 0.691 dB
    assert 10 * np.log10(k_weighting(np.array([997.0]), 48000)[0]) == pytest.approx(0.691, abs=0.01)


def test_surround_counts_more_and_low_frequency_effects_do_not(analyze):
    tone = signals.tone(1000, 10, rate=48000, level_db=0, channels=6)
    tone *= 10 ** (np.array([-28, -28, -24, -10, -30, -30], np.float32) / 20)
    assert analyze(tone, 48000).loudness_lufs == pytest.approx(
        -23, abs=0.1
    )  # EBU Tech 3341 case 6, and a loud LFE


# Azimuth and elevation in degrees, ITU-R BS.2051; the low-frequency channels have none.
PLACES = {
    **{"FL": (30, 0), "FC": (0, 0), "FLC": (15, 0), "SL": (90, 0), "BC": (180, 0), "WL": (60, 0)},
    **{"TFL": (45, 30), "TFC": (0, 30), "TSL": (90, 30), "TBL": (135, 30), "TBC": (180, 30), "TC": (0, 90)},
    **{"BFL": (45, -15), "BFC": (0, -15), "BL": (135, 0)},
}
WIDER = {"22.2": {"FL": (60, 0), "FLC": (30, 0)}}
LAYOUTS = """stereo 2.1 3.0 3.0(back) 4.0 quad quad(side) 3.1 5.0 5.0(side) 4.1 5.1 5.1(side) 6.0 6.0(front) 3.1.2
 hexagonal 6.1
 6.1(back) 6.1(front) 7.0 7.0(front) 7.1 7.1(wide) 7.1(wide-side) 5.1.2 5.1.2(back) octagonal 5.1.4 7.1.2 7.1.4
 7.2.3 9.1.4 9.1.6 hexadecagonal 22.2"""


@pytest.mark.parametrize("layout", LAYOUTS.split())
def test_the_place_of_a_channel_decides_its_weight(layout):
    # ITU-R BS.1770-5, annex 3: +1.5 dB from 60 to 120 degrees to the side and under 30 degrees above or below
    names = [channel.name for channel in av.AudioLayout(layout).channels]
    places = PLACES | WIDER.get(layout, {})
    if "SL" not in names:
        places["BL"] = (110, 0)  # as in 5.1
    for name, weight in zip(names, channel_weights(len(names), names), strict=True):
        if name.startswith("LFE"):
            assert weight == 0
            continue
        azimuth, elevation = places[name.replace("R", "L")]
        is_surround = 60 <= azimuth <= 120 and abs(elevation) < 30
        assert weight == pytest.approx(1.41 if is_surround else 1.0), name


def test_mono_is_one_channel(analyze):
    tone = signals.tone(997, 5, level_db=-20)
    assert analyze(np.repeat(tone, 2, axis=1)).loudness_lufs == pytest.approx(
        analyze(tone).loudness_lufs + 3.01, abs=0.02
    )


@pytest.mark.parametrize(
    ("levels", "spread"),
    [
        ([(-20, 20), (-30, 20)], 10),
        ([(-20, 20), (-15, 20)], 5),
        ([(-40, 20), (-20, 20)], 20),
        ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
    ],
)
def test_loudness_range_of_ebu_signals(analyze, levels, spread):
    assert analyze(stereo(levels), 48000).loudness_range_lu == pytest.approx(spread, abs=0.5)


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
@pytest.mark.parametrize(("divisor", "degrees"), [(4, 0), (4, 45), (6, 60), (8, 67.5)])
def test_true_peak_between_samples(analyze, rate, divisor, degrees):
    wave = signals.tone(rate / divisor, 1, rate=rate, level_db=-6, phase=np.radians(degrees))
    fade = np.minimum(1, np.arange(len(wave)) / (0.05 * rate))
    peak = analyze(wave * np.minimum(fade, fade[::-1])[:, None], rate).true_peak_dbtp
    assert -6.4 < peak < -5.8 or (
        rate == 192000 and peak == pytest.approx(20 * np.log10(np.abs(wave).max()), abs=0.4)
    )


def test_true_peak_is_found_wherever_it_is(analyze):
    quiet = signals.white_noise(6, level_db=-40)
    over = np.zeros(8, np.float32)
    over[3:5] = 0.8  # two equal samples: a peak between them
    for frame in (100, 65535, 131071, 262143, len(quiet) - 20):
        samples = quiet.copy()
        samples[frame : frame + 8, 0] += over
        assert analyze(samples).true_peak_dbtp == pytest.approx(20 * np.log10(0.8 * 4 / np.pi), abs=0.4)


def test_silence_has_no_loudness(analyze):
    features = analyze(signals.silence(3))
    assert features.loudness_lufs is None
    assert features.true_peak_dbtp is None
    assert features.loudness_range_lu is None


def test_short_term_loudness_has_one_value_a_second(analyze):
    features = analyze(stereo([(-23, 10), (-33, 10)]), 48000)
    assert len(features.loudness_curve_lufs) == 20
    assert features.loudness_curve_lufs[8] == pytest.approx(-23, abs=0.1)
    assert features.loudness_curve_lufs[19] == pytest.approx(-33, abs=0.1)


def test_the_loudness_of_an_album_is_that_of_its_tracks_in_one_piece(analyze):
    quiet, loud = stereo([(-36, 20), (-30, 15)]), stereo([(-20, 12)])
    tracks = [analyze(quiet, 48000), analyze(loud, 48000)]
    whole = analyze(np.concatenate([quiet, loud]), 48000).loudness_lufs
    together = loudness_together(track.loudness_histogram for track in tracks)

    assert together == pytest.approx(whole, abs=0.02)
    assert together != pytest.approx(np.mean([track.loudness_lufs for track in tracks]), abs=3)
    assert loudness_together([tracks[0].loudness_histogram]) == pytest.approx(
        tracks[0].loudness_lufs, abs=0.01
    )
    assert loudness_together([analyze(signals.silence(3)).loudness_histogram]) is None
    assert loudness_together([]) is None


def test_the_histogram_is_small_and_counts_every_block(analyze):
    noise = signals.white_noise(30)
    histogram = analyze(noise).loudness_histogram
    assert histogram[:, 1].sum() == 297  # 30 s in steps of 100 ms, the last at 29.6 s
    assert len(histogram) < 30 and (np.diff(histogram[:, 0]) > 0).all()
