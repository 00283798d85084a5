"""``wb.search``: find tracks by a filter, or by words that describe their sound."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.query.cursor import Cursor, Order
from workbench.playlists.query.listing import Listing
from workbench.playlists.query.query_match import matching_rows
from workbench.playlists.words.word_search import WordSearch, search_words, why
from workbench.readable import counted

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.library.library_table import LibraryTable

_SHOWN = ("title", "artist", "album", "bpm", "key", "scale", "duration_s")


@dataclass(frozen=True)
class Match:
    """One track that was found.

    Attributes
    ----------
    match : float
        How well it fits the words, 0 to 1; 1 for a filter.
    reasons, misses : tuple of str
        The wishes that it fulfills, and how it differs from the others.
    """

    id: int
    match: float
    reasons: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Reasons and misses in one line."""
        return why(self.reasons, self.misses)


@dataclass(frozen=True)
class SearchResult:
    """Tracks that were found, the best first; shown as a table in a notebook.

    Attributes
    ----------
    total : int
        How many tracks fit, those beyond the limit included.
    notes : tuple of str
        Words that were not understood, and words that need networks.
    next : int or str, optional
        Where the next page begins, for ``after``; ``None`` on the last page.
    """

    total: int
    tracks: tuple[Match, ...]
    table: LibraryTable
    words: WordSearch | None = None
    next: Cursor | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self.words.notes()) if self.words else ()

    def __len__(self) -> int:
        return len(self.tracks)

    def to_frame(self) -> pd.DataFrame:
        """Return the tracks as a DataFrame, indexed by id, with ``match`` and ``why`` for a search by words."""
        import pandas as pd

        places = [self.table.index_of(track.id) for track in self.tracks]
        rows = np.array([place for place in places if place is not None], np.int64)
        columns = {name: self.table[name][rows] for name in _SHOWN if name in self.table.columns}
        if self.words is not None:
            columns["match"] = np.array([track.match for track in self.tracks])
            columns["why"] = np.array([track.why for track in self.tracks], object)
        return pd.DataFrame(columns, index=pd.Index([track.id for track in self.tracks], name="id"))

    def __repr__(self) -> str:
        return "\n".join([f"{counted(self.total, 'track')} found", *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<p>{counted(self.total, 'track')} found</p>{notes}{self.to_frame().to_html()}"


def search(
    table: LibraryTable,
    where: str | None,
    *,
    like: str | None,
    limit: int | None,
    offset: int,
    after: Cursor = 0,
) -> SearchResult:
    """Search a table; see :meth:`workbench.Workbench.search`."""
    inside = np.ones(len(table), bool) if where is None else matching_rows(where, table)
    words = None if like is None else search_words(like, table)
    matches = np.ones(len(table))
    if words is None:
        found = Listing(table, np.flatnonzero(inside))
    else:
        matches[words.rows] = words.matches
        found = Listing(table, words.rows[inside[words.rows]], (Order("match", matches, descending=True),))
    left = found.after(after)
    page = left.page(offset, limit)
    tracks = [
        Match(int(table.ids[row]), 1.0) if words is None else _match(words, row, float(matches[row]))
        for row in page.rows.tolist()
    ]
    more = len(left) > offset + len(page)
    return SearchResult(len(found), tuple(tracks), table, words, page.next if more else None)


def _match(words: WordSearch, row: int, match: float) -> Match:
    reasons, misses = words.reasons(row), words.misses(row)
    return Match(int(words.table.ids[row]), round(match, 4), tuple(reasons), tuple(misses))
