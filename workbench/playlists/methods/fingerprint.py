"""Tracks that match the tastes in a listening history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.errors import ParameterValueError, UnknownTrackError
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.tastes import picks_by_taste, unknown_first
from workbench.values import Value


@method(
    "fingerprint",
    "Tracks near to what was heard most or rated best: from play counts, ratings or a history file.",
)
def fingerprint(
    request: Request,
    *,
    history: Annotated[
        list[tuple[int, float]],
        Tracks(
            "what you listened to: plays (everything you imported with workbench history), tracks with play counts or "
            "ratings, an M3U, or a CSV file of your listening history",
        ),
    ],
    tastes: Annotated[int, Value("how many different tastes to look for", low=1, high=20)] = 3,
    include_known: Annotated[
        bool, Value("also tracks that are in the history", label="Also known tracks")
    ] = False,
) -> Iterator[Pick]:
    """Yield candidates near the tastes in the history, each taste in proportion to its share."""
    known = [(row, weight) for row, weight in history if request.table.analyzed[row]]
    if not history:
        raise ParameterValueError(
            "history has no track with a weight over 0; give at least one.", name="history"
        )
    if not known:
        raise UnknownTrackError(
            "history has no analyzed track. Analyze its tracks first.",
            name="history",
        )
    members, weights = [row for row, _ in known], [weight for _, weight in known]
    rows = request.rows if include_known else unknown_first(request, members, "include_known")
    yield from picks_by_taste(request, rows, members, weights, tastes)
