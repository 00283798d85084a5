"""The content of an export: plays, counters, ratings and playlists, by the entry that names a track."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from workbench.playlists.files.listing import Entry
from workbench.playlists.files.text import number_in
from workbench.store.library.plays import PlayerFacts

TOO_SHORT_S = 30.0  # as Spotify counts: a stream is 30 seconds or more
_SKIPPED_SHORT = "played for less than 30 seconds"
_AHEAD_S = 86_400.0  # the largest error of clocks and time zones
_TOO_LATE_S = 1e11  # the year 5138: the number is of milliseconds, microseconds or nanoseconds
_MOST_PLAYS = 10**9  # more than anybody can play in a lifetime
# Formats of dates in exports. Dates such as 1/2/2024 are left out, because they may be in January or in February.
_DAYS = ("%d %b %Y", "%d %b %Y,", "%d %B %Y", "%d %B %Y,", "%b %d, %Y", "%b %d, %Y,", "%d.%m.%Y", "%d.%m.%Y,",
         "%Y-%m-%d", "%Y/%m/%d")  # fmt: skip
_HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")


@dataclass
class ListeningHistory:
    """One export.

    Attributes
    ----------
    source : str
        The name of the service or player for users; empty until a record is recognized.
    plays : dict of Entry to list of float
        The times of the plays of each entry, seconds since the epoch.
    facts : dict of Entry to PlayerFacts
    playlists : list of (name, entries)
    skipped : Counter
        The number of records that were left out, by reason.
    broken : list of int
        Numbers of the lines of the current file that cannot be read.
    """

    source: str = ""
    plays: dict[Entry, list[float]] = field(default_factory=dict)
    facts: dict[Entry, PlayerFacts] = field(default_factory=dict)
    playlists: list[tuple[str, list[Entry]]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    broken: list[int] = field(default_factory=list)

    def add(self, entry: Entry, at: float | None, *, played_s: float | None = None) -> None:
        """Add a play. A play without a title or a time, or of less than 30 seconds, counts as skipped."""
        if not entry.title:
            self.skipped["without a title: podcasts, audiobooks, videos"] += 1
        elif played_s is not None and played_s < TOO_SHORT_S:
            self.skipped[_SKIPPED_SHORT] += 1
        elif at is None:
            self.skipped["without a time that can be read (1/2/2024 may be two days)"] += 1
        elif not in_time(at):
            self.skipped["with a time before 1970 or in the future"] += 1
        else:
            self.plays.setdefault(entry, []).append(at)

    def name_broken(self, where: str) -> None:
        """Count the broken lines of a file as skipped, and name the first one."""
        if self.broken:
            self.skipped[f"lines that cannot be read, the first is line {self.broken[0]}{where}"] = len(
                self.broken
            )
            self.broken = []

    def __bool__(self) -> bool:
        return bool(self.source)


def plays_in(value: object) -> int | None:
    """Return a number of plays; ``None`` if it is not a number or impossibly large."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_PLAYS
    return int(value) if is_count else None  # type: ignore[call-overload]


def in_time(at: float | None) -> bool:
    """Whether a time, in seconds since the epoch, is possible for a play."""
    return at is not None and 0 < at < time.time() + _AHEAD_S


def time_in(text: object) -> float | None:
    """Return the seconds since the epoch of a number of seconds, milliseconds …, or of a date and time, UTC by default.

    >>> time_in("1577836800"), time_in(1577836800000), time_in("2020-01-01T00:00:00Z"), time_in("01 Jan 2020, 00:00")
    (1577836800.0, 1577836800.0, 1577836800.0, 1577836800.0)
    """
    if (number := number_in(text)) is not None:
        for _ in range(3):
            number = number / 1000 if number > _TOO_LATE_S else number
        return number
    plain = re.sub(r"\s+", " ", str(text or "")).strip().removesuffix(" UTC")
    of_mail = parsedate_to_datetime if re.match("[A-Z][a-z]{2}, ", plain) else _written
    for read in (datetime.fromisoformat, of_mail):
        try:
            return _utc(read(plain))
        except (ValueError, OverflowError):
            continue
    return None


def _written(text: str) -> datetime:
    for form in _forms(text):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(text)


def _forms(text: str) -> Iterator[str]:
    """Yield the formats with as many colons and the same end as the text, because trying all formats takes long."""
    for hour in _HOURS:
        if hour.count(":") == text.count(":") and hour.endswith("%p") == text[-1:].isalpha():
            yield from (f"{day} {hour}" for day in _DAYS)


def _utc(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
