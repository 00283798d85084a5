"""Add and subtract tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.errors import ParameterValueError
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.playlists.sound.points import Vectors, mean_point
from workbench.playlists.sound.ranking import nearest_first
from workbench.readable import counted
from workbench.values import Value


@method("alchemy", "More like some tracks and less like others.")
def alchemy(
    request: Request,
    *,
    add: Annotated[list[int], Tracks("tracks to be like", label="Like these")],
    subtract: Annotated[list[int] | None, Tracks("tracks to be unlike", label="Unlike these")] = None,
    strength: Annotated[
        float,
        Value(
            "how far to move away from the subtracted tracks; 1 doubles the distance from them to the added ones",
            low=0,
            high=5,
        ),
    ] = 0.5,
) -> Iterator[Pick]:
    """Yield candidates by distance from the mean of ``add`` moved away from the mean of ``subtract``.

    Only tracks that are nearer to the added than to the subtracted tracks; the given tracks are left out.
    """
    if not add:
        raise ParameterValueError("add is empty; give at least one track.", name="add")
    space, rows = request.space, request.rows
    rows = rows[~np.isin(rows, [*add, *(subtract or [])])]
    target = mean_point(space.at(np.asarray(add)))
    toward: Vectors | None = None
    if subtract:
        unwanted = mean_point(space.at(np.asarray(subtract)))
        toward = _toward(request, unwanted, target)
        rows = _nearer_to_added(request, rows, toward)
        target = target + strength * (target - unwanted)
    if not len(rows):
        request.note(
            "add",
            "No other track is nearer to the added than to the subtracted ones, so the playlist has the added tracks.",
            asked=request.size,
            got=0,
        )
        rows = np.unique(np.asarray(add, dtype=np.int64))
    # A target that was moved away is outside of the library, where there are no usual distances.
    distances = space.differences(target, rows) if subtract else space.distances_to(target, rows)
    for row, distance in nearest_first(rows, distances):
        near = space.distances_from(row, np.asarray(add))
        facts = {
            "seed": int(request.table.ids[add[int(np.argmin(near))]]),
            "distance": float(near.min()),
            "target_distance": distance,
        }
        yield Pick(row, facts | ({} if toward is None else {"toward": round(float(toward[row]), 4)}))


def _toward(request: Request, unwanted: Floats, wanted: Floats) -> Vectors:
    """Return the position of every row between ``unwanted`` (0) and ``wanted`` (1), shape (n,)."""
    if request.space.gap(unwanted, wanted) == 0:
        raise ParameterValueError(
            "add and subtract have the same mean, so there is no direction; give other tracks.",
            name="subtract",
        )
    return request.space.progress(unwanted, wanted)


def _nearer_to_added(request: Request, rows: Rows, toward: Vectors) -> Rows:
    """Return the rows that are nearer to ``wanted``."""
    past = rows[toward[rows] > 0.5]
    if (count := len(past)) < request.size:
        request.note(
            "subtract",
            f"Only {counted(count, 'track')} sound nearer to the added than to the subtracted tracks.",
            asked=request.size,
            got=count,
        )
    return past
