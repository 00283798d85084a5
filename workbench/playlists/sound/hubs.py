"""Mutual proximity, which keeps a track from being a neighbor of all others (a hub).

In many dimensions, some tracks are near to nearly all tracks and others to none. Mutual proximity measures how unusual
a distance is for both tracks: it is the probability that a random track is nearer to one or the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from workbench.playlists.sound.distance_blocks import distance_blocks
from workbench.playlists.sound.points import Vectors

# With this many distances, the mean of a track is accurate to 9 % of their deviation. 30 were enough for Schnitzer et
# al.
SAMPLE = 128
# Keeps the probability defined in a tiny or uniform library; the deviation of random pairs' distances is about 0.2.
_LEAST_SPREAD = 0.02
# Rounding to these digits keeps equal tracks equal: the order in which a matrix product adds may differ.
_DIGITS = 4
# Where the distribution reaches 0 and 1 in float32, and the steps for an error of 3e-5 of the value.
_LOWEST, _HIGHEST, _PER_DEVIATION = -14, 8, 512


@dataclass(frozen=True)
class Usual:
    """Mean and deviation of each track's distances to a sample, each of shape (n,)."""

    mean: Vectors
    spread: Vectors


def usual_distances(points: Vectors, sample: Vectors) -> Usual:
    """Return mean and deviation of the Euclidean distances of every point to a sample of other points.

    Parameters
    ----------
    points : float32 array, shape (n, d)
    sample : float32 array, shape (k, d)
    """
    mean, spread = np.full(len(points), np.nan, np.float32), np.full(len(points), np.nan, np.float32)
    for place, distances in distance_blocks(points, sample):
        mean[place], spread[place] = _moments(distances)
    return Usual(mean, spread)


def usual_of(distances: Vectors) -> tuple[float, float]:
    """Return mean and deviation of one point's distances to a sample."""
    mean, spread = _moments(distances[None, :])
    return float(mean[0]), float(spread[0])


def mutual_proximity(
    distances: Vectors, usual: tuple[npt.ArrayLike, npt.ArrayLike], own: tuple[npt.ArrayLike, npt.ArrayLike]
) -> Vectors:
    """Return the probability, 0 (equal tracks) to 1, that a random track is nearer to one or the other.

    Parameters
    ----------
    distances : float32 array, shape (k,)
    usual : two arrays, shape (k,)
        Mean and deviation of the distances of the tracks that are compared.
    own : two numbers, or arrays of shape (k,)
        Mean and deviation of the distances of the track that they are compared with.

    References
    ----------
    Schnitzer, Flexer, Schedl, Widmer (2012), Local and global scaling reduce hubs in space; normal approximation,
    independent.
    """
    nearer = [
        _normal_cdf((distances - np.asarray(mean, np.float32)) / np.asarray(spread, np.float32))
        for mean, spread in (usual, own)
    ]
    # not 1 - (1 - a)(1 - b), which would lose the digits of near tracks
    chance = nearer[0] + nearer[1] - nearer[0] * nearer[1]
    chance[distances == 0] = 0
    return np.asarray(chance, np.float32)


def _normal_cdf(deviations: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the normal distribution function, interpolated in a table, with a relative error of 3e-5.

    ``scipy.special`` has this function, but its import would be a quarter of the CPU time of `workbench playlist`.
    """
    table, steps = _normal_table()
    place = np.clip((np.asarray(deviations, np.float32) - _LOWEST) * _PER_DEVIATION, 0, len(steps) - 1)
    below = np.nan_to_num(place).astype(np.intp)
    return table[below] + (place - below) * steps[below]


@cache
def _normal_table() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the distribution at even steps, and the differences of neighbors."""
    deviations = np.arange(_LOWEST, _HIGHEST, 1 / _PER_DEVIATION)
    table = np.array([math.erfc(-x / math.sqrt(2)) / 2 for x in deviations])
    return table, np.diff(table)


def _moments(distances: Vectors) -> tuple[Vectors, Vectors]:
    """Return mean and deviation over the last axis, zeros (the track itself, and copies) left out."""
    others = np.maximum(1, np.count_nonzero(distances, axis=-1))
    mean = distances.sum(axis=-1) / others
    square = np.einsum("ij,ij->i", distances, distances) / others
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    return np.round(mean, _DIGITS), np.maximum(np.round(spread, _DIGITS), _LEAST_SPREAD)
