"""Distances between tracks, in one space for all methods.

The distance of two tracks is how unusual their difference is for both of them (see ``hubs``): 0 for equal tracks, 0.75
on average for two tracks drawn at random, near 1 for opposites. Sound vectors and embeddings are compared (see
``points``). Paths, centers and transitions need lengths that add up, so they use plain differences of points. Values
that are compared are not computed by BLAS, so distances have the same bits with any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.hubs import SAMPLE, Usual, mutual_proximity, usual_distances, usual_of
from workbench.playlists.sound.points import (
    SOUND_WEIGHT,
    Vectors,
    blocks,
    fixed_sample,
    make_points,
    squared,
)

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Point = npt.NDArray[np.floating]
# A track is near if it is closer than this percentage of all pairs. A random track is at 50 % on average.
NEAR_PERCENT = 50.0
_EXACT_BELOW = 0.05  # Squared; above it, the error of a float32 product is under 1e-5 of the distance.
_GATHER_COST = 3  # How many rows in their order are read in the time of one picked out.


@dataclass(frozen=True, eq=False)
class Space:
    """The library's tracks as points.

    Attributes
    ----------
    points : float32 array, shape (n, d)
        NaN where a track is not analyzed; NaN from column ``sound`` on where it has no embedding.
    sound : int
        Number of columns of the sound vector.
    """

    points: Vectors
    sound: int

    def at(self, rows: Rows | int) -> Vectors:
        """Return the points of rows, shape (..., d)."""
        return self.points[rows]

    def filled(self, rows: Rows | slice = slice(None)) -> Vectors:
        """Return the points of rows; an unknown embedding is replaced by the middle of the library."""
        points = self.points[rows]
        points = np.where(np.isnan(points) & np.isfinite(points[:, :1]), np.float32(0), points)
        return np.asarray(points, np.float32)

    def distances_from(self, row: int, rows: Rows | None = None) -> Vectors:
        """Return distances from one track to ``rows`` (every row by default); NaN where not analyzed."""
        own = {kind: (usual.mean[row], usual.spread[row]) for kind, usual in self._usual.items()}
        return self._distances(self.points[row], own, rows)

    def distances_to(self, point: Point, rows: Rows | None = None) -> Vectors:
        """Return distances from a point, shape (d,), to ``rows`` (every row by default)."""
        center = np.asarray(point, np.float32)
        own = {kind: usual_of(self.differences(center, self._sample(kind))) for kind in self._usual}
        return self._distances(center, own, rows)

    def differences(self, point: Point, rows: Rows | None = None) -> Vectors:
        """Return Euclidean distances from a point to ``rows``: about 1 for tracks drawn at random."""
        if rows is not None and len(rows) * _GATHER_COST > len(self.points):
            return self.differences(point, None)[rows]
        center = np.asarray(point, np.float32)
        result = np.empty(len(self.points if rows is None else rows), np.float32)
        for block in blocks(len(result), self.points.shape[1]):
            chosen = block if rows is None else rows[block]
            np.einsum("ij,j->i", self.points[chosen], center, out=result[block])
        result *= -2
        result += self._squares if rows is None else self._squares[rows]
        result += np.einsum("i,i->", center, center)
        # Subtracting large numbers loses the digits of near tracks; NaN is a track without an embedding.
        unsure = np.flatnonzero(~(result > _EXACT_BELOW))
        for block in blocks(len(unsure), self.points.shape[1]):
            chosen = unsure[block] if rows is None else rows[unsure[block]]
            result[unsure[block]] = squared(self.points[chosen] - center, self.sound)
        return np.sqrt(result, out=result)

    def gap(self, a: Point, b: Point) -> float:
        """Return the Euclidean distance of two points."""
        return float(np.sqrt(squared(np.asarray(b, np.float64) - a, self.sound)))

    def progress(self, a: Point, b: Point) -> Vectors:
        """Return the progress of every row along the straight line from ``a`` (0) to ``b`` (1), shape (n,)."""
        start, direction = np.asarray(a, np.float32), np.asarray(b, np.float64) - a
        part = slice(None) if np.isfinite(direction).all() else slice(self.sound)
        way = (direction[part] / (direction[part] @ direction[part])).astype(np.float32)
        result: Vectors = np.einsum("ij,j->i", self.points[:, part], way)
        result -= np.einsum("i,i->", start[part], way)
        if len(lacking := np.flatnonzero(np.isnan(result) & np.isfinite(self.points[:, 0]))):
            own = direction[: self.sound]
            length = max(float(own @ own), 1e-30)
            result[lacking] = (self.points[lacking, : self.sound] - start[: self.sound]) @ own / length
        return result

    def closer_than_percent(self, distances: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the percentage of pairs of tracks with a greater distance, from a fixed sample of pairs."""
        values = np.asarray(distances, np.float64)
        share = np.searchsorted(self._pairs, values, side="right") / max(1, len(self._pairs))
        return np.where(np.isfinite(values), np.round(100 * (1 - share), 1), np.nan)

    @cached_property
    def _squares(self) -> Vectors:
        return np.asarray(np.einsum("ij,ij->i", self.points, self.points))

    @cached_property
    def _embedded(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.points[:, -1]) if self.points.shape[1] else np.zeros(len(self.points), bool)

    @cached_property
    def _analyzed(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.points[:, 0]) if self.points.shape[1] else np.zeros(len(self.points), bool)

    def _sample(self, kind: str) -> Rows:
        return fixed_sample(self._embedded if kind == "both" else self._analyzed, SAMPLE)

    @cached_property
    def _usual(self) -> dict[str, Usual]:
        """Usual distances of whole points, and of the sound vector alone for tracks without an embedding."""
        found = {"both": usual_distances(self.points, self.points[self._sample("both")])}
        if (self._embedded != self._analyzed).any():
            scale = np.float32(SOUND_WEIGHT**-0.5)
            own = self.points[:, : self.sound]
            found["sound"] = usual_distances(own * scale, own[self._sample("sound")] * scale)
        return found

    @cached_property
    def _pairs(self) -> npt.NDArray[np.float64]:
        """Distances of all pairs of a fixed sample, ascending."""
        rows = self._sample("sound")
        found = [self.distances_from(int(row), rows[place + 1 :]) for place, row in enumerate(rows)]
        return np.sort(np.concatenate(found)).astype(np.float64) if found else np.zeros(0)

    def _distances(self, center: Vectors, own: dict[str, tuple[float, float]], rows: Rows | None) -> Vectors:
        chosen: Rows | slice = slice(None) if rows is None else rows
        both = self._usual["both"]
        mean, spread = both.mean[chosen], both.spread[chosen]
        own_mean, own_spread = (np.float32(value) for value in own["both"])
        difference = self.differences(center, rows)
        if "sound" not in own:
            return mutual_proximity(difference, (mean, spread), (own_mean, own_spread))
        alone = self._usual["sound"]
        shared = self._embedded[chosen] & bool(np.isfinite(center).all())
        return mutual_proximity(
            difference,
            (np.where(shared, mean, alone.mean[chosen]), np.where(shared, spread, alone.spread[chosen])),
            (np.where(shared, own_mean, own["sound"][0]), np.where(shared, own_spread, own["sound"][1])),
        )


