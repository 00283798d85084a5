"""Mel bands, from which onsets and cepstral coefficients are computed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workbench.analysis.spectrum.spectra import Framing

BANDS = 40
"""The usual number for cepstral coefficients of music (Essentia and Slaney's Auditory Toolbox have it too)."""
# About the lowest note of a bass (31 Hz), and about where mp3 encoders cut off at 128 kbit/s; set by hand.
_LOW_HZ, _HIGH_HZ = 30.0, 16000.0


def mel_centers() -> npt.NDArray[np.float64]:
    """Return the center of each band, Hz, shape (BANDS,)."""
    return _edges()[1:-1]


@lru_cache(maxsize=16)
def mel_filters(framing: Framing) -> npt.NDArray[np.float32]:
    """Return triangular filters on power, shape (bins, BANDS).

    A band that is narrower than a bin takes the nearest bin; a band above half the sampling rate stays empty.

    References
    ----------
    Davis & Mermelstein 1980; mel scale of O'Shaughnessy 1987.
    """
    edges, frequencies = _edges(), framing.frequencies[:, None].astype(np.float64)
    low, center, high = edges[:-2], edges[1:-1], edges[2:]
    filters = np.minimum((frequencies - low) / (center - low), (high - frequencies) / (high - center)).clip(0)
    nearest = np.argmin(np.abs(frequencies - center), axis=0)
    for band in np.flatnonzero((filters.sum(axis=0) < 0.5) & (center < framing.rate / 2)):
        filters[nearest[band], band] = 1
    return filters.astype(np.float32)


def _edges() -> npt.NDArray[np.float64]:
    low, high = (2595 * np.log10(1 + f / 700) for f in (_LOW_HZ, _HIGH_HZ))
    return np.asarray(700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1))


class MelBands:
    """Convert powers to mel bands by two matrix products, because the lower half of the bands needs few bins."""

    def __init__(self, framing: Framing) -> None:
        filters = mel_filters(framing)
        self._half = BANDS // 2
        reach = np.flatnonzero(filters[:, : self._half].any(axis=1))
        begin = np.flatnonzero(filters[:, self._half :].any(axis=1))
        self._low_stop = int(reach[-1]) + 1 if len(reach) else 1
        self._high_start = int(begin[0]) if len(begin) else filters.shape[0]
        self._low = np.ascontiguousarray(filters[: self._low_stop, : self._half])
        self._high = np.ascontiguousarray(filters[self._high_start :, self._half :])

    def __call__(self, powers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the power in each band, shape (frames, BANDS)."""
        bands = np.empty((len(powers), BANDS), np.float32)
        np.matmul(powers[:, : self._low_stop], self._low, out=bands[:, : self._half])
        np.matmul(powers[:, self._high_start :], self._high, out=bands[:, self._half :])
        return bands
