"""Add and subtract tracks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.errors import ParameterValueError
from workbench.playlists.parameters import Parameter
from workbench.playlists.ranking import nearest_first
from workbench.playlists.registry import method
from workbench.playlists.request import Pick, Request


@method("alchemy", "More like some tracks and less like others.")
def alchemy(
    request: Request,
    *,
    add: Annotated[list[int], Parameter("tracks", "tracks to be like")],
    subtract: Annotated[list[int] | None, Parameter("tracks", "tracks to be unlike")] = None,
    strength: Annotated[
        float,
        Parameter(
            "number",
            "how far to go away from the subtracted ones; 1 is as far again as the added ones are from them",
            low=0,
            high=5,
        ),
    ] = 0.5,
) -> Iterator[Pick]:
    """Yield candidates by distance from the mean of ``add`` moved away from the mean of ``subtract``.

    Only tracks nearer to the added than to the subtracted ones; the given tracks themselves are left out.
    """
    if not add:
        raise ParameterValueError("add is empty; allowed: one track at least.", name="add")
    space, rows = request.space, request.rows
    rows = rows[~np.isin(rows, [*add, *(subtract or [])])]
    wanted = space.at(np.asarray(add)).mean(axis=0, dtype=np.float64)
    toward = np.ones(len(rows))
    if subtract:
        unwanted = space.at(np.asarray(subtract)).mean(axis=0, dtype=np.float64)
        direction = wanted - unwanted
        length = float(direction @ direction)
        if length == 0:
            raise ParameterValueError(
                "add and subtract have the same mean, so there is no direction to go; give other tracks.",
                name="subtract",
            )
        # 0 at the mean of the subtracted tracks, 1 at that of the added ones
        toward = space.projections(direction / length, np.asarray(unwanted, dtype=np.float32))[rows].astype(
            float
        )
        rows, toward = rows[toward > 0.5], toward[toward > 0.5]
        wanted = wanted + strength * direction
    if not len(rows):
        request.note(
            "add",
            "No other candidate is nearer to the added than to the subtracted tracks: "
            "these are the added ones.",
            asked=request.size,
            got=0,
        )
        rows, toward = np.unique(np.asarray(add, dtype=np.int64)), np.ones(len(set(add)))
    distances = space.distances_to(wanted, rows)
    position = dict(zip(rows.tolist(), toward.tolist(), strict=True)) if subtract else {}
    for row, distance in nearest_first(rows, distances):
        facts = (
            {"target_distance": distance, "toward": round(position[row], 4)}
            if subtract
            else {"target_distance": distance}
        )
        near = space.distances_from(row, np.asarray(add))
        yield Pick(
            row,
            {"seed": int(request.table.ids[add[int(np.argmin(near))]]), "distance": float(near.min())}
            | facts,
        )
