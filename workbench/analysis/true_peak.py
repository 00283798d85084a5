"""The peak between samples, as a converter would play it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples

REACH = 6
"""Samples on either side that an interpolated one depends on: 12 taps a phase, as in the standard."""
_RUN = 64


@lru_cache(maxsize=4)
def _interpolator(factor: int) -> tuple[npt.NDArray[np.float32], float]:
    """Return the matrix that fills in a run of samples, shape (run + 2 × reach, run × (factor − 1)), and its L1 norm."""
    offsets = np.arange(1 - REACH, REACH + 1)
    delays = np.arange(1, factor)[:, None] / factor - offsets
    taps = np.sinc(delays) * np.i0(5 * np.sqrt(np.maximum(0, 1 - (delays / REACH) ** 2))) / np.i0(5.0)
    taps /= taps.sum(axis=1, keepdims=True)
    matrix = np.zeros((_RUN + 2 * REACH, _RUN, factor - 1), np.float32)
    for position in range(_RUN):
        matrix[position + 1 : position + 1 + 2 * REACH, position] = taps.T
    return matrix.reshape(len(matrix), -1), float(np.abs(taps).sum(axis=1).max())


class TruePeakMeter:
    """Largest magnitude over all channels of the signal oversampled to 176 kHz or more.

    Only runs of samples whose peak times the L1 norm of the interpolator could beat the maximum so far are
    interpolated.

    References
    ----------
    ITU-R BS.1770-4, annex 2.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._factor = 4 if rate < 80000 else 2 if rate < 160000 else 1
        self._channels = channels
        self._tail = np.zeros((2 * REACH, channels), np.float32)
        self._peak = 0.0

    def feed(self, chunk: Samples) -> None:
        """Take float32 samples of shape (frames, channels), full scale = 1.0."""
        padding = -len(chunk) % _RUN
        pieces = (self._tail, chunk, np.zeros((padding, self._channels), np.float32))
        joined = np.concatenate(pieces)
        self._tail = joined[len(joined) - padding - 2 * REACH : len(joined) - padding].copy()
        runs = joined[2 * REACH :].reshape(-1, _RUN * self._channels)
        peaks = np.maximum(runs.max(axis=1), -runs.min(axis=1))
        self._peak = max(self._peak, float(peaks.max()))
        if self._factor > 1:
            self._interpolate(joined, peaks)

    def _interpolate(self, samples: Samples, peaks: npt.NDArray[np.float32]) -> None:
        """Interpolate around the samples ``REACH`` before each run, loudest first."""
        matrix, norm = _interpolator(self._factor)
        around = np.maximum(peaks, np.concatenate(([np.abs(samples[: 2 * REACH]).max()], peaks[:-1])))
        candidates = np.flatnonzero(around * norm > self._peak)
        candidates = candidates[np.argsort(-around[candidates], kind="stable")]
        length, step = _RUN + 2 * REACH, samples.strides[0]
        shape, strides = (len(peaks), length, self._channels), (_RUN * step, step, samples.strides[1])
        windows = np.lib.stride_tricks.as_strided(samples, shape, strides)
        for group in (candidates[:32], candidates[32:]):
            able = group[around[group] * norm > self._peak]
            if len(able):
                rows = windows[able].transpose(0, 2, 1).reshape(-1, length)
                between = rows @ matrix
                self._peak = max(self._peak, float(between.max()), -float(between.min()))

    def finish(self) -> float | None:
        """Return the true peak, dBTP; ``None`` for silence."""
        self.feed(np.zeros((_RUN, self._channels), np.float32))
        return float(20 * np.log10(self._peak)) if self._peak > 0 else None
