r"""Store names of files that are not UTF-8 in the database.

Python represents a byte that is not UTF-8 as a lone surrogate (PEP 383), which SQLite cannot store as text. Such a byte
is stored as a mark, which no name has, and the character with the number of the byte. Other text is stored unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_MARK = "\U0010ffff"  # Unicode will never make it a character
_MARK_BYTES = _MARK.encode()
_NOT_STORABLE = re.compile(f"[\ud800-\udfff{_MARK}]")
_STORED = re.compile(f"(?:{_MARK}[\x80-\xff])+")


def to_stored(text: str) -> str:
    r"""Return a text that SQLite can store, from which :func:`from_stored` makes the same text again.

    >>> ascii(to_stored("caf\udce9.mp3"))
    "'caf\\U0010ffff\\xe9.mp3'"
    """
    return text if text.isascii() else _NOT_STORABLE.sub(_as_bytes, text)


def from_stored(text: str) -> str:
    r"""Return the text that was stored.

    >>> from_stored("caf\U0010ffff\xe9.mp3") == "caf\udce9.mp3"
    True
    """
    return _STORED.sub(_as_text, text) if _MARK in text else text


def storable(value: Any) -> Any:
    """Return a value with every text in its lists and mappings as SQLite can store it."""
    return _changed(value, to_stored)


def restored(value: Any) -> Any:
    """Return a value with every text in its lists and mappings as it was before it was stored."""
    return _changed(value, from_stored)


def is_marked(text: str | bytes) -> bool:
    """Return whether a stored text has names in it that are not UTF-8."""
    return _MARK in text if isinstance(text, str) else _MARK_BYTES in text


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_changed(key, change): _changed(item, change) for key, item in value.items()}
    return [_changed(item, change) for item in value] if isinstance(value, list | tuple) else value


def _as_bytes(found: re.Match[str]) -> str:
    char = found[0]
    try:
        data = char.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that does not stand for a byte comes from a tag
        data = char.encode("utf-8", "surrogatepass")
    return "".join(_MARK + chr(byte) for byte in data)


def _as_text(found: re.Match[str]) -> str:
    return found[0].replace(_MARK, "").encode("latin-1").decode("utf-8", "surrogateescape")
