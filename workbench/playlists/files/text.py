"""Text and numbers of playlist files that other programs wrote."""

from __future__ import annotations

import math
import re

from workbench.errors import PlaylistFileError

_LOOKED_AT = 1024  # bytes; set by hand
_QUOTES = ('""', "''", "<>")


def decode_text(data: bytes) -> str:
    """Decode UTF-8, UTF-16, or else Windows Latin-1; a byte order mark is dropped.

    Raises
    ------
    PlaylistFileError
        It contains NUL characters, so it is not a text file.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    elif half := _zero_half(data[:_LOOKED_AT]):
        text = data.decode(f"utf-16-{half}", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise PlaylistFileError("It is not a text file: it contains NUL characters.")
    return text


def _zero_half(head: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, by where Latin letters have zeros; ``None`` for other text."""
    high, low = head[0::2].count(0), head[1::2].count(0)
    if max(high, low) <= len(head) // 3 or min(high, low):
        return None
    return "le" if low else "be" if high else None


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, with any kind of line ends, without blanks around them."""
    return [line.strip() for line in re.split(r"\r\n?|\n", text)]


def number_in(text: object) -> float | None:
    """Return a number of 0 or more; ``None`` for any other text.

    >>> number_in("12.5"), number_in("-1"), number_in("nan"), number_in("unknown")
    (12.5, None, None, None)
    """
    try:
        number = float(str(text))
    except ValueError:
        return None
    return number if number >= 0 and math.isfinite(number) else None


def unquoted(location: str) -> str:
    """Return a location without the quotation marks or angle brackets that some programs put around it."""
    return location[1:-1] if len(location) > 2 and location[0] + location[-1] in _QUOTES else location
