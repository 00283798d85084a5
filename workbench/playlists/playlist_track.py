"""One track of a playlist, and why it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.store.library.library_table import split_list

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


@dataclass(frozen=True)
class PlaylistTrack:
    """One track of a playlist.

    Attributes
    ----------
    id : int
    content_hash : str
        Of the file that was chosen, so that a moved file is found again.
    duration_s : float or None
    artists : tuple of str
        Each artist; ``artist`` is how the file shows them.
    explanation : mapping
        ``text``, one sentence; and its numbers: the reason of the method, what it ``shares`` with its seed track or
        with the track before, and the transition to the ``next``.
    """

    id: int
    content_hash: str
    path: str | None = None
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)
    artists: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: LibraryTable, row: int, explanation: Mapping[str, Any]) -> PlaylistTrack:
        """Return the track of a row, with why it was chosen."""
        duration = float(table.numbers("duration_s")[row])
        return cls(
            int(table.ids[row]),
            str(table.texts("content_hash")[row] or ""),
            table.text_at("path", row),
            table.text_at("title", row),
            table.text_at("artist", row),
            table.text_at("album", row),
            duration if duration == duration else None,
            explanation,
            split_list(table.text_at("artists", row) or table.text_at("artist", row)),
        )
