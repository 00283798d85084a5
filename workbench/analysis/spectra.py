"""The short-time spectra that timbre, onsets and harmony share.

Frames last 46 ms and start every 23 ms at any sampling rate. The window is half a sine wave: its square adds up to
one at half overlap, so the frames hold exactly the energy of the signal, and applying it once more brings the signal
back (Princen & Bradley 1986), which :class:`Decimator` uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from workbench.analysis.blocks import Samples

HOP_S = 1024 / 44100
TOP_HZ = 22050.0
CHUNK_HOPS = 128
"""Frames computed at a time: enough for matrix products to be fast, few enough to stay in the processor's cache."""

Spectra = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Framing:
    """Frame length and spacing at one sampling rate."""

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
        """Bins up to 22.05 kHz, whatever the rate."""
        return min(self.hop, int(TOP_HZ * self.n_fft / self.rate + 0.5)) + 1

    @cached_property
    def frequencies(self) -> npt.NDArray[np.float32]:
        """Centre of each bin, Hz, shape (bins,)."""
        return (np.arange(self.bins) * (self.rate / self.n_fft)).astype(np.float32)

    @cached_property
    def window(self) -> npt.NDArray[np.float32]:
        """Half a sine wave scaled so that power summed over bins is the mean square of the frame."""
        return (half_sine(self.n_fft) * np.sqrt(2 / (self.n_fft * self.hop))).astype(np.float32)


@lru_cache(maxsize=16)
def framing(rate: int) -> Framing:
    """Return the framing of a sampling rate: a hop near 23 ms whose FFT is fast."""
    return Framing(rate, max(8, scipy.fft.next_fast_len(round(rate * HOP_S), real=True)))


def half_sine(length: int) -> npt.NDArray[np.float64]:
    """Return the window sin(π(n + ½)/length)."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length))


class ShortTimeFourier:
    """Windowed spectra of a stream; frame ``i`` is centred on sample ``i × hop``."""

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self._tail = np.zeros(framing.hop, np.float32)

    def feed(self, samples: Samples) -> Spectra:
        """Return spectra of the next frames.

        Parameters
        ----------
        samples : float32 array, shape (n × hop,)

        Returns
        -------
        complex64 array, shape (n, hop + 1)
        """
        hop = self.framing.hop
        joined = np.concatenate((self._tail, samples))
        self._tail = joined[-hop:]
        halves = joined.reshape(-1, hop)
        frames = np.empty((len(halves) - 1, 2 * hop), np.float32)
        np.multiply(halves[:-1], self.framing.window[:hop], out=frames[:, :hop])
        np.multiply(halves[1:], self.framing.window[hop:], out=frames[:, hop:])
        return scipy.fft.rfft(frames, overwrite_x=True)  # type: ignore[no-any-return]


def power(spectra: Spectra, bins: int) -> npt.NDArray[np.float32]:
    """Return squared magnitudes of the first bins, shape (frames, bins)."""
    parts = spectra[:, :bins].view(np.float32)
    squares = np.square(parts)
    return squares[:, ::2] + squares[:, 1::2]


class Decimator:
    """The signal below 2.7 kHz at about 5.5 kHz, from spectra that exist already.

    Keeping the low bins of every frame and overlap-adding shorter inverse transforms is a band-limited resampler
    that costs an eighth of the spectra themselves.
    """

    LENGTH = 256

    def __init__(self, framing: Framing) -> None:
        self.rate = framing.rate * self.LENGTH / framing.n_fft
        scale = np.sqrt(framing.n_fft * framing.hop / 2) * self.LENGTH / framing.n_fft
        self._window = (half_sine(self.LENGTH) * scale).astype(np.float32)
        self._tail = np.zeros(self.LENGTH // 2, np.float32)

    def feed(self, spectra: Spectra) -> Samples:
        """Return the next ``frames × 128`` samples; they lag half a frame behind the frames fed."""
        half = self.LENGTH // 2
        frames = scipy.fft.irfft(spectra[:, : half + 1], self.LENGTH) * self._window
        out = frames[:, :half].copy()
        out[0] += self._tail
        out[1:] += frames[:-1, half:]
        self._tail = frames[-1, half:].copy()
        return out.reshape(-1)
