"""Sections of a track, and where a preview of it should start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

_REACH_S = 12.0
_SHORTEST_SECTION_S = 8.0
_MIN_NOVELTY = 0.04
PREVIEW_S = 30.0

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sections:
    """Start of each section, the first at 0, and how clear it is, 0 to 1 (1 for the first)."""

    starts_s: npt.NDArray[np.float64]
    novelty: npt.NDArray[np.float64]


def find_sections(timbre: Rows, chroma: Rows, period_s: float) -> Sections:
    """Find where timbre or harmony change for good.

    Parameters
    ----------
    timbre : float32 array, shape (n, m)
        Cepstral coefficients over time.
    chroma : float32 array, shape (n, 12)
    period_s : float
        Seconds between rows.

    References
    ----------
    Foote 2000, Automatic audio segmentation using a measure of audio novelty. With inner products for similarity and
    a separable kernel, the checkerboard sum is the squared length of the features filtered by one arm of the kernel,
    which takes linear time and no matrix.
    """
    reach = round(_REACH_S / period_s)
    if len(timbre) < 2 * reach:
        return Sections(np.zeros(1), np.ones(1))
    features = np.concatenate([_standardized(timbre), 1.5 * _standardized(np.sqrt(chroma))], axis=1)
    novelty = _novelty(features, reach)
    gap = round(_SHORTEST_SECTION_S / period_s)
    local = novelty >= maximum_filter1d(novelty, 2 * gap + 1, mode="constant")
    clear = novelty > max(_MIN_NOVELTY, float(np.mean(novelty) + 0.5 * np.std(novelty)))
    inside = np.arange(len(novelty))
    peaks = np.flatnonzero(local & clear & (inside >= gap) & (inside < len(novelty) - gap))
    return Sections(
        np.concatenate(([0.0], peaks * period_s)), np.concatenate(([1.0], np.minimum(novelty[peaks], 1.0)))
    )


def _novelty(features: Rows, reach: int) -> npt.NDArray[np.float64]:
    """Return the difference between what comes before and after each row, 0 to 1 of the most there could be."""
    arm = np.exp(-0.5 * ((np.arange(reach) + 0.5) / (0.5 * reach)) ** 2)
    arm /= arm.sum()
    padded = np.pad(features, ((reach, reach), (0, 0)), mode="edge").astype(np.float64)
    size = len(padded)
    kernel = np.zeros(size)
    kernel[:reach], kernel[-reach:] = arm, -arm[::-1]  # mean of what follows minus mean of what went before
    transfer = np.conj(np.fft.rfft(kernel))
    squares = np.zeros(size)
    for column in padded.T:
        squares += np.fft.irfft(np.fft.rfft(column) * transfer, size) ** 2
    spread = float(np.mean(np.sum(features.astype(np.float64) ** 2, axis=1)))
    return squares[reach:-reach] / (4 * spread + 1e-9)


def _standardized(rows: Rows) -> Rows:
    """Center columns, scale them together, and tame outliers such as silence."""
    centered = rows - np.median(rows, axis=0)
    spread = np.sqrt(np.mean(np.minimum(centered**2, 9 * np.median(centered**2, axis=0) + 1e-9))) + 1e-6
    return np.asarray(gaussian_filter1d(np.clip(centered / spread, -3, 3), 1.0, axis=0), np.float32)


def preview_start(energy_db: npt.NDArray[np.float64], starts_s: npt.NDArray[np.float64]) -> float:
    """Return the section start (or second) from which 30 s are loudest.

    Parameters
    ----------
    energy_db : float64 array
        Level of each second, dBFS.
    starts_s : float64 array
        Section starts; the nearest one within 5 s of the loudest stretch is taken.
    """
    width = int(PREVIEW_S)
    if len(energy_db) <= width:
        return 0.0
    total = np.concatenate(([0.0], np.cumsum(10 ** (energy_db / 10))))
    loudest = float(np.argmax(total[width:] - total[:-width]))
    nearest = starts_s[np.argmin(np.abs(starts_s - loudest))]
    return float(nearest) if abs(nearest - loudest) <= 5 and nearest <= len(energy_db) - width else loudest
