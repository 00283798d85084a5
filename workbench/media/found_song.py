"""The description of a song by a media server."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_MOST_SONGS = 5_000_000  # of one server, set by hand: five times the largest library that was measured here
_MOST_PLAYS = 1e9  # more than anybody can play in a lifetime
_FIRST_S = 315532800.0  # 1980; servers write the year 1 for never
_AHEAD_S = 86400.0  # the largest error of servers' clocks and time zones


@dataclass(frozen=True)
class FoundSong:
    """A song on a media server, with the plays and ratings of its user; ``None`` for unknown values.

    Attributes
    ----------
    path : str or None
        Absolute, or relative to one of the server's folders; some servers make it up from the tags.
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
    """Raise an error if a server lists impossibly many songs, because its list may not end."""
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
    """Return a number of plays, or ``None`` if it is impossible."""
    count = number(value)
    return int(count) if count is not None and 0 <= count <= _MOST_PLAYS else None


def moment(value: Any) -> float | None:
    """Return the seconds since the epoch of an ISO 8601 date, by default in the time zone of this machine.

    ``None`` for a text that is not a date, and for dates before 1980 or in the future.
    """
    try:
        found = datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if _FIRST_S <= found <= time.time() + _AHEAD_S else None
