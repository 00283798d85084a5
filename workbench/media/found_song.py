"""A song as a media server describes it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MOST_SONGS = 5_000_000  # of one server, set by hand: five times the largest library that was measured here
_MOST_PLAYS = 1e9  # more than anybody hears in a life
_FIRST_S = 315532800.0  # 1980: servers write the year 1 for never
_AHEAD_S = 86400.0  # as far as clocks and time zones of servers go wrong


@dataclass(frozen=True)
class FoundSong:
    """What a server says of a song, and what its user thinks of it; ``None`` where it says nothing.

    Attributes
    ----------
    path : str or None
        Absolute, or below one of the server's folders; some servers make it up from the tags.
    last_played_at : float or None
        Seconds since the epoch.
    rating : float or None
        1 to 5 stars.
    """

    id: str
    path: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    musicbrainz_id: str | None = None
    play_count: int | None = None
    last_played_at: float | None = None
    rating: float | None = None
    starred: bool = False


def check_end(error: Callable[[str], Exception], count: int) -> None:
    """Raise an error about a server that lists more songs than any has, because its list may have no end."""
    if count > _MOST_SONGS:
        raise error(f"lists more than {_MOST_SONGS:,} songs, as if its list had no end. Its log may say why.")


def text(value: Any) -> str | None:
    """Return a text that is not empty, or ``None``."""
    return value if isinstance(value, str) and value.strip() else None


def number(value: Any) -> float | None:
    """Return a finite number, or ``None``; some servers write numbers as texts."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def plays(value: Any) -> int | None:
    """Return how often something was played, or ``None`` if that cannot be."""
    count = number(value)
    return int(count) if count is not None and 0 <= count <= _MOST_PLAYS else None


def moment(value: Any) -> float | None:
    """Return seconds since the epoch of an ISO 8601 date; without a time zone, it is this machine's.

    ``None`` for what is no date, before 1980 or in the future.
    """
    try:
        found = datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if _FIRST_S <= found <= time.time() + _AHEAD_S else None
