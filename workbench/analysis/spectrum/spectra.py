"""The short-time spectra that timbre, onsets and harmony share.

Frames last 46 ms and start every 23 ms at any sampling rate. The window is half a sine wave: its square adds up to
one at half overlap, so the frames hold exactly the energy of the signal, and applying it once more brings the signal
back (Princen & Bradley 1986), which :class:`Decimator` uses.
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
TOP_HZ = 22050.0
_BATCH = 32
CHUNK_HOPS = 256
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
        """Center of each bin, Hz, shape (bins,)."""
        return (np.arange(self.bins) * (self.rate / self.n_fft)).astype(np.float32)

    @cached_property
    def window(self) -> npt.NDArray[np.float32]:
        """Half a sine wave scaled so that power summed over bins is the mean square of the frame."""
        return np.asarray((half_sine(self.n_fft) * np.sqrt(2 / (self.n_fft * self.hop))), np.float32)


@lru_cache(maxsize=16)
def framing(rate: int) -> Framing:
    """Return the framing of a sampling rate: a hop near 23 ms, a multiple of 64, whose FFT is fast."""
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
        """Yield spectra of the next frames, a few at a time so that they stay in the processor's cache.

        Parameters
        ----------
        samples : float32 array, shape (n × hop,)

        Yields
        ------
        complex64 array, shape (up to 32, padded(hop + 1))
            The bins and then zeros; overwritten by the next.
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
    """Write squared magnitudes of the first bins to ``out``, shape (frames, bins); ``spectra`` is overwritten.

    NumPy takes half the time when neither has columns left out.
    """
    parts = spectra.view(np.float32)
    if 2 * out.shape[1] < parts.shape[1]:
        parts = parts[:, : 2 * out.shape[1]]
    np.square(parts, out=parts)
    np.add(parts[:, ::2], parts[:, 1::2], out=out)


class Decimator:
    """The signal below 1.38 kHz at about 2.76 kHz, from spectra that exist already.

    Keeping the low bins of every frame and overlap-adding shorter inverse transforms is a band-limited resampler
    that costs a sixteenth of the spectra themselves.
    """

    LENGTH = 128
    BINS = LENGTH // 2 + 1

    def __init__(self, framing: Framing) -> None:
        self.rate = framing.rate * self.LENGTH / framing.n_fft
        scale = np.sqrt(framing.n_fft * framing.hop / 2) * self.LENGTH / framing.n_fft
        self._window = (half_sine(self.LENGTH) * scale).astype(np.float32)
        self._tail = np.zeros(self.LENGTH // 2, np.float32)

    def feed(self, spectra: Spectra) -> Samples:
        """Take the first ``BINS`` bins of the next frames and return 64 samples for each, half a frame behind."""
        half = self.LENGTH // 2
        frames = scipy.fft.irfft(spectra, self.LENGTH) * self._window
        out = frames[:, :half].copy()
        out[0] += self._tail
        out[1:] += frames[:-1, half:]
        self._tail = frames[-1, half:].copy()
        return np.asarray(out.reshape(-1))
