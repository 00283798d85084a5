"""Split genre tags, which may have several genres."""

from __future__ import annotations

_SEPARATORS = str.maketrans(";/,|", "\0\0\0\0")


def genres_of(text: str) -> list[str]:
    """Split a genre tag such as ``"House; Techno"`` into folded names."""
    return [part.strip().casefold() for part in text.translate(_SEPARATORS).split("\0") if part.strip()]
