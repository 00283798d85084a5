"""Make chords from Roman numerals, in any of the 24 keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.audio.pitch_names import PITCH_NAMES

SCALES: dict[str, tuple[int, ...]] = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_CHORD = re.compile(r"([ivIV]+)(°?)(M7|7|)$")


@dataclass(frozen=True)
class Chord:
    """Pitch classes, the root first: 0 is C."""

    pitch_classes: tuple[int, ...]

    @property
    def root(self) -> int:
        return self.pitch_classes[0]

    def voiced(self, lowest: int) -> list[int]:
        """Return MIDI notes: each pitch class at its lowest position from ``lowest`` on, so that voices move little."""
        return sorted(lowest + (pitch_class - lowest) % 12 for pitch_class in self.pitch_classes)


def chord(numeral: str, key: str, scale: str) -> Chord:
    """Return the chord of a Roman numeral in a key.

    Parameters
    ----------
    numeral : str
        Upper case is major, lower case is minor and ``°`` is diminished; ``7`` adds a minor seventh and ``M7`` a major
        one: ``"I"``, ``"ii7"``, ``"V7"``, ``"vii°"``. Degrees are those of the scale, so VI in minor is the flat sixth.
    key : str
        A member of :data:`PITCH_NAMES`.
    scale : str
        ``"major"`` or ``"minor"``.

    Raises
    ------
    ValueError
        The numeral is unknown.
    """
    match = _CHORD.match(numeral)
    if match is None or match[1].lower() not in _NUMERALS:
        raise ValueError(f"{numeral!r} is not a chord; write for example I, ii7, V7 or vii°")
    root = PITCH_NAMES.index(key) + SCALES[scale][_NUMERALS.index(match[1].lower())]
    third = 4 if match[1].isupper() else 3
    tones = [0, third, 6 if match[2] else 7]
    if match[3]:
        tones.append(11 if match[3] == "M7" else 10)
    return Chord(tuple((root + tone) % 12 for tone in tones))


def scale_pitch_classes(key: str, scale: str) -> frozenset[int]:
    """Return the pitch classes of a key's scale (natural minor)."""
    return frozenset((PITCH_NAMES.index(key) + step) % 12 for step in SCALES[scale])
