"""The energy of a track, 0 to 1, relative to its library.

Energy is the mean of the library percentile ranks of three descriptors: integrated loudness (LUFS), onset
rate (onsets a second) and spectral flux. 0.5 is the middle of this library, 1.0 the loudest, busiest and
most changing track. A descriptor that a track lacks is left out of its mean; a track that lacks all three
has no energy (NaN). Ranks make the score independent of units and of how a library was mastered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.sound.arrays import Floats, Rows

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

ENERGY_COLUMNS = ("loudness_lufs", "onset_rate_hz", "spectral_flux")


def percentiles(table: LibraryTable, name: str, rows: Rows | None = None) -> Floats:
    """Return percentile ranks, 0 to 1, of a column's values within the whole library; NaN stays NaN.

    The rank of a value is the share of values below it plus half the share equal to it, so that a library of
    identical values is all at 0.5.
    """
    ordered = table.derived(("sorted", name), lambda: _sorted(table.numbers(name)))
    values = table.numbers(name) if rows is None else table.numbers(name)[rows]
    return ranks_within(ordered, values)


def ranks_within(ordered: Floats, values: Floats) -> Floats:
    """Return the percentile rank, 0 to 1, of each value within ascending values; NaN stays NaN."""
    ascending = np.argsort(values)  # looking up values in their order is five times as fast
    asked = values[ascending]
    below, up_to = np.searchsorted(ordered, asked, "left"), np.searchsorted(ordered, asked, "right")
    ranks = np.empty(len(values))
    ranks[ascending] = (below + up_to) / (2.0 * max(1, len(ordered)))
    ranks[~np.isfinite(values)] = np.nan
    return ranks


def _sorted(column: Floats) -> Floats:
    return np.sort(column[np.isfinite(column)])


def energy(table: LibraryTable, rows: Rows | None = None) -> Floats:
    """Return the energy of ``rows`` (every row by default), 0 to 1; NaN where nothing is known."""
    if rows is None:
        return table.derived("energy", lambda: _energy(table, None))
    return _energy(table, rows)


def _energy(table: LibraryTable, rows: Rows | None) -> Floats:
    ranks = np.stack([percentiles(table, name, rows) for name in ENERGY_COLUMNS])
    known = np.isfinite(ranks)
    count = known.sum(axis=0)
    total = np.where(known, ranks, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
