"""Tracks as points, made of the parts of the sound vector (timbre, tonality, rhythm, dynamics) and the embedding.

Each value is centered on the library's median and divided by its robust deviation, so that no unit outweighs another
and a few silent files do not compress the others; values beyond two deviations are clipped. Numbers of a part of the
sound vector that vary together are partly redundant, so they count less (see :func:`_evened`). The embedding is given
unit length, because embeddings are compared by the cosine. Each part is divided by the usual difference of two tracks,
and weighted, so that the distance of two tracks drawn at random is about 1.

A track without an embedding has NaN there: see :func:`squared`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.analysis.sound_vector import COMPOSITION, SIZE
from workbench.machine.one_thread import one_thread
from workbench.playlists.sound.arrays import Floats, Rows

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Vectors = npt.NDArray[np.float32]

POINTS_VERSION = 2
"""Version of the computation of points; stored points of another version are computed again."""
RANDOM_PAIR = 1.0
# Weight of the sound vector, the share of each part in it, and the clip: the best of the tried values
# (docs/measured.md).
SOUND_WEIGHT = 0.6
SHARES = {"timbre": 0.58, "tonal": 0.14, "rhythm": 0.14, "dynamics": 0.14}
CLIP = 2.0
# Set by hand: with fewer embeddings, the deviations of their values are mostly chance.
LEAST_EMBEDDINGS = 10
# The median of this many values is accurate to 2 % of a deviation.
STATISTICS_SAMPLE = 4096
# Added to each variance, as a share of the mean variance, so that values without variation do not grow; set by hand.
_SHRINKAGE = 0.05
_ROBUST = 1.4826  # makes the median absolute deviation of a normal distribution its standard deviation
_BLOCK_BYTES = 1 << 18  # set by hand: fits into the second-level cache of usual processors


def fixed_sample(mask: npt.NDArray[np.bool_], size: int) -> Rows:
    """Return up to ``size`` rows of a mask, ascending; the same ones for the same mask."""
    rows = np.flatnonzero(mask)
    if len(rows) <= size:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, size, replace=False))


def make_points(table: LibraryTable) -> tuple[Vectors, int]:
    """Return the points of a table, shape (n, d), and how many of the columns are the sound vector's.

    Rows that are not analyzed are NaN. Fewer than ``LEAST_EMBEDDINGS`` embeddings are left out.
    """
    sound, known = table.vectors.shape[1], table.embedded & table.analyzed
    embeddings = table.embeddings if known.sum() >= LEAST_EMBEDDINGS else None
    weight, learned = (1.0, 0) if embeddings is None else (SOUND_WEIGHT, embeddings.shape[1])
    points = np.empty((len(table), sound + learned), np.float32)
    parts = sound_parts() if sound == SIZE else {"": slice(sound)}  # of another version of the analysis
    for part, columns in parts.items():
        share = weight * SHARES.get(part, 1.0)
        fill(points[:, columns], table.vectors[:, columns], table.analyzed, share, cosine=False)
    if embeddings is not None:
        fill(points[:, sound:], embeddings, known, 1 - SOUND_WEIGHT, cosine=True)
        points[~known, sound:] = np.nan
    return points, sound


@cache
def sound_parts() -> dict[str, slice]:
    """Return the columns of each part of the sound vector."""
    ends = accumulate(length for _, length, _ in COMPOSITION)
    found: dict[str, slice] = {}
    for (part, length, _), end in zip(COMPOSITION, ends, strict=True):
        start = found[part].start if part in found else end - length
        found[part] = slice(start, end)
    return found


def squared(difference: npt.NDArray[np.floating], sound: int) -> npt.NDArray[np.floating]:
    """Return the squared lengths of differences, shape (..., d); without an embedding, of the sound vector alone."""
    own = np.einsum("...j,...j->...", difference[..., :sound], difference[..., :sound])
    if difference.shape[-1] == sound:
        return np.asarray(own)
    learned = np.einsum("...j,...j->...", difference[..., sound:], difference[..., sound:])
    return np.asarray(np.where(np.isnan(learned), own / SOUND_WEIGHT, own + learned))


def mean_point(points: Vectors, weights: npt.ArrayLike | None = None) -> Floats:
    """Return the weighted mean of points; its embedding is the mean of those that have an embedding."""
    given = np.ones(len(points)) if weights is None else np.asarray(weights, np.float64)
    known = np.isfinite(points)
    total = (known * given[:, None]).sum(axis=0)
    summed = (np.where(known, points, 0.0) * given[:, None]).sum(axis=0)
    mean: Floats = np.divide(summed, total, out=np.full(points.shape[1], np.nan), where=total > 0)
    return mean


def blocks(count: int, dimensions: int) -> Iterator[slice]:
    """Return slices of rows that fit into the cache of a core."""
    step = max(1, _BLOCK_BYTES // max(4, dimensions * 4))
    for start in range(0, count, step):
        yield slice(start, start + step)


def fill(out: Vectors, values: Vectors, known: npt.NDArray[np.bool_], weight: float, *, cosine: bool) -> None:
    """Write standardized and weighted values to ``out``."""
    some = values[fixed_sample(known, STATISTICS_SAMPLE)]
    center, scale = _robust(some)
    evened = None if cosine else _evened(_clipped(some, center, scale))
    drawn = _standardized(some, center, scale, evened)
    pairs = drawn - np.roll(
        drawn, len(drawn) // 2, axis=0
    )  # not neighbors in the table, which are often of one album
    usual = float(np.median(np.sqrt(np.einsum("ij,ij->i", pairs, pairs)))) if len(pairs) else 0.0
    factor = np.float32(np.sqrt(weight) / (usual or 1.0))
    for block in blocks(*values.shape):
        np.multiply(_standardized(values[block], center, scale, evened), factor, out=out[block])


def _evened(values: Vectors) -> Vectors:
    """Return the matrix that divides each principal direction by the root of its deviation.

    This is halfway to whitening, in which the noise of small directions would count as much as the others.
    """
    if not values.size:
        return np.eye(values.shape[1], dtype=np.float32)
    with one_thread():
        found, directions = np.linalg.eigh(np.einsum("ij,ik->jk", values, values) / len(values))
        variance = (1 - _SHRINKAGE) * np.maximum(found, 0) + _SHRINKAGE * found.mean()
        factors = np.where(variance > 0, variance, 1.0) ** -0.25
        return np.asarray((directions * factors) @ directions.T, np.float32)


def _robust(values: Vectors) -> tuple[Vectors, Vectors]:
    """Return medians and reciprocals of the robust deviations; 0 for a value that is the same in all rows."""
    if not len(values):
        return np.zeros(values.shape[1], np.float32), np.zeros(values.shape[1], np.float32)
    center = np.median(values, axis=0)
    deviation = _ROBUST * np.median(np.abs(values - center), axis=0)
    # A value that half of the tracks share has no median deviation.
    deviation = np.where(deviation > 0, deviation, values.std(axis=0, dtype=np.float64))
    # float32 has seven digits, so a smaller spread relative to the center is rounding.
    varies = deviation > 1e-6 * np.abs(center) + 1e-30
    scale = np.divide(1.0, deviation, out=np.zeros(len(center)), where=varies)
    return center.astype(np.float32), scale.astype(np.float32)


def _clipped(values: Vectors, center: Vectors, scale: Vectors) -> Vectors:
    standard = (values - center) * scale
    return np.clip(standard, -CLIP, CLIP, out=standard)


def _standardized(values: Vectors, center: Vectors, scale: Vectors, evened: Vectors | None) -> Vectors:
    """Return clipped values, evened out by a matrix, or of unit length without one."""
    standard = _clipped(values, center, scale)
    if evened is not None:
        # not BLAS, so that equal tracks are equal in every block
        return np.asarray(np.einsum("ij,jk->ik", standard, evened))
    length = np.sqrt(np.einsum("ij,ij->i", standard, standard))
    standard /= np.where(length > 0, length, 1)[:, None]
    return standard
