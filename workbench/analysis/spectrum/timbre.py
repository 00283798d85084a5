"""Timbre: spectral statistics over the frames that are not silent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

from workbench.analysis.spectrum.mel import BANDS
from workbench.analysis.spectrum.spectra import Framing

N_MFCC = 13
"""The usual number (Davis & Mermelstein 1980, and most music analysis since)."""
SILENT = 1e-7
"""Mean square under which a frame is silent: −70 dBFS, the absolute gate of ITU-R BS.1770-4."""
# Juslin 2000.
_BRIGHT_HZ = 1500.0
# The usual share (Tzanetakis & Cook 2002).
_ROLLOFF = 0.85
# Bins summed before the rolloff is looked up, which is faster; the value is interpolated inside the group.
_GROUP = 16
# Every fourth and every sixteenth frame are enough for a mean over the track; set by hand to save time.
_SHAPE_EVERY, _CONTRAST_EVERY = 4, 16
# As in Jiang et al. 2002, whose last band (3200–8000 Hz) is split here to cover everything above 6400 Hz as well.
_CONTRAST_EDGES_HZ = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)
# Share of a band's bins that count as peak and as valley; Jiang et al. 2002 find 0.02 to 0.2 equally good.
_CONTRAST_SHARE = 0.2
# Share of a frame's loudest band (−70 dB) under which a band is inaudible, so that it does not affect timbre.
_MASKED = 1e-7
# Keeps the logarithm finite in silence.
_NOTHING = 1e-16

Frames = npt.NDArray[np.float32]


class Moments:
    """Running mean and variance of rows."""

    def __init__(self, width: int) -> None:
        self.count = 0
        self._sum = np.zeros(width)
        self._squares = np.zeros(width)

    def add(self, rows: Frames) -> None:
        """Add rows, shape (n, width)."""
        self.count += len(rows)
        self._sum += rows.sum(axis=0, dtype=np.float64)
        self._squares += np.einsum("ij,ij->j", rows, rows, dtype=np.float64)

    def mean(self) -> npt.NDArray[np.float64]:
        return self._sum / max(self.count, 1)

    def variance(self) -> npt.NDArray[np.float64]:
        return np.maximum(self._squares / max(self.count, 1) - self.mean() ** 2, 0)


@lru_cache(maxsize=1)
def _cosines() -> Frames:
    """Return the first columns of the orthogonal discrete cosine transform, shape (BANDS, N_MFCC)."""
    return np.asarray(scipy.fft.dct(np.eye(BANDS), norm="ortho")[:, :N_MFCC], np.float32)


@dataclass(frozen=True)
class Timbre:
    """Timbre descriptors of a track; ``DESCRIPTORS`` has their units and sources."""

    spectral_centroid_hz: float
    spectral_bandwidth_hz: float
    spectral_rolloff_hz: float
    spectral_flatness: float
    spectral_flux: float
    brightness: float
    spectral_contrast_mean: npt.NDArray[np.float64]
    mfcc_mean: npt.NDArray[np.float64]
    mfcc_variance: npt.NDArray[np.float64]


class TimbreMeter:
    """Compute timbre descriptors from the powers and mel bands of a stream."""

    def __init__(self, framing: Framing) -> None:
        frequencies = framing.frequencies
        self._ramps = np.stack([np.ones_like(frequencies), frequencies, frequencies**2], axis=1)
        self._bright = int(np.searchsorted(frequencies, _BRIGHT_HZ))
        self._group_hz = _GROUP * framing.rate / framing.n_fft
        edges = np.searchsorted(frequencies, _CONTRAST_EDGES_HZ)
        self._octaves = [
            (a, b) for a, b in zip(edges, [*edges[1:], len(frequencies)], strict=True) if b - a >= 4
        ]
        self._shape = Moments(5)
        self._flux = Moments(1)
        self._mfcc = Moments(N_MFCC)
        self._contrast = Moments(len(_CONTRAST_EDGES_HZ))
        self._last: Frames | None = None
        self._dct = _cosines()

    def feed(self, powers: Frames, mels: Frames, level: Frames) -> Frames:
        """Take the next frames.

        Parameters
        ----------
        powers : shape (n, bins), mels : shape (n, 40), level : mean squares, shape (n,)

        Returns
        -------
        float32 array, shape (n, 13)
            Cepstral coefficients of every frame, including silent ones.
        """
        floor = np.float32(_MASKED) * mels.max(axis=1, keepdims=True) + np.float32(_NOTHING)
        mfcc = (10 * np.log10(mels + floor)) @ self._dct
        active = level > SILENT
        self._mfcc.add(mfcc[active])
        self._flux.add(self._changes(mels)[active])
        self._shape.add(self._shapes(powers[::_SHAPE_EVERY][active[::_SHAPE_EVERY]]))
        self._contrast.add(self._contrasts(powers[::_CONTRAST_EVERY][active[::_CONTRAST_EVERY]]))
        return np.asarray(mfcc)

    def _changes(self, mels: Frames) -> Frames:
        """Return half the squared distance between successive magnitude spectra of unit length: 0 same, 1 disjoint."""
        shape = np.sqrt(mels)
        shape /= np.sqrt(mels.sum(axis=1, keepdims=True)) + np.float32(1e-9)
        before = np.concatenate((shape[:1] if self._last is None else self._last, shape[:-1]))
        self._last = shape[-1:].copy()
        return np.asarray(np.clip(1 - np.vecdot(shape, before), 0, 1)[:, None])

    def _shapes(self, powers: Frames) -> Frames:
        """Return centroid, bandwidth, rolloff, flatness and brightness of each frame, shape (n, 5); none is silent."""
        total, first, second = (np.sqrt(powers) @ self._ramps).T
        centroid = first / total
        bandwidth = np.sqrt(np.maximum(second / total - centroid**2, 0))
        groups = powers.shape[1] // _GROUP
        grouped = powers[:, 1 : 1 + groups * _GROUP].reshape(-1, _GROUP) @ np.ones(_GROUP, np.float32)
        cumulative = np.cumsum(grouped.reshape(-1, groups), axis=1)
        rolloff = self._rolloff(cumulative)
        energy = powers @ self._ramps[:, 0]
        bright = powers[:, self._bright :].sum(axis=1) / energy
        logs = np.log(powers + np.float32(1e-12) * energy[:, None])
        flatness = np.exp(logs.sum(axis=1) / powers.shape[1]) * powers.shape[1] / energy
        return np.stack((centroid, bandwidth, rolloff, np.minimum(flatness, 1), bright), axis=1)

    def _rolloff(self, cumulative: Frames) -> Frames:
        wanted = _ROLLOFF * cumulative[:, -1]
        group = (cumulative < wanted[:, None]).sum(axis=1)
        rows = np.arange(len(cumulative))
        above = cumulative[rows, group]
        below = np.where(group > 0, cumulative[rows, group - 1], 0)
        hertz = (group + (wanted - below) / np.maximum(above - below, 1e-20)) * self._group_hz
        return np.asarray(hertz, np.float32)

    def _contrasts(self, powers: Frames) -> Frames:
        contrast = np.zeros((len(powers), len(_CONTRAST_EDGES_HZ)), np.float32)
        floor = np.float32(0.01 * _MASKED) * powers.max(axis=1, keepdims=True, initial=0)
        for index, (low, high) in enumerate(self._octaves):
            ordered = np.sort(powers[:, low:high], axis=1) + floor
            few = max(1, int(_CONTRAST_SHARE * (high - low)))
            contrast[:, index] = 10 * np.log10(ordered[:, -few:].mean(axis=1) / ordered[:, :few].mean(axis=1))
        return contrast

    def finish(self) -> Timbre | None:
        """Return the statistics; ``None`` if every frame was silent."""
        if not self._shape.count:
            return None
        centroid, bandwidth, rolloff, flatness, bright = map(float, self._shape.mean())
        return Timbre(
            centroid,
            bandwidth,
            rolloff,
            flatness,
            float(self._flux.mean()[0]),
            bright,
            self._contrast.mean(),
            self._mfcc.mean(),
            self._mfcc.variance(),
        )
