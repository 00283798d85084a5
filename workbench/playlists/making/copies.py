"""Copies: files with the same content, and other files of the same recording. A playlist has at most one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.sound.arrays import Mask, Rows

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

GROUP, RANK = "same_recording", "copy_rank"
"""Columns: a number for each recording with several files, and the rank of each file among them, 0 for the best."""


def copy_groups(table: LibraryTable) -> Rows:
    """Return a number for every row, shape (n,): equal for copies."""

    def compute() -> Rows:
        contents = table.distinct("content_hash")
        groups = np.where(contents < 0, -1 - np.arange(len(table)), contents)
        recordings = table.numbers(GROUP)
        found = np.isfinite(recordings)
        groups[found] = len(table) + recordings[found].astype(np.int64)
        return groups

    return table.derived("copies", compute)


def without_worse_copies(table: LibraryTable, mask: Mask, keep: Sequence[int] = ()) -> Mask:
    """Return a mask without the rows that have a better copy in it; rows to keep count as the best copies."""
    ranks = table.numbers(RANK).copy()
    ranks[list(keep)] -= len(table)
    rows = np.flatnonzero(mask & np.isfinite(ranks))
    groups = copy_groups(table)[rows]
    order = np.lexsort((ranks[rows], groups))
    worse = order[1:][groups[order][1:] == groups[order][:-1]]
    kept = mask.copy()
    kept[rows[worse]] = False
    return kept
