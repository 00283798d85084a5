"""Chroma (the strength of pitch classes over time), tuning and chord changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from workbench.analysis.growing_array import GrowingArray
from workbench.analysis.spectrum.spectra import Decimator, Framing, ShortTimeFourier, Spectra, power

TEXTURE_HOPS = 16
"""Frames that share one chroma (0.37 s), the resolution of harmony and structure."""
# Set by hand and checked on synthesized keys, tests/benchmarks/bench_accuracy.py, unless said otherwise.

# Five steps a semitone: fine enough to shift the chroma by the tuning afterward.
_STEPS = 60
_STEPS_A_SEMITONE = _STEPS // 12
_LOW_HZ, _HIGH_HZ = 80.0, 1300.0
# Semitones above middle C at which fundamentals are most likely and peaks have weight 1; an octave away it is 0.6.
_CENTER_SEMITONES = 12 * math.log2(350 / 440) + 9
# The octaves from C1 include all peaks from 80 to 1300 Hz and one step more.
_LOWEST_OCTAVE, _OCTAVES = -36, 6
# A peak counts for every pitch of which it may be a harmonic (Gómez 2006; the values were chosen).
_HARMONICS, _HARMONIC_DECAY = 5, 0.7
# Share of the frame's loudest peak (−40 dB) under which a peak is ignored.
_FAINT = 1e-4
# Least agreement of the peaks on a tuning; noise has less (tests/analysis/test_tonal.py).
_MIN_TUNED = 0.08
# Least spread of the mean chroma of pitched sound; noise has less (tests/analysis/test_tonal.py).
_MIN_CONTRAST = 0.12
# Least share of the track in which pitches sound.
_LEAST_SOUNDING = 0.25
# Bounds memory on long tracks.
_ROWS_AT_A_TIME = 4096

Chroma = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Harmony:
    """Chroma and tuning of a track.

    Attributes
    ----------
    tuning_hz : float or None
        Frequency of A4.
    chroma : float32 array, shape (n, 12)
        C first. A row adds up to one; it is zero where no pitch sounds.
    pitched : bool
        Whether the track has pitches at all; noise and drums do not.
    """

    tuning_hz: float | None
    chroma: Chroma
    pitched: bool

    def mean(self) -> npt.NDArray[np.float64]:
        """Return the mean share of each pitch class, shape (12,); zeros if no pitch sounds."""
        sounding = self.sounding()
        return sounding.mean(axis=0, dtype=np.float64) if len(sounding) else np.zeros(12)

    def prevalence(self) -> npt.NDArray[np.float64]:
        """Return the mean strength of each pitch class relative to the strongest of its row, shape (12,)."""
        sounding = self.sounding()
        if not len(sounding):
            return np.zeros(12)
        return np.asarray((sounding / sounding.max(axis=1, keepdims=True)).mean(axis=0, dtype=np.float64))

    def deviation(self) -> npt.NDArray[np.float64]:
        """Return the standard deviation of those shares, shape (12,)."""
        sounding = self.sounding()
        return sounding.std(axis=0, dtype=np.float64) if len(sounding) else np.zeros(12)

    def sounding(self) -> Chroma:
        """Return the rows in which a pitch sounds."""
        return self.chroma[self.chroma.any(axis=1)]

    def chord_change_rate(self, period_s: float) -> float | None:
        """Return how often the best fitting triad changes, Hz; ``None`` for less than two seconds of pitched sound.

        References
        ----------
        Fujishima 1999, Realtime chord recognition of musical sound.
        """
        sounding = self.sounding()
        if not self.pitched or len(sounding) * period_s < 2:
            return None
        fits = uniform_filter1d(np.sqrt(sounding), 3, axis=0, mode="nearest") @ _triads().T
        chords = np.argmax(fits, axis=1)
        return float(np.count_nonzero(np.diff(chords)) / (len(chords) * period_s))


class ChromaMeter:
    """Fold the spectral peaks of a stream into sixty steps an octave, and tune them once all are known.

    References
    ----------
    Gómez 2006, Tonal description of music audio signals (harmonic pitch class profile, tuning).
    """

    def __init__(self, framing: Framing) -> None:
        self._decimator = Decimator(framing)
        low = Framing(self._decimator.rate, TEXTURE_HOPS // 2 * Decimator.LENGTH // 2)
        self._fourier = ShortTimeFourier(low)
        self._first = int(_LOW_HZ / (low.rate / low.n_fft))
        self._last = min(low.hop - 1, int(_HIGH_HZ / (low.rate / low.n_fft)))
        self._bin_hz = low.rate / low.n_fft
        self._folded = GrowingArray(np.float16)
        self._tuning = 0j
        self._weight = 0.0

    def feed(self, spectra: Spectra) -> None:
        """Take the low bins (those that ``Decimator`` reads) of the next frames, a multiple of 16 of them."""
        samples = self._decimator.feed(spectra)
        powers = np.empty((len(samples) // self._fourier.framing.hop, self._last + 2), np.float32)
        start = 0
        for batch in self._fourier.feed(samples):
            power(batch, powers[start : start + len(batch)])
            start += len(batch)
        rows, semitones, weights = self._peaks(powers)
        turns = 2 * np.pi * (semitones - np.rint(semitones))
        self._tuning += complex(np.dot(weights, np.cos(turns)), np.dot(weights, np.sin(turns)))
        self._weight += float(np.sum(weights))
        steps = (semitones - _LOWEST_OCTAVE) * _STEPS_A_SEMITONE
        cell = steps.astype(np.int64)
        upper = (steps - cell) * weights
        count, width = len(powers) // 2, _OCTAVES * _STEPS
        cell += (rows >> 1) * width
        spread = np.bincount(cell, weights - upper, count * width)
        spread += np.bincount(cell + 1, upper, count * width)
        self._folded.extend(spread.reshape(count, _OCTAVES, _STEPS).sum(axis=1))

    def _peaks(self, powers: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], ...]:
        """Return the frame, the semitones above middle C and the weight of every spectral peak."""
        middle = powers[:, self._first : self._last]
        loudest = middle.max(axis=1, keepdims=True, initial=0)
        audible = (loudest > 1e-10) & (loudest > 1e-6 * powers.max(axis=1, keepdims=True))
        peak = (middle > powers[:, self._first - 1 : self._last - 1]) & (middle > _FAINT * loudest)
        peak &= (middle >= powers[:, self._first + 1 : self._last + 1]) & audible
        rows, columns = np.nonzero(peak)
        columns += self._first
        below, here, above = (
            np.log(powers[rows, columns + shift] + np.float32(1e-20)) for shift in (-1, 0, 1)
        )
        offset = 0.5 * (below - above) / np.minimum(below - 2 * here + above, -1e-6)
        semitones = 12 * np.log2((columns + np.clip(offset, -0.5, 0.5)) * self._bin_hz / 440) + 9
        weights = np.sqrt(middle[rows, columns - self._first] / loudest[rows, 0])
        weights *= np.exp(-0.5 * ((semitones - _CENTER_SEMITONES) / 12) ** 2)
        return rows, semitones, weights

    def finish(self, textures: int) -> Harmony:
        """Return the harmony of the first ``textures`` groups of 16 frames."""
        folded = self._folded.take(textures).reshape(-1, _STEPS)
        tuned = self._weight > 0 and abs(self._tuning) >= _MIN_TUNED * self._weight
        deviation = float(np.angle(self._tuning) / (2 * np.pi)) if tuned else 0.0
        matrix = _fold(deviation)
        chroma = np.empty((len(folded), 12), np.float32)
        for start in range(0, len(folded), _ROWS_AT_A_TIME):
            part = slice(start, start + _ROWS_AT_A_TIME)
            chroma[part] = folded[part].astype(np.float32) @ matrix
        chroma /= np.maximum(chroma.sum(axis=1, keepdims=True), 1e-9)
        sounds = chroma.any(axis=1)
        mean = chroma[sounds].mean(axis=0) if sounds.any() else np.zeros(12)
        pitched = bool(mean.std() > _MIN_CONTRAST * mean.mean() > 0 and sounds.mean() >= _LEAST_SOUNDING)
        return Harmony(440 * 2 ** (deviation / 12) if tuned and pitched else None, chroma, pitched)


def _fold(deviation: float) -> Chroma:
    """Return the matrix from sixty steps to twelve pitch classes, given the tuning in semitones above A 440."""
    matrix = np.zeros((_STEPS, 12))
    for harmonic in range(1, _HARMONICS + 1):  # a peak may be this harmonic of a lower pitch class
        pitch = np.arange(_STEPS)[:, None] / _STEPS_A_SEMITONE - 12 * math.log2(harmonic) - deviation
        distance = (pitch - np.arange(12) + 6) % 12 - 6
        share = np.where(np.abs(distance) < 2 / 3, np.cos(np.pi * distance * 0.75) ** 2, 0)
        matrix += _HARMONIC_DECAY ** (harmonic - 1) * share
    return matrix.astype(np.float32)


@lru_cache(maxsize=1)
def _triads() -> Chroma:
    major = np.isin(np.arange(12), (0, 4, 7))
    minor = np.isin(np.arange(12), (0, 3, 7))
    return np.array([np.roll(triad, root) for triad in (major, minor) for root in range(12)], np.float32)
