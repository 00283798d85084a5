"""The request to a method: candidates, the wanted number of tracks, and the constraints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.playlists.making.copies import copy_groups
from workbench.playlists.sound.arrays import Mask, Rows
from workbench.playlists.sound.space import Space, space_of

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


class Pick(NamedTuple):
    """A row of the table, and why a method chose it (JSON-serializable). ``because`` of a plug-in is shown unchanged.

    A pinned pick is in the playlist even if a constraint excludes it: the user named it, or the plan needs it.
    """

    row: int
    reason: dict[str, Any]
    pinned: bool = False


@dataclass(frozen=True)
class Limits:
    """How often an artist, an album and a recording may occur."""

    artist_gap: int = 0
    max_per_artist: int | None = None
    max_per_album: int | None = None
    skip_duplicates: bool = True


@dataclass
class Request:
    """One playlist while it is being made.

    Attributes
    ----------
    table : LibraryTable
    candidates : bool array, shape (n,)
        Rows that may be chosen.
    size : int
        Tracks wanted.
    rng : numpy Generator
        The only source of chance.
    relax : bool
        Whether the nearest tracks may be used if no track matches the request.
    chosen : list of int
        Rows taken so far, in order.
    notes : list of dict
        Parts of the request that could not be met, ``{"constraint", "asked", "got", "message"}``.
    title : str or None
        A name that a method suggests.
    """

    table: LibraryTable
    candidates: Mask
    size: int
    rng: np.random.Generator
    limits: Limits = field(default_factory=Limits)
    relax: bool = False
    chosen: list[int] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    title: str | None = None

    def __post_init__(self) -> None:
        self._open = self.candidates.copy()
        self._artists: Counter[str] = Counter()
        self._albums: Counter[str] = Counter()
        self._copies: set[int] = set()

    @property
    def space(self) -> Space:
        return space_of(self.table)

    @property
    def rows(self) -> Rows:
        """Candidate rows, ascending, which is the order of ids."""
        return np.flatnonzero(self.candidates)

    def open_rows(self) -> Rows:
        """Return the candidate rows, ascending, that were not offered yet and are allowed next."""
        mask = self._open
        for column, gap, most, counts in self._rules():
            if barred := self._barred(column, gap, most, counts):
                mask = mask.copy()
                mask[barred] = False
        return np.flatnonzero(mask)

    def take(self, row: int, *, pinned: bool = False) -> bool:
        """Add a row to the playlist if the constraints allow it next. In both cases, the row is not open afterward."""
        was_open, self._open[row] = bool(self._open[row]), False
        if row in self.chosen if pinned else not was_open or not self.allows(row):
            return False
        self.chosen.append(row)
        for column, counts in (("artist", self._artists), ("album", self._albums)):
            counts.update(self.table.names_at(column, row))
        self._copies.add(self._copy(row))
        return True

    def allows(self, row: int) -> bool:
        """Whether the constraints allow this row next."""
        if self.limits.skip_duplicates and self._copy(row) in self._copies:
            return False
        for column, gap, most, counts in self._rules():
            names = self.table.names_at(column, row)
            if most is not None and any(counts[name] >= most for name in names):
                return False
            if not self._recent(column, gap).isdisjoint(names):
                return False
        return True

    def reopen(self) -> None:
        """Let every candidate be chosen once more."""
        self._open = self.candidates.copy()
        self._copies.clear()

    def fork(self, chosen: Sequence[int] = ()) -> Request:
        """Return a copy of this request in which ``chosen`` are taken, to try a continuation."""
        trial = Request(self.table, self.candidates, self.size, self.rng, self.limits, self.relax)
        for row in chosen:
            trial.take(row, pinned=True)
        return trial

    def note(self, constraint: str, message: str, *, asked: Any = None, got: Any = None) -> None:
        """Note that a constraint could not be met; a later note on it replaces the earlier one."""
        self.notes[:] = [note for note in self.notes if note["constraint"] != constraint]
        self.notes.append({"constraint": constraint, "asked": asked, "got": got, "message": message})

    def _rules(self) -> Iterator[tuple[str, int, int | None, Counter[str]]]:
        limits = self.limits
        if limits.artist_gap or limits.max_per_artist is not None:
            yield "artist", limits.artist_gap, limits.max_per_artist, self._artists
        if limits.max_per_album is not None:
            yield "album", 0, limits.max_per_album, self._albums

    def _barred(self, column: str, gap: int, most: int | None, counts: Counter[str]) -> list[int]:
        """Return the rows of every name that was used too recently or too often."""
        full = {name for name, count in counts.items() if most is not None and count >= most}
        rows = self.table.rows_of(column)
        return [row for name in self._recent(column, gap) | full for row in rows[name]]

    def _recent(self, column: str, gap: int) -> set[str]:
        recent = self.chosen[-gap:] if gap else []
        return {name for row in recent for name in self.table.names_at(column, row)}

    def _copy(self, row: int) -> int:
        return int(copy_groups(self.table)[row])
