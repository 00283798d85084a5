"""The library report: the size of the library, new tracks, and problems."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.readable import clock, counted, key_name, number, span
from workbench.session.reports.tables import table
from workbench.store.library.library_table import split_list

if TYPE_CHECKING:
    from workbench.session.problems import Problem
    from workbench.store.library.library_table import LibraryTable

KIND, KEY = "report", "library"
SAME_REPORT_S = 3600.0  # set by hand: a report that is repeated within an hour has the same start
KEPT_TIMES = 100
MOST_ROWS = 15  # rows of a table: as many as a reader looks through
MOST_NEW = 40


@dataclass(frozen=True)
class LibraryReport:
    """The content of the report about one library at one time.

    Attributes
    ----------
    library : LibraryTable
        The table whose ``columns`` the plots draw.
    new_ids : sequence of int
        Tracks that were added since ``since``, the newest first.
    since : float or None
        Unix time of the previous report; ``None`` for the first report.
    """

    library: LibraryTable
    counts: dict[str, int]
    new_ids: Sequence[int]
    since: float | None
    problems: Sequence[Problem]

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the library table."""
        return dict(self.library.columns)

    @property
    def facts(self) -> Any:
        """The size of the library, as a table."""
        rows = [
            ("Music", _hours(self._durations.sum())),
            ("Tracks", f"{len(self.library):,}"),
            ("Artists", f"{len(set().union(*self._artist_names)):,}"),
            ("Albums", f"{len(self._known('album')):,}"),
            ("Genres", f"{len(self._known('genre')):,}"),
            ("Median tempo", number(_median(self.library.numbers("bpm")), "BPM", 0)),
            ("Median loudness", number(_median(self.library.numbers("loudness_lufs")), "LUFS")),
            ("Analyzed", counted(self.counts.get("analyzed", 0), "track")),
            ("Failed", counted(self.counts.get("failed", 0), "track")),
            ("Missing", counted(self.counts.get("missing", 0), "track")),
        ]
        return table(("", "This library"), rows)

    def _since(self) -> str:
        new = counted(len(self.new_ids), "new track")
        if self.since is None:
            return f"{new}. This is the first report, so everything is new."
        return f"{new} since {datetime.fromtimestamp(self.since):%d %B %Y, %H:%M}."

    @property
    def new(self) -> Any:
        """The tracks that were added, the newest first."""
        places = map(self.library.index_of, self.new_ids[:MOST_NEW])
        rows = [self._track(row) for row in places if row is not None]
        head = ("Title", "Artist", "Genre", "Tempo", "Key", "Length")
        return table(head, rows, empty="No track was added.", caption=self._since())

    @property
    def artists(self) -> Any:
        """The artists with the most music."""
        return self._most("Artist", self._artist_names)

    @property
    def genres(self) -> Any:
        """The genres with the most music."""
        return self._most("Genre", [[genre] if genre else [] for genre in self.library["genre"]])

    @property
    def attention(self) -> Any:
        """The problems, the number of tracks with each, and the advice, as a table."""
        rows = [
            (problem.title, counted(len(problem.findings), "track"), self._examples(problem), problem.advice)
            for problem in self.problems
            if problem.findings
        ]
        head = ("What", "How many", "For example", "What to do")
        return table(head, rows, empty="Nothing needs attention.")

    @property
    def _durations(self) -> Any:
        return np.nan_to_num(self.library.numbers("duration_s"))

    @property
    def _artist_names(self) -> list[tuple[str, ...]]:
        """The artists of each track, as the file writes them."""
        text = self.library.text_at
        return [split_list(text("artists", row) or text("artist", row)) for row in range(len(self.library))]

    def _known(self, name: str) -> set[str]:
        return {value for value in self.library[name] if value}

    def _track(self, row: int) -> tuple[str, ...]:
        text = {name: self.library.text_at(name, row) for name in ("title", "artist", "genre", "path")}
        key = {name: self.library.text_at(name, row) for name in ("key", "scale", "camelot")}
        return (
            text["title"] or (text["path"] or "").rpartition("/")[2],
            text["artist"] or "",
            text["genre"] or "",
            number(self.library.number_at("bpm", row), "BPM", 0),
            key_name(key),
            clock(self.library.number_at("duration_s", row)),
        )

    def _most(self, noun: str, names: Sequence[Sequence[str]]) -> Any:
        tracks: Counter[str] = Counter()
        seconds: Counter[str] = Counter()
        for several, duration in zip(names, self._durations.tolist(), strict=True):
            for name in several:
                tracks[name] += 1
                seconds[name] += duration
        rows = [(name, f"{count:,}", _hours(seconds[name])) for name, count in tracks.most_common(MOST_ROWS)]
        return table((noun, "Tracks", "Music"), rows, empty=f"No track has the tag: {noun.lower()}.")

    def _examples(self, problem: Problem) -> str:
        shown = []
        for finding in problem.findings[:2]:
            row = self.library.index_of(finding.track_id)
            name = self._track(row)[0] if row is not None else f"track {finding.track_id}"
            shown.append(f"{name}: {finding.reason}")
        return "; ".join(shown)


def since_of(asked: date | None, times: Sequence[float], now: float) -> float | None:
    """Return the time after which a track is new: the given day, or the last report before the past hour."""
    if asked is not None:
        return datetime(asked.year, asked.month, asked.day).timestamp()
    return max((at for at in times if now - at > SAME_REPORT_S), default=None)


def kept_times(times: Sequence[float], now: float | None = None) -> list[float]:
    """Return the times of earlier reports, with that of this one added."""
    return [*times, time.time() if now is None else now][-KEPT_TIMES:]


def _hours(seconds: float) -> str:
    return span(seconds) if seconds < 3600 else f"{seconds / 3600:,.1f} hours"


def _median(values: Any) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
