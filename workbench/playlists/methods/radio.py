"""Endless music that changes slowly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.points import Vectors
from workbench.values import Value

# Set by hand: the next track is drawn from this many, so that a radio does not sound the same every time.
_NEAR = 20


@method(
    "radio",
    "Endless: each track sounds like the one before and the first; no track repeats until all have played.",
    sequence=True,
)
def radio(
    request: Request,
    *,
    start: Annotated[
        int | None, Tracks("first track; drawn at random by default", label="Start track")
    ] = None,
    drift: Annotated[
        float, Value("0 stays near the first track, 1 follows the last one only", low=0, high=1)
    ] = 0.5,
) -> Iterator[Pick]:
    """Yield tracks endlessly; when all have been played, every track may be repeated."""
    first = int(request.rng.choice(request.rows)) if start is None else start
    yield Pick(first, {"seed": int(request.table.ids[first]), "distance": 0.0, "round": 1}, pinned=True)
    home = request.space.distances_from(first)
    turn, taken_before = 1, -1
    while True:
        rows = request.open_rows()
        if not len(rows):
            if len(request.chosen) == taken_before:
                return
            turn, taken_before = turn + 1, len(request.chosen)
            request.reopen()
            continue
        last = request.chosen[-1] if request.chosen else first
        distances = request.space.distances_from(last, rows)
        scores = drift * distances + (1 - drift) * home[rows]
        near = np.lexsort((rows, scores))[:_NEAR] if len(rows) <= 4 * _NEAR else _lowest(scores, rows)
        chosen = int(near[request.rng.integers(len(near))])
        yield Pick(
            int(rows[chosen]),
            {
                "seed": int(request.table.ids[last]),
                "distance": float(distances[chosen]),
                "distance_from_start": float(home[rows[chosen]]),
                "round": turn,
            },
        )


def _lowest(scores: Vectors, rows: Rows) -> Rows:
    bound = np.partition(scores, _NEAR)[_NEAR]
    low = np.flatnonzero(scores <= bound)
    return low[np.lexsort((rows[low], scores[low]))][:_NEAR]
