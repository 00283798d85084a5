"""Suggestions of pickers while a person types: tracks, playlists, genres, artists and other values of the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.apps.dashboards.widgets.picker import Choice
from workbench.playlists.making.resolve import track_label
from workbench.playlists.making.tag_values import best_values
from workbench.playlists.query.text_search import best_matches
from workbench.readable import clock, counted

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

SHOWN = 12  # set by hand: as many as fit under the field on a laptop


class Suggestions:
    """Finds the values that fit the beginning of a text.

    Attributes
    ----------
    table : LibraryTable
        Set it when the library has changed.
    """

    def __init__(self, table: LibraryTable, playlists: Callable[[], Sequence[Any]] = tuple) -> None:
        self.table, self._playlists = table, playlists

    def tracks(self, text: str) -> list[Choice]:
        """Find tracks by words of title, artist, album, genre and path."""
        return [self._track(row) for row in best_matches(self.table, text, SHOWN)]

    def history(self, text: str) -> list[Choice]:
        """Find tracks; the first suggestion is the listening history of the library."""
        plays = Choice("plays", "Everything you played", "imported with workbench history")
        return [*([plays] if text.casefold() in plays.label.casefold() else []), *self.tracks(text)]

    def playlists(self, text: str) -> list[Choice]:
        """Find kept playlists, the newest first."""
        found = [kept for kept in self._playlists() if text.casefold() in kept.name.casefold()]
        return [Choice(kept.name, kept.name, counted(kept.size, "track")) for kept in found[:SHOWN]]

    def values(self, tag: str, text: str) -> list[Choice]:
        """Find values of a tag, those that begin with the text first, then the most frequent."""
        found = best_values(self.table, tag, text, SHOWN)
        return [Choice(name, name, counted(tracks, "track")) for name, tracks in found]

    def label(self, value: Any) -> str:
        """Return the text for a chosen value: the label of a track, any other value unchanged."""
        row = self.table.index_of(value) if isinstance(value, int) else None
        return str(value) if row is None else track_label(self.table, row)

    def _track(self, row: int) -> Choice:
        known = [self.table.text_at("album", row), clock(float(self.table.numbers("duration_s")[row]))]
        if not self.table.analyzed[row]:
            known.append("not analyzed")
        return Choice(
            int(self.table.ids[row]), track_label(self.table, row), " · ".join(text for text in known if text)
        )
