"""Program loudness, loudness range and short-term loudness.

K-weighting is applied to power spectra instead of samples, which takes a tenth of the time of the standard's recursive
filter. Near 38 Hz the high-pass is narrower than a bin. The weights of the lowest bins are therefore fitted by least
squares, so that a sine wave of any frequency, also between bins, measures as the standard says (within 0.05 dB above
40 Hz).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.fft

from workbench.analysis.blocks import Samples
from workbench.analysis.growing_array import GrowingArray
from workbench.analysis.mixdown import channel_weights
from workbench.analysis.spectrum.spectra import framing
from workbench.analysis.spectrum.transforms import ForwardTransform

STEP_S = 0.1
"""Spacing of gating blocks: 400 ms with 75 % overlap (ITU-R BS.1770-4)."""
# ITU-R BS.1770-4: makes a 997 Hz tone at 0 dBFS in one channel read −3.01 LUFS.
_OFFSET_DB = -0.691
# ITU-R BS.1770-4.
_ABSOLUTE_GATE_LUFS = -70.0
# Bins up to here are fitted: above, a bin is narrow enough. Set by hand; tests/analysis/test_loudness.py has tones.
_FITTED_HZ = 520.0
# Probe frequencies for each bin in the fit; set by hand.
_FINE = 16
# Weight of 0 Hz in the fit: a DC offset must not count as loudness. Set by hand.
_DC_EMPHASIS = 30
# Parts of a frame (about 12 ms each) to which its energy is assigned; set by hand, within 0.03 LU of EBU's tests.
_PIECES = 8
# Frames transformed at a time, so that they stay in the processor's cache; set by measuring.
_BATCH = 16
# Keeps the division defined in silence.
_TINY = 1e-20
# Width of the bins of a histogram, and so the largest error of the relative gate of an album.
_BIN_LU = 0.1


def k_weighting(frequencies: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.float64]:
    """Return the power response of the K-weighting filter at these frequencies, Hz.

    This is the analog prototype behind the coefficients of ITU-R BS.1770-4 (a shelf at 1682 Hz, a high-pass at 38 Hz),
    mapped to ``rate`` by the bilinear transform, as libebur128 does for rates other than 48 kHz.
    """
    z = np.exp(-2j * np.pi * frequencies / rate)
    k, q = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    shelf = (high + band * k / q + k * k) + 2 * (k * k - high) * z + (high - band * k / q + k * k) * z**2
    shelf /= (1 + k / q + k * k) + 2 * (k * k - 1) * z + (1 - k / q + k * k) * z**2
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    gain = 1 + k / q + k * k
    highpass = (1 - 2 * z + z**2) / (1 + 2 * (k * k - 1) / gain * z + (1 - k / q + k * k) / gain * z**2)
    return np.asarray(np.abs(shelf * highpass) ** 2)


@lru_cache(maxsize=16)
def _filter_bank(rate: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the rising edge of the window, and the weights of its FFT's powers that give the mean square."""
    overlap = framing(rate).hop // 2
    window = np.ones(overlap * (_PIECES + 1))
    window[:overlap] = np.sin(np.pi / 2 * (np.arange(overlap) + 0.5) / overlap)
    window[-overlap:] = window[:overlap][::-1]
    weights = _solve_weights(window, rate) / (len(window) * overlap)
    return window[:overlap].astype(np.float32), weights.astype(np.float32)


