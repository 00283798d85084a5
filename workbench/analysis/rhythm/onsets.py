"""How much starts in each frame: the envelope that tempo, beats and onset rate come from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from workbench.analysis.series import Series
from workbench.analysis.spectrum.mel import mel_centers

_FLOOR = 3e-5
"""Added to each mel band, of the loudest band so far (−45 dB), so that hiss does not flicker."""
_NOTHING = 1e-14
_STANDS_OUT_DB = 1.5
_BASS_HZ, _TREBLE_HZ = 200.0, 1500.0

Envelope = npt.NDArray[np.float32]


class OnsetMeter:
    """Rise of the mel bands in decibels from one frame to the next: everywhere, in the bass, in the treble.

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
        self._rises = Series(np.float16)

    def feed(self, mels: Envelope) -> None:
        """Take power in mel bands, shape (frames, 40)."""
        loudest = np.maximum.accumulate(np.maximum(mels.max(axis=1), self._loudest))
        self._loudest = loudest[-1]
        decibels = 10 * np.log10(mels + (np.float32(_FLOOR) * loudest + np.float32(_NOTHING))[:, None])
        before = np.concatenate((decibels[:1] if self._last is None else self._last, decibels[:-1]))
        self._last = decibels[-1:]
        self._rises.extend(np.maximum(decibels - before, 0) @ self._groups)

    def finish(self, frames: int) -> npt.NDArray[np.float16]:
        """Return the envelopes of all bands, the bass and the treble, dB a frame, shape (3, frames)."""
        return self._rises.array(frames).T


def count_onsets(rises: Envelope, period_s: float) -> int:
    """Count local maxima that stand out of their surroundings by 1.5 dB, at least 50 ms apart.

    References
    ----------
    Böck, Krebs & Schedl 2012, Evaluating the online capabilities of onset detection methods (peak picking).
    """
    if not len(rises):
        return 0
    apart = 2 * max(1, round(0.025 / period_s)) + 1
    around = 2 * max(1, round(0.1 / period_s)) + 1
    peak = (rises >= maximum_filter1d(rises, apart, mode="constant")) & (
        rises > uniform_filter1d(rises, around, mode="nearest") + _STANDS_OUT_DB
    )
    return int(np.count_nonzero(peak))
