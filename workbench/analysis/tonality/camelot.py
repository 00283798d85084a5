"""Keys on the Camelot wheel, as disc jockeys write them.

The wheel orders the 24 keys by fifths: ``8B`` is C major, ``9B`` G major, and ``8A`` A minor, the relative of ``8B``.
A *code* is the place of a key on it as a number: twice the hour from zero, plus one for major (``B``).
"""

from __future__ import annotations

from workbench.audio.pitch_names import PITCH_NAMES
from workbench.readable import signed_key

UNKNOWN = -1

_SHARPS = {
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


def camelot(key: str, scale: str) -> str:
    """Return the name on the Camelot wheel.

    >>> camelot("C", "major"), camelot("A", "minor")
    ('8B', '8A')
    """
    return f"{_hour(key, scale, at_c=8)}{'B' if scale == 'major' else 'A'}"


def open_key(key: str, scale: str) -> str:
    """Return the Open Key name.

    >>> open_key("C", "major"), open_key("A", "minor")
    ('1d', '1m')
    """
    return f"{_hour(key, scale, at_c=1)}{'d' if scale == 'major' else 'm'}"


def camelot_name(code: int) -> str | None:
    """Return ``"8A"`` for a code."""
    return None if code == UNKNOWN else f"{code // 2 + 1}{'AB'[code % 2]}"


def key_name(code: int) -> str:
    """Return ``"A minor"`` for a code."""
    hour, major = divmod(code, 2)
    tonic = ((hour + 1 - 8) * 7 - (0 if major else 3)) % 12  # seven fifths up are one semitone
    scale = "major" if major else "minor"
    return f"{signed_key(PITCH_NAMES[tonic], scale)} {scale}"


def camelot_code(text: str | None) -> int:
    """Return the code of ``8A``, ``08a``, ``A minor``, ``Am``, ``F#`` or ``Bb major``; else ``-1``."""
    word = str(text or "").strip()
    if word[:-1].isdigit() and word[-1] in "ABab" and 1 <= int(word[:-1]) <= 12:
        return 2 * (int(word[:-1]) - 1) + (word[-1] in "Bb")
    word = word.replace("♯", "#").replace("♭", "b")
    pitch = word[:2] if word[1:2] in ("#", "b") else word[:1]
    mode = word[len(pitch) :].strip()
    mode = mode if mode in ("m", "M") else mode.lower()
    pitch = _SHARPS.get(pitch.upper(), pitch.upper())
    if pitch not in PITCH_NAMES or mode not in ("", "m", "M", "maj", "min", "major", "minor"):
        return UNKNOWN
    scale = "major" if mode in ("", "M", "maj", "major") else "minor"
    return camelot_code(camelot(pitch, scale))


def _hour(key: str, scale: str, *, at_c: int) -> int:
    """Return the place on a wheel of fifths, 1 to 12, on which C major has the place ``at_c``."""
    tonic = PITCH_NAMES.index(key) + (3 if scale == "minor" else 0)
    return (7 * tonic + at_c - 1) % 12 + 1