def _solve_weights(window: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.float64]:
    """Return the weights of all bins; the lowest are fitted so that the response between bins is correct too."""
    length, fine = len(window), _FINE
    bins = np.abs(scipy.fft.fftfreq(length, 1 / rate))
    weights = k_weighting(bins, rate)
    kernel = np.abs(scipy.fft.fft(window, length * fine)) ** 2
    kernel /= length * np.sum(window**2)
    top = min(length // 4, max(4, round(_FITTED_HZ * length / rate)))
    probes = np.arange(2 * top * fine)
    response = kernel[(probes[:, None] - np.arange(length)[None, :] * fine) % (length * fine)]
    error = k_weighting(probes * rate / (length * fine), rate) - response @ weights
    emphasis = np.ones(len(probes))
    emphasis[0] = _DC_EMPHASIS
    solved = np.arange(1, top + 1)
    mirrored = np.column_stack((response[:, 0], response[:, solved] + response[:, -solved]))
    solution = np.linalg.lstsq(mirrored * emphasis[:, None], error * emphasis, rcond=1e-9)[0]
    weights[: top + 1] += solution
    weights[-solved] += solution[1:]
    return weights


class LoudnessMeter:
    """K-weighted energy of a stream, all channels together, in steps of 100 ms.

    Frames of about 100 ms that overlap by a ninth are weighted. The energy of a frame is divided among its eight pieces
    in proportion to the unweighted energy of their samples.
    """

    def __init__(self, rate: int, channels: int, channel_names: Sequence[str] = ()) -> None:
        self.history = framing(rate).hop // 2
        rise, weights = _filter_bank(rate)
        # Two real channels are one complex one: |X(k)|² + |X(−k)|² = 2(|L|² + |R|²).
        self._paired = channels == 2
        self._transform = ForwardTransform(_BATCH, len(weights), np.complex64 if self._paired else np.float32)
        of_bins = weights if self._paired else _one_sided(weights)
        # Once for the real and once for the imaginary part of each bin.
        self._weights = np.zeros(2 * self._transform.output.shape[1], np.float32)
        self._weights[: 2 * len(of_bins)] = np.repeat(of_bins, 2)
        per_sample = 2 if self._paired else 1
        self._rise, self._fall = np.repeat(rise, per_sample), np.repeat(rise[::-1], per_sample)
        self._channel_weights = channel_weights(channels, channel_names)
        self._gating = _GatingSteps(self.history, rate * STEP_S)

    def feed(self, chunk: Samples) -> None:
        """Take the next samples, full scale = 1.0, preceded by the last ``history`` frames of the chunk before.

        Parameters
        ----------
        chunk : float32 array, shape (history + a multiple of four hops, channels)
        """
        count = (len(chunk) - self.history) // (_PIECES * self.history)
        energies = self._frame_energies(chunk, count)
        half = self.history // 2
        pieces = chunk[half : len(chunk) - self.history + half].reshape(count, _PIECES, -1)
        shares = np.vecdot(pieces, pieces) + np.float32(_TINY)
        shares /= shares.sum(axis=1, keepdims=True)
        self._gating.add((shares * energies[:, None]).ravel())

    def _frame_energies(self, samples: Samples, count: int) -> npt.NDArray[np.float32]:
        if self._paired:
            return self._energies(samples.view(np.complex64)[:, 0], count)
        energies = np.zeros(count, np.float32)
        for channel, weight in enumerate(self._channel_weights):
            if weight:
                energies += weight * self._energies(np.ascontiguousarray(samples[:, channel]), count)
        return energies

    def _energies(self, signal: npt.NDArray[np.generic], count: int) -> npt.NDArray[np.float32]:
        length, step = self._transform.input.shape[1], signal.strides[0]
        shape, strides = (count, length), (_PIECES * self.history * step, step)
        frames = np.lib.stride_tricks.as_strided(signal, shape, strides)
        samples, width = self._transform.input.view(np.float32), len(self._rise)
        energies = np.empty(count, np.float32)
        for start in range(0, count, _BATCH):
            batch = frames[start : start + _BATCH]
            self._transform.input[: len(batch)] = batch
            samples[:, :width] *= self._rise
            samples[:, -width:] *= self._fall
            parts = self._transform()[: len(batch)].view(np.float32)
            np.square(parts, out=parts)
            energies[start : start + _BATCH] = parts @ self._weights
        return energies

    def finish(self, frames: int) -> Loudness:
        """Return the loudness of the first ``frames`` frames."""
        return Loudness(self._gating.finish(frames))


class _GatingSteps:
    """Convert mean squares of pieces of one length to mean squares in steps of 100 ms."""

    def __init__(self, piece: int, step: float) -> None:
        self._piece = piece
        self._step = step
        self._position = -piece / 2  # the first frame starts with the zeros before the stream
        self._total = 0.0
        self._totals = GrowingArray(np.float64)

    def add(self, mean_squares: npt.NDArray[np.float32]) -> None:
        edges = self._position + np.arange(len(mean_squares) + 1) * self._piece
        totals = self._total + np.concatenate(
            ([0.0], np.cumsum(mean_squares, dtype=np.float64) * self._piece)
        )
        wanted = np.arange(len(self._totals), int(edges[-1] / self._step) + 1) * self._step
        self._totals.extend(np.interp(wanted, edges, totals))
        self._position, self._total = float(edges[-1]), float(totals[-1])

    def finish(self, frames: int) -> npt.NDArray[np.float64]:
        steps = int(frames / self._step + 1e-9)
        return np.maximum(np.diff(self._totals.take(steps + 1)), 0) / self._step


def _one_sided(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    half = len(weights) // 2
    doubled = 2 * weights[: half + 1]
    doubled[0] /= 2
    if len(weights) % 2 == 0:
        doubled[-1] /= 2
    return doubled


class Loudness:
    """Loudness measures of a track, from its K-weighted mean square in steps of 100 ms.

    Parameters
    ----------
    steps : float64 array, shape (n,)
    """

    def __init__(self, steps: npt.NDArray[np.float64]) -> None:
        self._steps = steps

    def over(self, seconds: float) -> npt.NDArray[np.float64]:
        """Return the loudness of windows of this length, one every 100 ms, LUFS; ``-inf`` where silent."""
        width = round(seconds / STEP_S)
        if len(self._steps) < width:
            return np.zeros(0)
        total = np.concatenate(([0.0], np.cumsum(self._steps)))
        return to_lufs(np.maximum(total[width:] - total[:-width], 0) / width)

    def integrated(self) -> float | None:
        """Return the gated integrated loudness, LUFS; ``None`` for silence or less than 400 ms of audio.

        References
        ----------
        ITU-R BS.1770-4; EBU Tech 3341.
        """
        loud = self._above_absolute_gate()
        return _gated_mean(loud, np.ones(len(loud)))

    def histogram(self) -> npt.NDArray[np.float64]:
        """Return a histogram of the loudness of the gating blocks, for :func:`loudness_together`.

        Returns
        -------
        float64 array, shape (n, 2)
            For each bin of 0.1 LU above −70 LUFS that has blocks: their mean loudness, LUFS, and their number.
        """
        loud = self._above_absolute_gate()
        _, bins, counts = np.unique(np.floor(loud / _BIN_LU), return_inverse=True, return_counts=True)
        powers = np.bincount(bins, 10 ** (loud / 10), minlength=len(counts)) / counts
        return np.column_stack((10 * np.log10(powers), counts))

    def _above_absolute_gate(self) -> npt.NDArray[np.float64]:
        blocks = self.over(0.4)
        return blocks[blocks > _ABSOLUTE_GATE_LUFS]

    def range(self) -> float | None:
        """Return the loudness range, LU; ``None`` for silence or less than 3 s of audio.

        References
        ----------
        EBU Tech 3342: 10th to 95th percentile of short-term loudness over gates at −70 LUFS and −20 LU.
        """
        blocks = self.over(3.0)
        loud = blocks[blocks > _ABSOLUTE_GATE_LUFS]
        if not len(loud):
            return None
        gated = loud[loud > _mean_lufs(loud) - 20]
        low, high = np.percentile(gated, (10, 95))
        return float(high - low)

    def curve(self) -> npt.NDArray[np.float64]:
        """Return the short-term loudness at the end of every second, LUFS, at least −120.

        The windows are 3 s long, the first two shorter.
        """
        total = np.concatenate(([0.0], np.cumsum(self._steps)))
        ends = np.arange(10, len(total), 10)
        starts = np.maximum(ends - 30, 0)
        return np.maximum(to_lufs(np.maximum(total[ends] - total[starts], 0) / (ends - starts)), -120.0)


def to_lufs(mean_squares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Convert K-weighted mean squares to LUFS; ``-inf`` for zero."""
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10 * np.log10(mean_squares))


def loudness_together(histograms: Iterable[npt.NDArray[np.floating[Any]]]) -> float | None:
    """Return the integrated loudness of several tracks as one program, such as an album, LUFS; ``None`` for silence.

    Parameters
    ----------
    histograms : iterable of arrays, shape (n, 2)
        From :meth:`Loudness.histogram`.

    References
    ----------
    ITU-R BS.1770-4; ReplayGain 2.0, whose album gain is measured over the gating blocks of all tracks.
    """
    blocks = np.concatenate([np.zeros((0, 2)), *histograms])
    return _gated_mean(blocks[:, 0], blocks[:, 1])


def _gated_mean(lufs: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> float | None:
    """Return the mean of the blocks less than 10 LU below the mean of all; ``counts`` are the weights of the blocks."""
    if not len(lufs):
        return None
    gated = lufs > _mean_lufs(lufs, counts) - 10
    return _mean_lufs(lufs[gated], counts[gated])


def _mean_lufs(values: npt.NDArray[np.float64], counts: npt.NDArray[np.float64] | None = None) -> float:
    return float(10 * np.log10(np.average(10 ** (values / 10), weights=counts)))
