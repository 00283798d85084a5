"""Musical keys on the Camelot wheel: codes, and how well two keys mix.

The wheel lays the 24 keys out in fifths: ``8B`` is C major, ``9B`` G major, and ``8A`` A minor, the relative
of ``8B``. Neighbors share all but one note of their scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.audio.pitch_names import PITCH_NAMES
from workbench.playlists.sound.arrays import Rows

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

UNKNOWN = -1

_FLATS = {
    "DB": "C#",
    "EB": "D#",
    "GB": "F#",
    "AB": "G#",
    "BB": "A#",
    "CB": "B",
    "FB": "E",
    "E#": "F",
    "B#": "C",
}

RELATIONS = (
    "same key",
    "relative key",
    "a fifth apart",
    "diagonal",
    "two fifths apart",
    "a semitone apart",
    "clash",
    "unknown key",
)
"""Relations of two keys, best first; an index into this tuple is a relation code."""

SAME, RELATIVE, FIFTH, DIAGONAL, TWO_FIFTHS, SEMITONE, CLASH, NOT_KNOWN = range(8)
RELATION_COST = np.array([0.0, 0.1, 0.15, 0.4, 0.5, 0.6, 1.0, 0.5])
"""How much each relation disturbs a transition, 0 to 1."""


def camelot_name(code: int) -> str | None:
    """Return ``"8A"`` for a code: ``2 * (number - 1)``, plus 1 for major (``B``)."""
    return None if code == UNKNOWN else f"{code // 2 + 1}{'AB'[code % 2]}"


def camelot_code(text: str | None) -> int:
    """Return the code of ``8A``, ``08a``, ``A minor``, ``Am``, ``F#`` or ``Bb major``; else ``-1``."""
    if not text:
        return UNKNOWN
    word = str(text).strip()
    if word[:-1].isdigit() and word[-1] in "ABab" and 1 <= int(word[:-1]) <= 12:
        return 2 * (int(word[:-1]) - 1) + (word[-1] in "Bb")
    return _code_of_key(word)


def _code_of_key(word: str) -> int:
    word = word.replace("♯", "#").replace("♭", "b")
    pitch = word[:2] if word[1:2] in ("#", "b") else word[:1]
    mode = word[len(pitch) :].strip()
    mode = mode if mode in ("m", "M") else mode.lower()
    pitch = _FLATS.get(pitch.upper(), pitch.upper())
    if pitch not in PITCH_NAMES or mode not in ("", "m", "M", "maj", "min", "major", "minor"):
        return UNKNOWN
    major = mode in ("", "M", "maj", "major")
    semitone = PITCH_NAMES.index(pitch) + (0 if major else 3)
    return 2 * ((semitone * 7 + 7) % 12) + major


_CODES = {
    f"{number}{letter}": 2 * (number - 1) + (letter == "B") for number in range(1, 13) for letter in "AB"
}


def camelot_codes(table: LibraryTable, rows: Rows | None = None) -> npt.NDArray[np.int64]:
    """Return Camelot codes of ``rows`` (every row by default), ``-1`` where the key is not known."""
    if rows is None:
        return table.derived("camelot", lambda: _codes_of(table, np.arange(len(table))))
    return _codes_of(table, rows)


def _codes_of(table: LibraryTable, rows: Rows) -> npt.NDArray[np.int64]:
    names = table.texts("camelot")[rows].tolist()
    found = np.fromiter((_CODES.get(name, UNKNOWN) for name in names), dtype=np.int64, count=len(names))
    keys, scales = table.texts("key"), table.texts("scale")
    for index in np.flatnonzero(found == UNKNOWN) if "key" in table.columns else ():
        row = rows[index]
        found[index] = (
            camelot_code(f"{keys[row]} {scales[row] or ''}") if keys[row] else camelot_code(names[index])
        )
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


def key_name(code: int) -> str:
    """Return ``"A minor"`` for a Camelot code."""
    number, major = divmod(code, 2)
    tonic = ((number - 7) * 7 + (0 if major else -3)) % 12
    return f"{PITCH_NAMES[tonic]} {'major' if major else 'minor'}"
