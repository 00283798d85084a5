"""Find the tastes in a set of tracks: a few centers, because the mean of two tastes fits neither."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.making.interleaving import interleave
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.points import Vectors, mean_point, squared
from workbench.playlists.sound.ranking import nearest_first

if TYPE_CHECKING:
    import numpy.typing as npt

# Set by hand: a limit in case the centers do not settle.
_STEPS = 20


@dataclass(frozen=True)
class Tastes:
    """Centers, points of shape (k, d), and the share of the weight that belongs to each."""

    centers: Vectors
    shares: Floats


def find_tastes(points: Vectors, weights: Floats, count: int, sound: int) -> Tastes:
    """Find up to ``count`` centers by weighted k-means, which starts from tracks that are far apart.

    Parameters
    ----------
    points : float32 array, shape (m, d)
    weights : float array, shape (m,), positive
    count : int
    sound : int
        Number of columns of the sound vector.

    Returns
    -------
    Tastes
        Largest share first.
    """
    centers = _spread_starts(points, weights, count, sound)
    for _ in range(_STEPS):
        labels = _nearest_center(points, centers, sound)
        kept = np.unique(labels)
        moved = np.stack(
            [mean_point(points[labels == label], weights[labels == label]) for label in kept]
        ).astype(np.float32)
        if moved.shape == centers.shape and np.array_equal(moved, centers, equal_nan=True):
            break
        centers = moved
    labels = _nearest_center(points, centers, sound)
    shares = np.bincount(labels, weights=weights, minlength=len(centers)) / weights.sum()
    order = np.argsort(-shares, kind="stable")
    return Tastes(centers[order], shares[order])


def _spread_starts(points: Vectors, weights: Floats, count: int, sound: int) -> Vectors:
    starts = [int(np.argmax(weights))]
    nearest = squared(points - points[starts[0]], sound)
    while len(starts) < min(count, len(points)) and nearest.max() > 0:
        starts.append(int(np.argmax(nearest * weights)))
        nearest = np.minimum(nearest, squared(points - points[starts[-1]], sound))
    return points[starts]


def _nearest_center(points: Vectors, centers: Vectors, sound: int) -> npt.NDArray[np.int64]:
    distances = np.stack([squared(points - center, sound) for center in centers])
    return np.asarray(np.argmin(distances, axis=0), dtype=np.int64)


def picks_by_taste(
    request: Request, rows: Rows, members: Sequence[int], weights: Sequence[float], count: int
) -> Iterator[Pick]:
    """Yield rows near the tastes of ``members``, each taste in proportion to its share, with the nearest member."""
    space = request.space
    tastes = find_tastes(space.at(np.asarray(members)), np.asarray(weights, dtype=float), count, space.sound)

    def near(index: int) -> Iterator[Pick]:
        for row, distance in nearest_first(rows, space.distances_to(tastes.centers[index], rows)):
            to_members = space.distances_from(row, np.asarray(members))
            nearest = int(np.argmin(to_members))
            yield Pick(
                row,
                {
                    "taste": index,
                    "taste_share": round(float(tastes.shares[index]), 4),
                    "taste_distance": distance,
                    "seed": int(request.table.ids[members[nearest]]),
                    "distance": float(to_members[nearest]),
                },
            )

    yield from interleave(
        request, [near(index) for index in range(len(tastes.shares))], tastes.shares.tolist()
    )


def unknown_first(request: Request, members: Sequence[int], constraint: str) -> Rows:
    """Return the candidates that are not members; if there are none, return the members, with a note."""
    fresh = request.rows[~np.isin(request.rows, members)]
    if len(fresh):
        return fresh
    request.note(
        constraint,
        "No new track is left, so the playlist has the known tracks again.",
        asked=request.size,
        got=0,
    )
    return request.rows
