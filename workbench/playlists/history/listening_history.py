"""What an export says: plays, counters, ratings and playlists, by the entry that names a track."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.playlists.files.listing import Entry
from workbench.playlists.files.text import number_in
from workbench.store.library.plays import PlayerFacts

TOO_SHORT_S = 30.0  # as Spotify counts: a stream is 30 seconds or more
_SKIPPED_SHORT = "played for less than 30 seconds"
_FIRST_S, _LAST_S = 0.0, 4e9  # 1970 to 2096: a time outside is a mistake
_MILLISECONDS_FROM = 1e11  # as seconds, that is the year 5138
_WRITTEN = ("%d %b %Y %H:%M", "%d %b %Y, %H:%M", "%d %B %Y, %H:%M", "%Y-%m-%d %H:%M:%S UTC")


@dataclass
class ListeningHistory:
    """One export.

    Attributes
    ----------
    source : str
        The service or player, as users know it; empty until a record is recognized.
    plays : dict of Entry to list of float
        When each was played, seconds since the epoch.
    facts : dict of Entry to PlayerFacts
    playlists : list of (name, entries)
    skipped : Counter
        Reason → how many records were left out.
    """

    source: str = ""
    plays: dict[Entry, list[float]] = field(default_factory=dict)
    facts: dict[Entry, PlayerFacts] = field(default_factory=dict)
    playlists: list[tuple[str, list[Entry]]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry, at: float | None, *, played_s: float | None = None) -> None:
        """Add a play; one without a title or a time, or of less than 30 seconds, is counted as skipped."""
        if not entry.title:
            self.skipped["without a title: podcasts, audiobooks, videos"] += 1
        elif played_s is not None and played_s < TOO_SHORT_S:
            self.skipped[_SKIPPED_SHORT] += 1
        elif at is None or not _FIRST_S < at < _LAST_S:
            self.skipped["without a time"] += 1
        else:
            self.plays.setdefault(entry, []).append(at)

    def __bool__(self) -> bool:
        return bool(self.plays or self.facts or self.playlists or self.skipped)


def time_in(text: object) -> float | None:
    """Return seconds since the epoch: of a number of seconds or milliseconds, or of a date and time, UTC if not said.

    >>> time_in("1577836800"), time_in(1577836800000), time_in("2020-01-01T00:00:00Z"), time_in("01 Jan 2020, 00:00")
    (1577836800.0, 1577836800.0, 1577836800.0, 1577836800.0)
    """
    if (number := number_in(text)) is not None:
        return number / 1000 if number > _MILLISECONDS_FROM else number
    plain = re.sub(r"\s+", " ", str(text or "")).strip()
    try:
        return _utc(datetime.fromisoformat(plain))
    except ValueError:
        pass
    for form in _WRITTEN:
        try:
            return _utc(datetime.strptime(plain, form))
        except ValueError:
            continue
    return None


def _utc(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
