"""The true peak: the largest value of the signal, also between samples, as a converter would play it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples

REACH = 6
"""Samples on each side that an interpolated value depends on: 12 taps a phase, as in ITU-R BS.1770-4, annex 2."""
RUN = 32
"""Samples interpolated together; set for speed, tests/benchmarks/bench_analysis.py."""
# Shape of the Kaiser window over the sinc; set by hand, tests/analysis/test_loudness.py checks EBU's tones.
_KAISER = 5.0


@lru_cache(maxsize=4)
def _interpolator(factor: int) -> tuple[npt.NDArray[np.float32], float]:
    """Return the matrix that interpolates a run, shape (run + 2 × reach, run × (factor − 1)), and its L1 norm."""
    offsets = np.arange(1 - REACH, REACH + 1)
    delays = np.arange(1, factor)[:, None] / factor - offsets
    taps = (
        np.sinc(delays) * np.i0(_KAISER * np.sqrt(np.maximum(0, 1 - (delays / REACH) ** 2))) / np.i0(_KAISER)
    )
    taps /= taps.sum(axis=1, keepdims=True)
    matrix = np.zeros((RUN + 2 * REACH, RUN, factor - 1), np.float32)
    for position in range(RUN):
        matrix[position + 1 : position + 1 + 2 * REACH, position] = taps.T
    return matrix.reshape(len(matrix), -1), float(np.abs(taps).sum(axis=1).max())


class TruePeakMeter:
    """Largest magnitude over all channels of the signal oversampled to 176 kHz or more.

    A run of samples is interpolated only if its peak times the L1 norm of the interpolator exceeds the maximum so far:
    no other run can change the result.

    References
    ----------
    ITU-R BS.1770-4, annex 2.
    """

    def __init__(self, rate: int, channels: int, stretch: int) -> None:
        self._factor = 4 if rate < 80000 else 2 if rate < 160000 else 1
        self._channels = channels
        self._stretch = stretch
        self._peak = 0.0
        self._before = np.float32(0)

    def feed(self, chunk: Samples, peaks: npt.NDArray[np.float32]) -> None:
        """Take the next samples, full scale = 1.0, preceded by the last 12 of the chunk before.

        Parameters
        ----------
        chunk : float32 array, shape (2 × REACH + a multiple of ``stretch``, channels)
        peaks : float32 array, shape (stretches,)
            Largest magnitude in each stretch of the new frames.
        """
        self._peak = max(self._peak, float(peaks.max()))
        if self._factor > 1:
            before = np.concatenate(([self._before], peaks[:-1]))
            stretches = chunk[2 * REACH :].reshape(-1, self._stretch * self._channels)
            self._interpolate(chunk, stretches, before, peaks)
            self._before = peaks[-1]

    def _interpolate(
        self,
        samples: Samples,
        stretches: Samples,
        before: npt.NDArray[np.float32],
        peaks: npt.NDArray[np.float32],
    ) -> None:
        """Interpolate the runs that could exceed the maximum, loudest first; each starts ``REACH`` samples early."""
        matrix, norm = _interpolator(self._factor)
        loud = np.flatnonzero(np.maximum(before, peaks) * norm > self._peak)
        if not len(loud):
            return
        runs = np.abs(stretches[loud].reshape(len(loud), self._stretch // RUN, -1)).max(axis=2)
        around = np.maximum(runs, np.column_stack((before[loud], runs[:, :-1])))
        row, column = np.nonzero(around * norm > self._peak)
        order = np.argsort(-around[row, column], kind="stable")
        bounds = around[row, column][order] * norm
        positions = (loud[row] * runs.shape[1] + column)[order]
        windows = np.lib.stride_tricks.sliding_window_view(samples, RUN + 2 * REACH, axis=0)[::RUN]
        for group in (slice(0, 64), slice(64, None)):
            able = positions[group][bounds[group] > self._peak]
            if len(able):
                between = windows[able].reshape(-1, RUN + 2 * REACH) @ matrix
                self._peak = max(self._peak, float(between.max()), -float(between.min()))

    def finish(self) -> float | None:
        """Return the true peak, dBTP; ``None`` for digital silence."""
        return float(20 * np.log10(self._peak)) if self._peak > 0 else None
