"""Silence, fades and movement, measured from the level over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.analysis.filtered import moving_mean

# The usual threshold of silence detectors (FFmpeg's silencedetect has it too).
_SILENCE_DBFS = -60.0
# For quiet tracks; set by hand.
_SILENCE_BELOW_LOUDEST_DB = 40.0
# Below the quantization noise of 16-bit audio (−98 dBFS).
_FLOOR_DBFS = -120.0
# Levels are averaged over this time before fades are detected: one beat at 120 BPM.
_MUSIC_S = 0.5
# What counts as a fade; set by hand, tests/analysis/test_timbre.py checks it.
_FADE_TOP_DB = 3.0
_FADE_DEPTH_DB = 15.0
_FADE_STRAIGHTNESS = 0.8
_SHORTEST_FADE_S, _LONGEST_FADE_S = 1.0, 30.0
# Time scales of detrended fluctuation analysis, from Streich & Herrera 2005: 310 ms to 8.8 s in steps of 10 %.
_SHORTEST_SCALE_S, _LONGEST_SCALE_S, _SCALE_STEP = 0.31, 8.8, 1.1
# Mean square under which nothing sounds (−70 dBFS), the absolute gate of ITU-R BS.1770-4.
_NO_SOUND = 1e-7
# The 5 % and 95 % quantiles of the level must differ by this share of it. The frames of a steady tone differ a little,
# because each starts at another phase. Set by hand; tests/analysis/test_rhythm.py has a drone.
_LEAST_MOVEMENT = 0.05

Levels = npt.NDArray[np.floating]


def to_db(mean_squares: npt.NDArray[np.generic]) -> Levels:
    """Convert mean squares to dBFS, at least −120."""
    return np.asarray(10 * np.log10(np.maximum(mean_squares, 10 ** (_FLOOR_DBFS / 10))))


@dataclass(frozen=True)
class Envelope:
    """Length of silence and fade at both ends, seconds."""

    leading_silence_s: float
    trailing_silence_s: float
    fade_in_s: float
    fade_out_s: float


def find_ends(energies: npt.NDArray[np.float32], period_s: float, duration_s: float) -> Envelope | None:
    """Find silence and fades at both ends.

    Parameters
    ----------
    energies : float32 array, shape (n,)
        Mean square of frames.
    period_s : float
        Seconds between frames.

    Returns
    -------
    Envelope or None
        ``None`` when the whole track is silent. Silence is below −60 dBFS, or 40 dB below the loudest frame of a
        quiet track. A fade-in rises steadily, in decibels, from at least 18 dB to 3 dB below the median level.
    """
    levels = to_db(energies)
    threshold = min(_SILENCE_DBFS, float(levels.max(initial=_FLOOR_DBFS)) - _SILENCE_BELOW_LOUDEST_DB)
    sounding = levels > max(threshold, _FLOOR_DBFS)
    if not sounding.any():
        return None
    first, last = int(sounding.argmax()), len(sounding) - 1 - int(sounding[::-1].argmax())
    music = moving_mean(levels[first : last + 1], max(1, round(_MUSIC_S / period_s)))
    top = float(np.median(music)) - _FADE_TOP_DB
    return Envelope(
        float(min(first * period_s, duration_s)),
        float(max(0.0, duration_s - (last + 1) * period_s)),
        _fade(music, top, period_s),
        _fade(music[::-1], top, period_s),
    )


def _fade(levels: Levels, top: float, period_s: float) -> float:
    """Return the seconds from the start until the level reaches ``top``, dBFS; 0 if that is not a fade."""
    reached = int(np.argmax(levels >= top))
    length = reached * period_s
    if not _SHORTEST_FADE_S <= length <= _LONGEST_FADE_S or levels[0] > top - _FADE_DEPTH_DB:
        return 0.0
    straightness = np.corrcoef(np.arange(reached + 1), levels[: reached + 1])[0, 1]
    return float(length) if straightness >= _FADE_STRAIGHTNESS else 0.0


def dynamic_complexity(loudness: Levels) -> float | None:
    """Return the mean distance of momentary loudness from its mean, LU; ``None`` for silence.

    Parameters
    ----------
    loudness : float64 array
        Momentary (400 ms) loudness, LUFS.

    References
    ----------
    Streich 2007, Music complexity: a multi-faceted description of audio content.
    """
    heard = loudness[loudness > _SILENCE_DBFS]
    return float(np.mean(np.abs(heard - heard.mean()))) if len(heard) else None


def danceability(energies: npt.NDArray[np.float32], period_s: float) -> float | None:
    """Return the inverse of the mean scaling exponent of the summed level, 0 to 3.

    Parameters
    ----------
    energies : float32 array, shape (n,)
        Mean square of frames.

    Returns
    -------
    float or None
        Above 1 where the level moves regularly at the time scales of beats and bars; ``None`` for less than 18 s of
        audio, and where the level does not move, as in a drone.

    References
    ----------
    Streich & Herrera 2005, Detrended fluctuation analysis of music signals.
    """
    if len(energies) * period_s < 2 * _LONGEST_SCALE_S or energies.max(initial=0) <= _NO_SOUND:
        return None
    level = np.sqrt(energies)
    low, high = np.quantile(level, (0.05, 0.95))
    if high - low < _LEAST_MOVEMENT * high:
        return None
    walk = np.cumsum(level, dtype=np.float64)
    del level  # 6 MB for ten hours
    walk -= np.linspace(0, walk[-1], len(walk))
    count = round(np.log(_LONGEST_SCALE_S / _SHORTEST_SCALE_S) / np.log(_SCALE_STEP))
    scales = np.unique(
        np.round(_SHORTEST_SCALE_S * _SCALE_STEP ** np.arange(count + 1) / period_s).astype(int)
    )
    spread = np.array([_residual(walk, scale) for scale in scales])
    if spread.min() <= 1e-9 * max(walk.max(), -walk.min()):
        return None
    exponents = np.diff(np.log(spread)) / np.diff(np.log(scales + 3))
    mean = float(np.mean(exponents))
    return float(np.clip(1 / mean, 0, 3)) if mean > 0 else 3.0


def _residual(walk: Levels, width: int) -> float:
    """Return how far the summed level differs from straight lines that are fitted to windows of this width."""
    windows = walk[: len(walk) // width * width].reshape(-1, width)
    ramp = np.arange(width) - (width - 1) / 2
    centered = windows - windows.mean(axis=1, keepdims=True)
    slope = centered @ ramp / np.dot(ramp, ramp)
    remaining = np.einsum("ij,ij->i", centered, centered) - slope**2 * np.dot(ramp, ramp)
    return float(np.sqrt(np.mean(np.maximum(remaining, 0)) / width))
