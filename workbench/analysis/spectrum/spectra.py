"""The short-time spectra that timbre, onsets and harmony share.

At every sampling rate, a frame is 46 ms long and starts 23 ms after the one before. The window is half a sine wave. At
half overlap its squares add up to one, so the frames together have exactly the energy of the signal, and windowing the
inverse transforms again gives the signal back (Princen & Bradley 1986), which :class:`Decimator` uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from workbench.analysis.blocks import Samples
from workbench.analysis.spectrum.transforms import ForwardTransform

HOP_S = 1024 / 44100
"""The usual hop of music analysis: windows of 2048 samples at 44.1 kHz."""
TOP_HZ = 22050.0
"""The upper limit of 44.1 kHz audio, so that higher sampling rates give the same values."""
# Frames transformed at a time, so that they stay in the processor's cache; measured.
_BATCH = 32
CHUNK_HOPS = 256
"""Frames processed at a time: enough for fast matrix products, few enough for the processor's cache; measured."""

Spectra = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Framing:
    """Length and spacing of frames at one sampling rate."""

    rate: float
    hop: int

    @property
    def period_s(self) -> float:
        """Seconds between frames."""
        return self.hop / self.rate

    @property
    def n_fft(self) -> int:
        return 2 * self.hop

    @cached_property
    def bins(self) -> int:
        """Number of bins up to 22.05 kHz, at every sampling rate."""
        return min(self.hop, int(TOP_HZ * self.n_fft / self.rate + 0.5)) + 1

    @cached_property
    def frequencies(self) -> npt.NDArray[np.float32]:
        """Center of each bin, Hz, shape (bins,)."""
        return (np.arange(self.bins) * (self.rate / self.n_fft)).astype(np.float32)

    @cached_property
    def window(self) -> npt.NDArray[np.float32]:
        """Half a sine wave, scaled so that the powers of all bins add up to the mean square of the frame."""
        return np.asarray((half_sine(self.n_fft) * np.sqrt(2 / (self.n_fft * self.hop))), np.float32)


@lru_cache(maxsize=16)
def framing(rate: int) -> Framing:
    """Return the framing for a sampling rate: a hop of about 23 ms that is a multiple of 64 and has a fast FFT."""
    return Framing(rate, 64 * scipy.fft.next_fast_len(max(1, round(rate * HOP_S / 64)), real=True))


def half_sine(length: int) -> npt.NDArray[np.float64]:
    """Return the window sin(π(n + ½)/length)."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length))


class ShortTimeFourier:
    """Windowed spectra of a stream; frame ``i`` is centered on sample ``i × hop``."""

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self._joined = np.zeros(framing.hop, np.float32)
        self._transform = ForwardTransform(_BATCH, framing.n_fft)

    def feed(self, samples: Samples) -> Iterator[Spectra]:
        """Yield the spectra of the next frames, a few at a time so that they stay in the processor's cache.

        Parameters
        ----------
        samples : float32 array, shape (n × hop,)

        Yields
        ------
        complex64 array, shape (up to 32, padded(hop + 1))
            The bins, then zeros. The next array overwrites it.
        """
        hop = self.framing.hop
        if len(self._joined) != hop + len(samples):
            self._joined = np.concatenate((self._joined[-hop:], samples))
        else:
            self._joined[:hop] = self._joined[-hop:]
            self._joined[hop:] = samples
        frames = np.lib.stride_tricks.sliding_window_view(self._joined, 2 * hop)[::hop]
        for start in range(0, len(frames), _BATCH):
            batch = frames[start : start + _BATCH]
            np.multiply(batch, self.framing.window, out=self._transform.input[: len(batch)])
            yield self._transform()[: len(batch)]


def power(spectra: Spectra, out: npt.NDArray[np.float32]) -> None:
    """Write the squared magnitudes of the first bins to ``out``, shape (frames, bins), and overwrite ``spectra``.

    NumPy takes half the time if both arrays are used to their full width.
    """
    parts = spectra.view(np.float32)
    if 2 * out.shape[1] < parts.shape[1]:
        parts = parts[:, : 2 * out.shape[1]]
    np.square(parts, out=parts)
    np.add(parts[:, ::2], parts[:, 1::2], out=out)


class Decimator:
    """Resample the signal below 1.38 kHz to about 2.76 kHz, from spectra that exist already.

    Short inverse transforms of the low bins of every frame, added where they overlap, give the band-limited signal.
    That takes a sixteenth of the time of the spectra themselves.
    """

    LENGTH = 128
    """A sixteenth of a frame: the band has to include the highest peaks of the chroma, 1.3 kHz."""
    BINS = LENGTH // 2 + 1

    def __init__(self, framing: Framing) -> None:
        self.rate = framing.rate * self.LENGTH / framing.n_fft
        scale = np.sqrt(framing.n_fft * framing.hop / 2) * self.LENGTH / framing.n_fft
        self._window = (half_sine(self.LENGTH) * scale).astype(np.float32)
        self._tail = np.zeros(self.LENGTH // 2, np.float32)

    def feed(self, spectra: Spectra) -> Samples:
        """Take the first ``BINS`` bins of the next frames and return 64 samples for each, delayed by half a frame."""
        half = self.LENGTH // 2
        frames = scipy.fft.irfft(spectra, self.LENGTH) * self._window
        out = frames[:, :half].copy()
        out[0] += self._tail
        out[1:] += frames[:-1, half:]
        self._tail = frames[-1, half:].copy()
        return np.asarray(out.reshape(-1))
