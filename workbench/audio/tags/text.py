"""Clean the text of tags: remove characters, repair wrongly declared encodings, split names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# Characters that change the direction or the meaning of the text around them, and are not part of any word.
_HARMFUL = re.compile("[\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]")
# Format characters that are part of words (joiners, soft hyphens, marks of direction, parts of flags), and invisible
# letters. None of them starts or ends a title, except a joiner after a virama, which changes the letter.
_AT_THE_EDGE = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2800\u3164\uffa0"
_JOINERS = "\u200c\u200d"
_VIRAMA = 9  # Unicode's combining class of these signs
# Titles and comments beyond this are damage or other data in the wrong place; chosen by hand.
MOST_CHARACTERS = 10_000
_MOST_LYRICS = 1 << 20
_BLANK = {"Cc", "Cs", "Zs", "Zl", "Zp"}
_GUEST = r"(?:feat|ft|featuring)\b\.?"
_IN_BRACKETS = re.compile(rf"\s*[(\[]\s*({_GUEST}[^)\]]*)[)\]]", re.IGNORECASE)
# As in Navidrome: a comma, "&" or "/" without blanks may be part of a name (Earth, Wind & Fire; AC/DC).
_BETWEEN_NAMES = re.compile(rf"\s*(?:[;；\0]|\\\\)\s*|\s+//?\s+|\s+{_GUEST}\s+", re.IGNORECASE)
_ANY_JOINT = re.compile(rf"\s*[;；\0/,、&+]\s*|\s+(?:and|x|vs\.?|with|{_GUEST})\s+", re.IGNORECASE)


def decoded(data: bytes) -> str:
    """Decode bytes of an unknown encoding: UTF-8, or otherwise Windows-1252."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace") if _reads_as_windows(data) else data.decode("latin-1")


def repaired(text: str) -> str:
    """Repair text that was declared as Latin-1 but is UTF-8 or Windows-1252."""
    if text.isascii():
        return text
    try:
        return decoded(text.encode("latin-1"))
    except UnicodeEncodeError:
        return text


def _reads_as_windows(data: bytes) -> bool:
    return "\ufffd" not in data.decode("cp1252", "replace")


def one_line(text: str) -> str:
    """Return text on one line without control characters; characters that are part of words, such as joiners, are kept.

    A text is cut after 10,000 characters.
    """
    whole = _HARMFUL.sub("", text[:MOST_CHARACTERS])
    kept = (" " if unicodedata.category(char) in _BLANK else char for char in whole)
    line = " ".join("".join(kept).split())
    bare = line.strip(_AT_THE_EDGE + " ")
    rest = line[line.find(bare) + len(bare) :]
    return (
        bare + rest[0]
        if rest[:1] in _JOINERS and bare and unicodedata.combining(bare[-1]) == _VIRAMA
        else bare
    )


def lines(text: str) -> str:
    """Return text of several lines, each cleaned by :func:`one_line`."""
    return "\n".join(one_line(line) for line in re.split(r"\r\n?|\n", text[:_MOST_LYRICS])).strip()


def parts(values: Iterable[str]) -> list[str]:
    """Return the distinct values of a tag that are not empty, as lines."""
    cleaned = (one_line(part) for value in values for part in value.split("\0"))
    return list(dict.fromkeys(part for part in cleaned if part))


def split_names(values: Sequence[str], *, how_many: int = 0) -> tuple[str, ...]:
    """Return each artist of a tag.

    Parameters
    ----------
    values : sequence of str
        The cleaned values of the tag.
    how_many : int
        The number of MusicBrainz ids. If a single value has exactly as many parts, it is split at every separator, such
        as a comma or ``&``.
    """
    if len(values) == 1 and how_many > 1:
        pieces = _split(_ANY_JOINT, values[0])
        if len(pieces) == how_many:
            return tuple(pieces)
    return tuple(dict.fromkeys(name for value in values for name in _split(_BETWEEN_NAMES, value)))


def _split(joint: re.Pattern[str], text: str) -> list[str]:
    return [name for part in joint.split(_IN_BRACKETS.sub(r" \1", text)) if (name := part.strip())]
