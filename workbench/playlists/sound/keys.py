"""How well two keys mix, by their places on the Camelot wheel. Neighbors have all notes but one in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.analysis.tonality.camelot import UNKNOWN, camelot_code, camelot_name
from workbench.playlists.sound.arrays import Rows

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

RELATIONS = (
    "same key",
    "relative key",
    "a fifth apart",
    "relative key a fifth away",
    "two fifths apart",
    "a semitone apart",
    "distant keys",
    "unknown key",
)
"""Names of the relations of two keys, best first; an index into this tuple is a relation code."""

SAME, RELATIVE, FIFTH, DIAGONAL, TWO_FIFTHS, SEMITONE, CLASH, NOT_KNOWN = range(8)
RELATION_COST = np.array([0.0, 0.1, 0.15, 0.4, 0.5, 0.6, 1.0, 0.5])
"""How much each relation disturbs a transition, 0 to 1; set by hand."""


_CODES = {camelot_name(code): code for code in range(24)}


def camelot_codes(table: LibraryTable, rows: Rows | None = None) -> npt.NDArray[np.int64]:
    """Return Camelot codes of ``rows`` (every row by default), ``-1`` where the key is not known."""
    if rows is None:
        return table.derived("camelot", lambda: _codes_of(table, np.arange(len(table))))
    return _codes_of(table, rows)


def _codes_of(table: LibraryTable, rows: Rows) -> npt.NDArray[np.int64]:
    names = table.texts("camelot")[rows].tolist()
    found = np.fromiter((_CODES.get(name, UNKNOWN) for name in names), dtype=np.int64, count=len(names))
    if "key" not in table.columns:
        return found
    keys, scales = table.texts("key")[rows], table.texts("scale")[rows]
    for index in np.flatnonzero((found == UNKNOWN) & (keys.astype(bool) | np.array(names, bool))):
        name = f"{keys[index]} {scales[index] or ''}" if keys[index] else names[index]
        found[index] = camelot_code(name)
    return found


def _relation(a: int, b: int) -> int:
    steps = min((a // 2 - b // 2) % 12, (b // 2 - a // 2) % 12)
    if a % 2 == b % 2:
        return {0: SAME, 1: FIFTH, 2: TWO_FIFTHS, 5: SEMITONE}.get(steps, CLASH)
    return {0: RELATIVE, 1: DIAGONAL}.get(steps, CLASH)


_RELATIONS = np.full((25, 25), NOT_KNOWN, dtype=np.int8)
_RELATIONS[:24, :24] = [[_relation(a, b) for b in range(24)] for a in range(24)]


def relations(a: npt.NDArray[np.int64] | int, b: npt.NDArray[np.int64] | int) -> npt.NDArray[np.int8]:
    """Return relation codes (indices into ``RELATIONS``) of Camelot codes; arguments broadcast. Symmetric."""
    codes: npt.NDArray[np.int8] = _RELATIONS[a, b]  # index -1 is the last row: unknown
    return codes
