"""Yield rows in order of a score, and sort only as many as the caller takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.arrays import Floats, Rows
from workbench.readable import counted

# Set by hand: several playlists of usual size, so that the rest is rarely sorted.
_FIRST = 512


def nearest_first(rows: Rows, scores: npt.NDArray[Any]) -> Iterator[tuple[int, float]]:
    """Yield ``(row, score)`` by ascending score, equal scores by row; rows without a score are left out.

    Parameters
    ----------
    rows : int64 array, shape (k,), ascending
    scores : float array, shape (k,)
    """
    finite = np.isfinite(scores)
    if not finite.all():
        rows, scores = rows[finite], scores[finite]
    for part in _parts(scores):
        for index in part.tolist():
            yield int(rows[index]), float(scores[index])


def inside_first(
    request: Request,
    rows: Rows,
    outside: Floats,
    *,
    constraint: str,
    group: str,
    facts: Callable[[int], dict[str, Any]],
) -> Iterator[Pick]:
    """Yield rows by how far they are outside the requested group, with a note if too few are inside.

    Parameters
    ----------
    rows : int64 array, shape (k,)
        Rows that are equally far outside keep this order.
    outside : float array, shape (k,)
        0 for rows inside.
    constraint, group : str
        The constraint in the note, and a description of the group.
    facts : callable
        Returns more reasons of the row at an index.
    """
    inside = int(np.count_nonzero(outside == 0))
    if inside < request.size:
        request.note(
            constraint,
            f"Only {counted(inside, 'track')} in {group}; the others are the nearest.",
            asked=request.size,
            got=inside,
        )
    for index in np.argsort(outside, kind="stable").tolist():
        reason = {"group": group, "inside": bool(outside[index] == 0)} | facts(index)
        yield Pick(int(rows[index]), reason)


def _parts(scores: npt.NDArray[Any]) -> Iterator[Rows]:
    """Yield indices by score in a small first part, then the rest."""
    if len(scores) <= 4 * _FIRST:
        yield np.argsort(scores, kind="stable")
        return
    bound = np.partition(scores, _FIRST)[_FIRST]
    # everything up to the bound, ties included, so that the cut does not depend on how partition breaks ties
    first = np.flatnonzero(scores <= bound)
    yield first[np.argsort(scores[first], kind="stable")]
    rest = np.flatnonzero(scores > bound)
    yield rest[np.argsort(scores[rest], kind="stable")]
