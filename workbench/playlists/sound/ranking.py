"""Rows in order of a score, without sorting more of them than are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.playlists.sound.arrays import Rows

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
