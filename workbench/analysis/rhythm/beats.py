"""Find the beats, and derive the exact tempo, its stability and the time signature from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.analysis.filtered import moving_maximum

Envelope = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

# All chosen on the synthesized tempo sets, tests/benchmarks/bench_accuracy.py, unless said otherwise.

# How strongly a beat is held to the tempo; the factor alpha of Ellis 2007, for our normalized envelope.
_TIGHTNESS = 60.0
# Shortest and longest interval between beats, in beats.
_NEAREST, _FARTHEST = 0.6, 1.6
# Share of the median strength that the first and the last beat need.
_HEARD = 0.3
# Relative differences: two tempos are the same below the first, and one tempo that drifts below the second.
_SAME, _DRIFTED = 0.01, 0.05
# Beats do not leap if most intervals (the second value, a share) change by less than the first value, in beats.
_EVEN, _MOSTLY = 0.1, 0.95
# Scale of the stability: 1 for a machine, under 0.6 for free time (tests/analysis/test_rhythm.py); set by hand.
_SPREAD_WEIGHT, _OFF = 8.0, 0.1
# Six bars of four or eight of three; set by hand.
_FEWEST_BEATS_FOR_BARS = 24
# Least correlation, and least lead over the other, of three or four beats in a bar; set by hand.
_CLEAR_TIME_SIGNATURE = 0.1


def track_beats(envelope: Envelope, bpm: float, period_s: float) -> Times:
    """Find the beats: the sequence that collects the most onset strength while it keeps to the tempo.

    Parameters
    ----------
    envelope : float32 array, shape (n,)
        Normalized onset envelope.
    bpm : float
        Tempo.
    period_s : float
        Seconds between values of the envelope.

    Returns
    -------
    float64 array
        Seconds, ascending.

    References
    ----------
    Ellis 2007, Beat tracking by dynamic programming. Frames are computed in runs shorter than the shortest interval,
    so that no frame depends on another frame of its run.
    """
    interval = 60 / bpm / period_s
    lags = np.arange(max(1, round(_NEAREST * interval)), round(_FARTHEST * interval) + 1)
    penalties = (_TIGHTNESS * np.log(lags[::-1] / interval) ** 2).astype(np.float32)
    run, margin = int(lags[0]), int(lags[-1])
    strength = np.asarray(envelope, np.float32)
    scores = np.zeros(len(strength) + margin, np.float32)
    before = np.full(len(strength), -1, np.int32)
    # Row t has the scores at all lags before t, the longest lag first.
    earlier = np.lib.stride_tricks.sliding_window_view(scores, len(lags))
    for start in range(0, len(strength), run):
        stop = min(start + run, len(strength))
        reached = earlier[start:stop] - penalties
        best = reached.argmax(axis=1)
        gain = reached.max(axis=1)
        before[start:stop] = np.where(gain > 0, np.arange(start, stop) - margin + best, -1)
        scores[start + margin : stop + margin] = strength[start:stop] + np.maximum(gain, 0)
    return _between_frames(_trim(_follow(scores[margin:], before, margin), strength), strength) * period_s


def _follow(scores: Envelope, before: npt.NDArray[np.int32], margin: int) -> npt.NDArray[np.int64]:
    """Follow the predecessors back from the best of the last beats."""
    tail = max(0, len(scores) - margin)
    frame = tail + int(np.argmax(scores[tail:]))
    beats = []
    while frame >= 0:
        beats.append(frame)
        frame = int(before[frame])
    return np.array(beats[::-1], np.int64)


def _trim(beats: npt.NDArray[np.int64], strength: Envelope) -> npt.NDArray[np.int64]:
    """Drop the beats before the first and after the last that has an onset."""
    around = moving_maximum(strength, 5)[beats]
    heard = np.flatnonzero(around > _HEARD * np.median(around))
    return beats[heard[0] : heard[-1] + 1] if len(heard) else beats[:0]


def _between_frames(frames: npt.NDArray[np.int64], strength: Envelope) -> Times:
    """Move each beat to the peak of a parabola through the strengths around it."""
    padded = np.pad(strength, 1)
    below, here, above = (padded[frames + shift].astype(np.float64) for shift in (0, 1, 2))
    curvature = below - 2 * here + above
    offset = np.where(curvature < -1e-9, 0.5 * (below - above) / np.minimum(curvature, -1e-9), 0.0)
    return np.asarray(frames + np.clip(offset, -0.5, 0.5))


def stability(beats: Times) -> float | None:
    """Return 1 for perfectly even beats, less the more their intervals differ; ``None`` for fewer than four beats."""
    if len(beats) < 4:
        return None
    over_two = (beats[2:] - beats[:-2]) / 2  # two intervals together, because swing is not unsteady
    middle = np.median(over_two)
    return float(
        np.exp(-_SPREAD_WEIGHT * np.median(np.abs(over_two - middle)) / middle)
        * np.mean(np.abs(over_two / middle - 1) < _OFF)
    )


def tempo_of(beats: Times, bpm: float) -> float:
    """Return the exact tempo of the beats: their mean tempo if it drifts, and ``bpm`` if the beats do not follow it.

    Beats follow the tempo if theirs differs by less than 1 %, or by less than 5 % and without leaps between intervals.

    Parameters
    ----------
    beats : float64 array
        Seconds, ascending.
    bpm : float
        The estimated tempo.
    """
    if len(beats) < 8:
        return bpm
    counted = np.concatenate(([0.0], np.cumsum(np.round(np.diff(beats) * bpm / 60))))
    apart = len(beats) // 2
    steps = np.maximum(counted[apart:] - counted[:-apart], 1)
    kept = 60 / float(np.median((beats[apart:] - beats[:-apart]) / steps))
    if abs(kept / bpm - 1) < _SAME:
        return kept
    mean = 60 * max(counted[-1], 1.0) / float(beats[-1] - beats[0])
    leaps = np.abs(np.diff(beats, n=2)) * bpm / 60
    return mean if np.mean(leaps < _EVEN) > _MOSTLY and abs(mean / bpm - 1) < _DRIFTED else bpm


def beats_in_a_bar(accents: npt.NDArray[np.float64]) -> int | None:
    """Estimate whether a bar has three or four beats.

    Parameters
    ----------
    accents : float64 array, shape (beats, features)
        Onset strength in the bass and in all bands, and change of harmony, on each beat.

    Returns
    -------
    int or None
        ``None`` if neither repeats clearly better than the other.
    """
    if len(accents) < _FEWEST_BEATS_FOR_BARS:
        return None
    centered = accents - accents.mean(axis=0)
    centered /= np.maximum(np.linalg.norm(centered, axis=0), 1e-9)
    repeats = {
        lag: float(np.mean(np.sum(centered[lag:] * centered[:-lag], axis=0))) for lag in (2, 3, 4, 6, 8)
    }
    three, four = (repeats[3] + repeats[6]) / 2, (repeats[4] + repeats[8]) / 2
    if max(three, four) < _CLEAR_TIME_SIGNATURE or abs(three - four) < _CLEAR_TIME_SIGNATURE:
        return None
    return 3 if three > four else 4
