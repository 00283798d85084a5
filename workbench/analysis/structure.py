"""Find the sections of a track, and where a preview of it should start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

# Set by hand; tests/analysis/test_timbre.py checks the sections that they give.

# Half the width of the checkerboard kernel: six bars of four at 120 BPM.
_REACH_S = 12.0
# Four bars of four at 120 BPM.
_SHORTEST_SECTION_S = 8.0
_MIN_NOVELTY = 0.04
# Weight of harmony against timbre.
_CHROMA_WEIGHT = 1.5
# Standard deviations beyond which a value is clipped, so that a silent moment does not outweigh the music.
_OUTLIER = 3.0
# Standard deviations above the mean novelty at which a section may start.
_STANDS_OUT = 0.5
PREVIEW_S = 30.0
"""The usual length of a preview in music shops."""
# A preview moves this far at most to begin with a section.
_TO_SECTION_S = 5.0

Rows = npt.NDArray[np.float32]
Column = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Sections:
    """The start of each section (the first at 0) and how clear it is, 0 to 1 (1 for the first)."""

    starts_s: npt.NDArray[np.float64]
    novelty: npt.NDArray[np.float64]


def find_sections(timbre: Rows, chroma: Rows, period_s: float) -> Sections:
    """Find where timbre or harmony changes lastingly.

    Parameters
    ----------
    timbre : float32 array, shape (n, m)
        Cepstral coefficients over time.
    chroma : float32 array, shape (n, 12)
    period_s : float
        Seconds between rows.

    References
    ----------
    Foote 2000, Automatic audio segmentation using a measure of audio novelty. With inner products as similarity and a
    separable kernel, the checkerboard sum is the squared length of the features filtered by one arm of the kernel.
    That takes linear time and needs no matrix.
    """
    reach = round(_REACH_S / period_s)
    if len(timbre) < 2 * reach:
        return Sections(np.zeros(1), np.ones(1))
    harmony = (_CHROMA_WEIGHT * column for column in _standardized(np.sqrt(chroma)))
    novelty = _novelty(chain(_standardized(timbre), harmony), len(timbre), reach)
    gap = round(_SHORTEST_SECTION_S / period_s)
    local = novelty >= maximum_filter1d(novelty, 2 * gap + 1, mode="constant")
    clear = novelty > max(_MIN_NOVELTY, float(np.mean(novelty) + _STANDS_OUT * np.std(novelty)))
    inside = np.arange(len(novelty))
    peaks = np.flatnonzero(local & clear & (inside >= gap) & (inside < len(novelty) - gap))
    return Sections(
        np.concatenate(([0.0], peaks * period_s)), np.concatenate(([1.0], np.minimum(novelty[peaks], 1.0)))
    )


def _novelty(columns: Iterable[Column], rows: int, reach: int) -> npt.NDArray[np.float64]:
    """Return how much the rows before and after each row differ, as a share (0 to 1) of the largest difference."""
    arm = np.exp(-0.5 * ((np.arange(reach) + 0.5) / (0.5 * reach)) ** 2)
    arm /= arm.sum()
    size = rows + 2 * reach
    kernel = np.zeros(size)
    kernel[:reach], kernel[-reach:] = arm, -arm[::-1]  # mean of the rows after minus mean of the rows before
    transfer = np.conj(np.fft.rfft(kernel))
    squares, spread = np.zeros(size), 0.0
    for column in columns:
        padded = np.pad(column, reach, mode="edge").astype(np.float64)
        squares += np.fft.irfft(np.fft.rfft(padded) * transfer, size) ** 2
        spread += float(np.mean(column.astype(np.float64) ** 2))
    return squares[reach:-reach] / (4 * spread + 1e-9)


def _standardized(rows: Rows) -> Iterator[Column]:
    """Center the columns, scale them together and clip outliers such as silence."""
    middle = [np.median(column) for column in rows.T]
    spreads = []
    for column, center in zip(rows.T, middle, strict=True):
        squares = (column - center) ** 2
        spreads.append(
            np.mean(np.minimum(squares, _OUTLIER**2 * np.median(squares) + 1e-9), dtype=np.float64)
        )
    spread = np.float32(np.sqrt(np.mean(spreads)) + 1e-6)
    for column, center in zip(rows.T, middle, strict=True):
        yield gaussian_filter1d(np.clip((column - center) / spread, -_OUTLIER, _OUTLIER), 1.0)


def preview_start(energy_db: npt.NDArray[np.floating], starts_s: npt.NDArray[np.float64]) -> float:
    """Return where the loudest 30 s start, moved to the start of a section if one is near.

    Parameters
    ----------
    energy_db : float array, shape (n,)
        Level of each second, dBFS.
    starts_s : float64 array
        Section starts; the nearest one is taken if it is within 5 s.
    """
    width = int(PREVIEW_S)
    if len(energy_db) <= width:
        return 0.0
    total = np.concatenate(([0.0], np.cumsum(10 ** (energy_db / 10))))
    loudest = float(np.argmax(total[width:] - total[:-width]))
    nearest = starts_s[np.argmin(np.abs(starts_s - loudest))]
    return (
        float(nearest)
        if abs(nearest - loudest) <= _TO_SECTION_S and nearest <= len(energy_db) - width
        else loudest
    )
