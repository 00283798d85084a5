"""Find the landmarks of a recording: moments at which its spectrum changes most, each with 32 bits that say how.

The bits are signs of differences between neighboring mel bands and between moments before and after, so neither gain
nor equalization changes them (Haitsma & Kalker 2002, A highly robust audio fingerprinting system). The sound itself
determines the moments, not a grid, so a trimmed start does not change them either (Wang 2003, An industrial-strength
audio search algorithm).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from workbench.analysis.growing_array import GrowingArray
from workbench.analysis.spectrum.spectra import Framing

Landmarks = npt.NDArray[np.uint32]

LONGEST_S = 600.0
"""Landmarks are kept for this part of a track: 7 KB at the usual 1.5 landmarks a second."""
KEY_BITS = 24
"""How many bits, those of the low bands, form the key by which a landmark is looked up."""
# All times were chosen on 29 recordings in five formats each, docs/measured.md.

# 33 of 40 bands, so that there are 32 differences; they end at 9.6 kHz, under the cutoff of an mp3 of 64 kbit/s.
_BANDS = 33
# Two boxes of this length are as wide as the usual frame of such systems (0.37 s).
_SMOOTHING_S = 0.2
_BEFORE_AND_AFTER_S = 0.19
_APART_S = 0.25
# Mean change (natural logarithm) below which only rounding is left: silence and held tones have no landmarks.
_LEAST_CHANGE = 0.05
# −90 dB: under the noise of 16-bit audio.
_NOTHING = np.float32(1e-9)
# Knuth's multiplicative hash, so that the order of landmarks does not depend on the sound.
_MULTIPLIER = np.uint32(2654435761)


class LandmarkMeter:
    """Collect the mel bands of the first ten minutes, and find the landmarks once all are known."""

    def __init__(self, framing: Framing) -> None:
        self._period_s = framing.period_s
        self._most = int(LONGEST_S / framing.period_s)
        self._levels = GrowingArray()

    def feed(self, mels: npt.NDArray[np.float32]) -> None:
        """Take the power in mel bands, shape (frames, 40)."""
        if len(self._levels) < self._most:
            self._levels.extend(np.log(mels[:, :_BANDS] + _NOTHING))

    def finish(self, frames: int) -> Landmarks:
        """Return the landmarks of the first ``frames`` frames.

        Returns
        -------
        uint32 array, shape (n, 2)
            Time in milliseconds, and the bits. In the order of a hash of the bits, so that the first ones of a
            recording are also the first ones of another file of it.
        """
        levels = self._levels.take(min(frames, self._most))
        around = max(1, round(_BEFORE_AND_AFTER_S / self._period_s))
        if len(levels) <= 2 * around:
            return np.zeros((0, 2), np.uint32)
        length = max(1, round(_SMOOTHING_S / self._period_s))
        smooth = uniform_filter1d(
            uniform_filter1d(levels, length, axis=0, mode="nearest"), length, axis=0, mode="nearest"
        )
        rises = smooth[2 * around :] - smooth[: -2 * around]
        changes = rises[:, 1:] - rises[:, :-1]
        strength = np.abs(changes).mean(axis=1)
        apart = 2 * max(1, round(_APART_S / self._period_s)) + 1
        peaks = np.flatnonzero(
            (strength >= maximum_filter1d(strength, apart, mode="nearest")) & (strength > _LEAST_CHANGE)
        )
        bits = np.packbits(changes[peaks] > 0, axis=1, bitorder="little").view("<u4")[:, 0]
        times_ms = np.rint((peaks + around) * self._period_s * 1000)
        return _shuffled(np.column_stack((times_ms, bits)).astype(np.uint32))


def keys(landmarks: Landmarks) -> Landmarks:
    """Return the key of each landmark, shape (n,): the bits that are robust enough to look it up by."""
    return landmarks[:, 1] & np.uint32((1 << KEY_BITS) - 1)


def _shuffled(landmarks: Landmarks) -> Landmarks:
    """Return landmarks in the order of a hash of their key; those with a key that came before are at the end."""
    key = keys(landmarks)
    _, first = np.unique(key, return_index=True)
    again = np.ones(len(key), bool)
    again[first] = False
    return np.ascontiguousarray(landmarks[np.lexsort((landmarks[:, 0], key * _MULTIPLIER, again))])
