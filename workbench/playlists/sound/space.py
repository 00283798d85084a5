"""Distances between tracks: sound vectors standardized by the library's own statistics.

Each dimension is divided by its standard deviation over the analyzed tracks, so that no unit outweighs
another. A constant dimension does not count. A distance is the root mean square difference over the other
dimensions: 0 for equal vectors, about 1.4 (the square root of 2) for two tracks drawn at random. BLAS is not used, so
a distance has the same bits with any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.playlists.sound.arrays import Rows

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Vectors = npt.NDArray[np.float32]

RANDOM_PAIR = 2**0.5
# Chosen to fit into the second-level cache of one core.
_BLOCK_BYTES = 1 << 18
# Reading rows in order is about this many times as fast as reading chosen ones; set by hand.
_GATHER_COST = 3


@dataclass(frozen=True)
class Space:
    """The library's vectors with the statistics that standardize them.

    Attributes
    ----------
    vectors : float32 array, shape (n, d)
        As stored.
    mean : float32 array, shape (d,)
    scale : float32 array, shape (d,)
        Reciprocal of the standard deviation; 0 for a constant dimension.
    """

    vectors: Vectors
    mean: Vectors
    scale: Vectors

    @property
    def informative(self) -> int:
        """Number of dimensions that vary."""
        return int(np.count_nonzero(self.scale))

    def at(self, rows: Rows | int) -> Vectors:
        """Return standardized vectors of rows, shape (..., d)."""
        standardized: Vectors = (self.vectors[rows] - self.mean) * self.scale
        return standardized

    def distances_from(self, row: int, rows: Rows | None = None) -> Vectors:
        """Return distances from one track to ``rows`` (every row by default); NaN where not analyzed."""
        return self._distances(self.vectors[row], rows)

    def distances_to(self, point: npt.NDArray[np.floating], rows: Rows | None = None) -> Vectors:
        """Return distances from a standardized point, shape (d,), to ``rows`` (every row by default)."""
        return self._distances(self._as_stored(point), rows)

    def projections(self, direction: npt.NDArray[np.floating], origin: npt.NDArray[np.floating]) -> Vectors:
        """Return the dot product of every standardized ``track - origin`` with ``direction``, shape (n,)."""
        center, weights = self._as_stored(origin), np.asarray(direction * self.scale, dtype=np.float32)
        result = np.empty(len(self.vectors), dtype=np.float32)
        for block in _blocks(*self.vectors.shape):
            np.einsum("ij,j->i", self.vectors[block] - center, weights, out=result[block])
        return result

    def _as_stored(self, point: npt.NDArray[np.floating]) -> Vectors:
        """Return a standardized point in the units of ``vectors``."""
        width = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        return np.asarray(self.mean + point * width, dtype=np.float32)

    def _distances(self, center: Vectors, rows: Rows | None) -> Vectors:
        if rows is not None and len(rows) * _GATHER_COST > len(self.vectors):
            return self._distances(center, None)[rows]
        result = np.empty(len(self.vectors if rows is None else rows), dtype=np.float32)
        for block in _blocks(len(result), self.vectors.shape[1]):
            difference = self.vectors[block if rows is None else rows[block]] - center
            difference *= self.scale
            np.einsum("ij,ij->i", difference, difference, out=result[block])
        result /= max(1, self.informative)
        return np.sqrt(result, out=result)


def space_of(table: LibraryTable) -> Space:
    """Return the space of a table; its statistics are computed once."""
    return table.derived("space", lambda: _measure(table))


def _measure(table: LibraryTable) -> Space:
    vectors = np.ascontiguousarray(table.vectors, dtype=np.float32)
    keep, dimensions = table.analyzed, vectors.shape[1]
    count = int(keep.sum())
    total, squares = np.zeros(dimensions), np.zeros(dimensions)
    some = vectors[np.flatnonzero(keep)[:1000]]
    pivot = some.mean(axis=0, dtype=np.float64).astype(np.float32) if count else total.astype(np.float32)
    for block in _blocks(*vectors.shape):
        rows = vectors[block] if keep[block].all() else vectors[block][keep[block]]
        shifted = rows - pivot
        total += shifted.sum(axis=0)
        squares += np.einsum("ij,ij->j", shifted, shifted)
    shift = total / max(1, count)
    deviation = np.sqrt(np.maximum(squares / max(1, count) - shift**2, 0.0))
    mean = pivot + shift
    # float32 keeps seven digits: a spread below that of its mean is rounding, not music
    varies = deviation > 1e-6 * np.abs(mean) + 1e-30
    scale = np.divide(1.0, deviation, out=np.zeros(dimensions), where=varies)
    return Space(vectors, mean.astype(np.float32), scale.astype(np.float32))


def _blocks(count: int, dimensions: int) -> Iterator[slice]:
    """Cut rows into pieces that stay in a core's cache."""
    step = max(1, _BLOCK_BYTES // max(4, dimensions * 4))
    for start in range(0, count, step):
        yield slice(start, start + step)
