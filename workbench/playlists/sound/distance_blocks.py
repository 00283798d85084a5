"""Compute Euclidean distances of all points to a sample, a block of points at a time, to limit memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.machine.one_thread import one_thread
from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.points import Vectors

# Set by hand: rows of distances that are in memory at a time.
_BLOCK = 2048


def distance_blocks(points: Vectors, sample: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Yield the places of some points, and their distances to a sample.

    Parameters
    ----------
    points : float32 array, shape (n, d)
    sample : float32 array, shape (k, d)

    Yields
    ------
    slice
    float32 array, shape (up to 2048, k)
    """
    lengths = np.einsum("ij,ij->i", sample, sample)
    with one_thread():
        for start in range(0, len(points), _BLOCK):
            block = points[start : start + _BLOCK]
            square = block @ sample.T
            square *= -2
            square += lengths
            square += np.einsum("ij,ij->i", block, block)[:, None]
            # a product in float32 leaves up to 1e-6 of a distance of 0
            np.sqrt(np.where(square < 1e-5, 0, square), out=square)
            yield slice(start, start + len(block)), square


def nearest_of(points: Vectors, sample: Vectors, count: int) -> Rows:
    """Return for each point the indices of the nearest points in a sample, nearest first, shape (n, count).

    scikit-learn has this function too, but its import takes 70 MB in each page of the apps.
    """
    nearest = np.empty((len(points), count), np.int64)
    for place, distances in distance_blocks(points, sample):
        near = np.argpartition(distances, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
        nearest[place] = np.take_along_axis(near, order, axis=1)
    return nearest
