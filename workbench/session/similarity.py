"""``wb.similarity``: why two tracks are near, the nearest tracks with weights, and how well weights fit a library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.cards.card import card, facts, note, table
from workbench.cards.drawings import bar
from workbench.cards.rows import Rows
from workbench.cards.verbs import Verbs
from workbench.errors import UnknownTrackError
from workbench.playlists.explanations import percent_text
from workbench.playlists.making.copies import without_worse_copies
from workbench.playlists.sound.parts import distances_in_parts, judge, weighted_distances
from workbench.readable import clock, counted, number, track_name

if TYPE_CHECKING:
    from workbench.session.track_reader import TrackReader
    from workbench.store.library.library_table import LibraryTable

COMPARES = {
    "timbre": "color of the sound: cepstrum, spectral contrast, brightness",
    "tonal": "pitch classes from the tonic on, place on the circle of fifths, chord changes",
    "rhythm": "tempo and how steady it is, onsets, danceability",
    "dynamics": "loudness, its range, dynamic complexity",
    "network": "what a network hears",
}
_NEAREST: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "": lambda row: row["id"],
    "Title": track_name,
    "Tempo": lambda row: number(row["bpm"], "BPM"),
    "Key": lambda row: row["camelot"] or "",
    "Length": lambda row: clock(row["duration_s"]),
    "Distance": lambda row: f"{row['distance']:.2f}",
}


@dataclass(frozen=True)
class Why:
    """How near two tracks are in each part of their sound.

    Attributes
    ----------
    names : sequence of str
        Names of the two tracks.
    closer_than_percent : mapping of str to float
        For each part, the share of the library's tracks that are farther from the first track than the second is.
    """

    names: Sequence[str]
    closer_than_percent: Mapping[str, float]

    def __repr__(self) -> str:
        parts = ", ".join(f"{part} {percent_text(share)}" for part, share in self.closer_than_percent.items())
        return f"{self.names[0]} and {self.names[1]}: nearer than {parts} of the tracks"

    def _repr_html_(self) -> str:
        rows = [
            (part, bar(share / 100, f"{part}: {percent_text(share)}"), percent_text(share), COMPARES[part])
            for part, share in self.closer_than_percent.items()
        ]
        head = ("Part", "", "Nearer than", "What is compared")
        return card(
            f"Why {self.names[0]} and {self.names[1]} are near, or not",
            table(head, rows, right=("Nearer than",)),
            note("Nearer than 50 % of the tracks is what chance gives."),
        )


@dataclass(frozen=True)
class Judgment:
    """How often the nearest track has the same album (or artist, or genre), and how often by chance."""

    by: str
    tracks: int
    hits: float
    chance: float

    def __repr__(self) -> str:
        return (
            f"{counted(self.tracks, 'track')}: the nearest is of the same {self.by} for {100 * self.hits:.1f} %, "
            f"by chance for {100 * self.chance:.1f} %"
            if self.tracks > 1
            else f"No {self.by} has two analyzed tracks, so there is nothing to judge."
        )

    def _repr_html_(self) -> str:
        if self.tracks < 2:
            return card("Judgment", note(repr(self)))
        shown = [
            (f"Nearest is of the same {self.by}", f"{100 * self.hits:.1f} %"),
            ("By chance", f"{100 * self.chance:.1f} %"),
            ("Tracks", f"{self.tracks:,}"),
        ]
        return card("Judgment", bar(self.hits, f"{100 * self.hits:.0f} %"), facts(shown))


class Similarity(Verbs):
    """How tracks are compared. Weights are by part: ``{"rhythm": 2, "timbre": 0.5}``; the others count 1.

    Parameters
    ----------
    table : callable
        Returns the current library table.
    """

    def __init__(self, table: Callable[[], LibraryTable], track: TrackReader) -> None:
        self._table, self._track = table, track

    def why(self, a: int | str, b: int | str) -> Why:
        """Return in which parts of their sound two tracks are near.

        Raises
        ------
        UnknownTrackError
            There is no such track, or it is not analyzed.
        """
        table, (one, other) = self._table(), (self._row(a), self._row(b))
        others = table.analyzed.copy()
        others[one] = False
        shares = {}
        for part, distances in distances_in_parts(table, one).items():
            if np.isfinite(distances[other]):
                shares[part] = 100 * float(np.mean(distances[others] > distances[other]))
        return Why([track_name(table.row(row)) for row in (one, other)], shares)

    def nearest(
        self, track: int | str, n: int = 10, weights: Mapping[str, float] | None = None
    ) -> Rows[dict[str, Any]]:
        """Return the rows of the ``n`` nearest tracks, each with its ``distance``; a random pair has 1.

        Copies of the same recording are left out.

        Raises
        ------
        UnknownTrackError
            There is no such track, or it is not analyzed.
        ParameterValueError
            There is no such part, or a weight is negative.
        """
        table, row = self._table(), self._row(track)
        distances = weighted_distances(table, row, weights or {})
        choice = without_worse_copies(table, np.isfinite(distances), keep=[row])
        choice[row] = False
        rows = np.flatnonzero(choice)
        rows = rows[np.argsort(distances[rows], kind="stable")][:n]
        found = [table.row(int(near)) | {"distance": float(distances[near])} for near in rows]
        return Rows(found, "nearest track", _NEAREST, right=("Tempo", "Length", "Distance"))

    def judge(self, weights: Mapping[str, float] | None = None, *, by: str = "album") -> Judgment:
        """Return how often the nearest track has the same album, artist or genre, with these weights.

        Use it to compare weights; a single value says little, because many albums have one sound throughout.
        """
        judged = judge(self._table(), weights or {}, by=by)
        return Judgment(by, judged.tracks, judged.hits, judged.chance)

    def _row(self, track: int | str) -> int:
        table, found = self._table(), self._track(track)
        row = table.index_of(found.id)
        if row is None or not table.analyzed[row]:
            raise UnknownTrackError(
                f"{track_name(vars(found))} is not analyzed. Analyze it first.", candidates=[]
            )
        return row