def space_of(table: LibraryTable) -> Space:
    """Return the space of a table; its points are computed once."""
    return table.derived("space", lambda: Space(*make_points(table)))


def arrays_of(table: LibraryTable) -> dict[str, npt.NDArray[Any]]:
    """Return the space of a table as arrays, from which :func:`keep_space` makes the same space again."""
    space = space_of(table)
    usual = space._usual.items()
    return {
        "points": space.points,
        "sound": np.array([space.sound]),
        "squares": space._squares,
        "pairs": space._pairs,
        "both known": space._embedded,
        **{f"mean {kind}": found.mean for kind, found in usual},
        **{f"spread {kind}": found.spread for kind, found in usual},
    }


def keep_space(table: LibraryTable, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Give a table the space that was made from an equal table before."""
    space = Space(arrays["points"], int(arrays["sound"][0]))
    kinds = [kind for kind in ("both", "sound") if f"mean {kind}" in arrays]
    usual = {kind: Usual(arrays[f"mean {kind}"], arrays[f"spread {kind}"]) for kind in kinds}
    vars(space).update(_squares=arrays["squares"], _pairs=arrays["pairs"], _usual=usual)
    vars(space).update(_analyzed=table.analyzed, _embedded=arrays["both known"])
    table.derived("space", lambda: space)
