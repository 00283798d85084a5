"""Make preferred tracks more common among the candidates than in the library, so that methods choose more of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.playlists.query.query_match import compile_query
from workbench.playlists.sound.arrays import Mask

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

# Chosen: with few preferred tracks, constraints such as artist_gap still find enough others.
_OTHERS_PER_TRACK_WANTED = 2


def with_preference(
    table: LibraryTable,
    candidates: Mask,
    preferred: str,
    *,
    size: int,
    random_state: int,
    keep: Sequence[int] = (),
) -> tuple[Mask, list[dict[str, Any]]]:
    """Return fewer candidates, among which those that match a filter are more common, and a note if none matches.

    All candidates that match are kept, and a random sample of the others: as many as match, but at least two for each
    track wanted. So half of the candidates match, or fewer if only a few tracks do.

    Parameters
    ----------
    table : LibraryTable
    candidates : bool array, shape (n,)
    preferred : str
        A filter, such as ``rating >= 4``.
    size : int
        Tracks wanted.
    random_state : int
    keep : sequence of int
        Rows that are always kept.
    """
    matching = candidates & compile_query(preferred, table).matches()
    if not matching.any():
        message = f"No track that could be chosen matches prefer={preferred!r}, so none is preferred."
        return candidates, [{"constraint": "prefer", "asked": preferred, "got": 0, "message": message}]
    others = np.flatnonzero(candidates & ~matching)
    most = max(int(np.count_nonzero(matching)), _OTHERS_PER_TRACK_WANTED * size)
    rng = np.random.default_rng([random_state, 1])  # other random numbers than those of the method
    left = matching.copy()
    left[rng.permutation(others)[:most]] = True
    left[[row for row in keep if candidates[row]]] = True
    return left, []
