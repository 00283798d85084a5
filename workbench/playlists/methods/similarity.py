"""Tracks that sound like one track."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.ranking import nearest_first


@method("similarity", "The start track and those that sound most like it, nearest first.")
def similarity(
    request: Request, *, start: Annotated[int, Tracks("track to start from", label="Start track")]
) -> Iterator[Pick]:
    """Yield the start track, then candidates by distance from it."""
    seed = int(request.table.ids[start])
    if request.candidates[start]:
        yield Pick(start, {"seed": seed, "distance": 0.0}, pinned=True)
    rows = request.rows[request.rows != start]
    distances = request.space.distances_from(start)[rows]
    for row, distance in nearest_first(rows, distances):
        yield Pick(row, {"seed": seed, "distance": distance})
