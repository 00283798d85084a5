"""Distances of tracks in each part of their sound (timbre, tonality, rhythm, dynamics), and in all parts with weights.

In each part, two tracks drawn at random are about 1 apart, so with equal weights all parts count the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.sound_vector import SIZE
from workbench.errors import ParameterValueError
from workbench.playlists.making.copies import copy_groups
from workbench.playlists.sound.arrays import Floats
from workbench.playlists.sound.points import (
    LEAST_EMBEDDINGS,
    SHARES,
    Vectors,
    fill,
    fixed_sample,
    sound_parts,
)
from workbench.values import did_you_mean

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

NETWORK = "network"
PARTS = (*SHARES, NETWORK)
_JUDGED = 2000  # tracks at most, so that all pairs take a second; set by hand


@dataclass(frozen=True)
class Judged:
    """How often the nearest track is in the same group.

    Attributes
    ----------
    tracks : int
        The number of tracks that were judged: analyzed tracks in a group with others.
    hits : float
        Share of these whose nearest track is in their group.
    chance : float
        The same for a track drawn at random.
    """

    tracks: int
    hits: float
    chance: float


def parts_of(table: LibraryTable) -> dict[str, Vectors]:
    """Return the points of each part, shape (n, d), NaN where unknown; without embeddings there is no ``network``."""

    def compute() -> dict[str, Vectors]:
        columns = sound_parts()
        if table.vectors.shape[1] != SIZE:  # of another version of the analysis, or of no track
            columns = dict.fromkeys(columns, slice(0))
        found = {part: _points(table.vectors[:, chosen], table.analyzed) for part, chosen in columns.items()}
        if table.embeddings is not None and table.embedded.sum() >= LEAST_EMBEDDINGS:
            found[NETWORK] = _points(table.embeddings, table.embedded, cosine=True)
        return found

    return table.derived("parts", compute)


def distances_in_parts(table: LibraryTable, row: int) -> dict[str, Floats]:
    """Return the distances of a row to every row in each part, shape (n,)."""
    return {part: np.linalg.norm(points - points[row], axis=1) for part, points in parts_of(table).items()}


def weighted_distances(table: LibraryTable, row: int, weights: Mapping[str, float]) -> Floats:
    """Return the distances of a row to every row, shape (n,); a part that one of two rows lacks is left out.

    Parameters
    ----------
    weights : mapping of str to float
        Weights of parts; other parts have weight 1.

    Raises
    ------
    ParameterValueError
        There is no such part, or a weight is negative.
    """
    found = distances_in_parts(table, row)
    asked = _checked(weights)
    shares = np.array([[asked[part]] for part in found])
    squares = np.array([found[part] ** 2 for part in found])
    known = np.isfinite(squares)
    total = (known * shares).sum(axis=0)
    summed = (np.where(known, squares, 0.0) * shares).sum(axis=0)
    mean: Floats = np.divide(summed, total, out=np.full(len(table), np.nan), where=total > 0)
    return np.asarray(np.sqrt(mean))


def judge(table: LibraryTable, weights: Mapping[str, float], *, by: str = "album") -> Judged:
    """Count the tracks whose nearest track has the same album, artist or genre; copies are left out.

    Parameters
    ----------
    weights : mapping of str to float
        As for :func:`weighted_distances`.
    by : str
        A text column.
    """
    codes = table.codes(by)
    known = np.flatnonzero(table.analyzed & (codes >= 0))
    known = known[np.unique(copy_groups(table)[known], return_index=True)[1]]
    sizes = np.bincount(codes[known], minlength=codes.max(initial=0) + 1)
    asked = np.zeros(len(table), bool)
    asked[known[sizes[codes[known]] > 1]] = True
    rows = fixed_sample(asked, _JUDGED)
    if len(rows) < 2:
        return Judged(len(rows), float("nan"), float("nan"))
    own, few = codes[rows], table.take(rows)
    nearest = np.array([_nearest(few, row, weights) for row in range(len(few))])
    same = (own[:, None] == own).sum(axis=1) - 1
    return Judged(len(rows), float(np.mean(own[nearest] == own)), float(np.mean(same / (len(rows) - 1))))


def _nearest(table: LibraryTable, row: int, weights: Mapping[str, float]) -> int:
    distances = weighted_distances(table, row, weights)
    distances[row] = np.inf
    return int(np.argmin(np.nan_to_num(distances, nan=np.inf)))


def _checked(weights: Mapping[str, float]) -> dict[str, float]:
    for name, weight in weights.items():
        if name not in PARTS:
            raise ParameterValueError(
                f"There is no part {name!r} of the sound.{did_you_mean(name, PARTS)} Parts: {', '.join(PARTS)}.",
                name=name,
            )
        if not weight >= 0:
            raise ParameterValueError(f"{name}={weight!r} is not allowed; allowed: 0 or more.", name=name)
    return dict.fromkeys(PARTS, 1.0) | dict(weights)


def _points(values: Vectors, known: np.ndarray, *, cosine: bool = False) -> Vectors:
    points = np.empty(values.shape, np.float32)
    fill(points, values, known, 1.0, cosine=cosine)
    points[~known] = np.nan
    return points
