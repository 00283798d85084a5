"""Compute the onset envelope (the rise of the sound in each frame), the base of tempo, beats and onset rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.analysis.filtered import moving_maximum, moving_mean
from workbench.analysis.growing_array import GrowingArray
from workbench.analysis.spectrum.mel import mel_centers

# Share of the loudest band so far (−45 dB) that is added to each mel band, so that hiss gives no onsets. Chosen on the
# synthesized tempo sets, tests/benchmarks/bench_accuracy.py.
_FLOOR = 3e-5
# Keeps the logarithm finite in silence: −140 dB, under the noise of 24-bit audio.
_NOTHING = 1e-14
# Least height of an onset over its surroundings; set by hand, tests/analysis/test_rhythm.py checks click tracks.
_STANDS_OUT_DB = 1.5
# Half widths of the windows of peak picking: one and four frames of 23 ms; set by hand.
_APART_S, _AROUND_S = 0.025, 0.1
# Below is the kick, above the snare; chosen on the synthesized tempo sets, tests/benchmarks/bench_accuracy.py.
_BASS_HZ, _TREBLE_HZ = 200.0, 1500.0

# Rise of bass and treble (geometric mean) that drums reach in a frame of 50, and music without drums does not; chosen
# on renders with and without drums (docs/measured.md).
_STRIKE_PERCENTILE, _NO_DRUMS_DB, _DRUMS_DB = 98, 5.5, 8.0

Envelope = npt.NDArray[np.float32]


class OnsetMeter:
    """Rise of the mel bands from one frame to the next, in decibels: of all bands, of the bass, of the treble.

    References
    ----------
    Dixon 2006, Onset Detection Revisited; Ellis 2007 for the log-mel spectrum.
    """

    def __init__(self) -> None:
        centers = mel_centers()
        groups = (np.ones(len(centers), bool), centers < _BASS_HZ, centers > _TREBLE_HZ)
        self._groups = np.stack([group / group.sum() for group in groups], axis=1).astype(np.float32)
        self._last: Envelope | None = None
        self._loudest = np.float32(0)
        self._rises = GrowingArray(np.float16)

    def feed(self, mels: Envelope) -> None:
        """Take the power in mel bands, shape (frames, 40)."""
        loudest = np.maximum.accumulate(np.maximum(mels.max(axis=1), self._loudest))
        self._loudest = loudest[-1]
        decibels = 10 * np.log10(mels + (np.float32(_FLOOR) * loudest + np.float32(_NOTHING))[:, None])
        before = np.concatenate((decibels[:1] if self._last is None else self._last, decibels[:-1]))
        self._last = decibels[-1:]
        self._rises.extend(np.maximum(decibels - before, 0) @ self._groups)

    def finish(self, frames: int) -> npt.NDArray[np.float16]:
        """Return the envelopes of all bands, the bass and the treble, dB a frame, shape (3, frames)."""
        return self._rises.take(frames).T


def count_onsets(rises: Envelope, period_s: float) -> int:
    """Count the local maxima that are 1.5 dB above their surroundings and at least 50 ms apart.

    References
    ----------
    Böck, Krebs & Schedl 2012, Evaluating the online capabilities of onset detection methods (peak picking).
    """
    if not len(rises):
        return 0
    apart = 2 * max(1, round(_APART_S / period_s)) + 1
    around = 2 * max(1, round(_AROUND_S / period_s)) + 1
    peak = rises > moving_mean(rises, around) + _STANDS_OUT_DB
    peak &= rises >= moving_maximum(rises, apart)
    return int(np.count_nonzero(peak))


def drums_heard(bass: npt.NDArray[np.floating], treble: npt.NDArray[np.floating]) -> float:
    """Return how clearly drums play, 0 to 1: how sharply and often bass and treble rise (dB a frame, shape (n,))."""
    strikes = [
        max(0.0, float(np.percentile(band.astype(np.float32), _STRIKE_PERCENTILE))) for band in (bass, treble)
    ]
    mean = float(np.sqrt(strikes[0] * strikes[1]))
    return float(np.clip((mean - _NO_DRUMS_DB) / (_DRUMS_DB - _NO_DRUMS_DB), 0, 1))
