"""The playlists that a library keeps: list, open, rename, duplicate, pin, add to, and delete them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.cards.html import Html
from workbench.cards.rows import Rows
from workbench.cards.verbs import Verbs
from workbench.errors import PlaylistError, UnknownPlaylistError
from workbench.playlists import Playlist

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import PlaylistRecord, PlaylistSummary

_KEPT: Mapping[str, Callable[[PlaylistSummary], Any]] = {
    "": lambda kept: kept.id,
    "Name": lambda kept: kept.name,
    "Method": lambda kept: kept.method,
    "Tracks": lambda kept: f"{kept.size:,}",
    "Made": lambda kept: datetime.fromtimestamp(kept.created_at).strftime("%Y-%m-%d %H:%M"),
}
_PINNED = "pinned_playlists"


@dataclass(frozen=True)
class Discarded:
    """A playlist that was deleted, with all its versions, the newest first."""

    name: str
    versions: tuple[PlaylistRecord, ...]
    was_pinned: bool


class KeptPlaylists(Verbs):
    """The kept playlists of one library. Iterating over it or calling it gives them, newest first.

    Parameters
    ----------
    table : callable
        Returns the current library table.
    """

    def __init__(self, library: Library, table: Callable[[], LibraryTable]) -> None:
        self._library = library
        self._table = table

    def __call__(self, name: str | None = None) -> Rows[PlaylistSummary]:
        """Return the newest playlist of every name, or all that were kept under one name; newest first."""
        kept = self._library.playlists.newest() if name is None else self._library.playlists.history(name)
        return Rows(
            kept, "kept playlist", _KEPT, right=("", "Tracks"), empty="wb.playlist(…) makes and keeps one."
        )

    def _repr_html_(self) -> str:
        return self._card(Html(self()._repr_html_()))

    def __iter__(self) -> Iterator[PlaylistSummary]:
        return iter(self())

    def keep(self, playlist: Playlist) -> Playlist:
        """Store a playlist; earlier ones of the same name stay as history."""
        return replace(playlist, id=self._library.playlists.save(playlist.to_record()))

    def delete(self, playlist_id: int) -> None:
        """Delete a kept playlist.

        Raises
        ------
        UnknownPlaylistError
            There is none with this id.
        """
        if not self._library.playlists.delete(playlist_id):
            raise self._unknown(playlist_id)

    def get(self, playlist: int | str) -> Playlist:
        """Return a kept playlist, with the paths and tags of today.

        Parameters
        ----------
        playlist : int or str
            A number is an id. A text is an id or a name.

        Raises
        ------
        UnknownPlaylistError
            There is none.
        """
        return Playlist.from_record(self._record(playlist), self._table())

    def rename(self, playlist: int | str, name: str) -> None:
        """Give a kept playlist, with its history, another name.

        Raises
        ------
        UnknownPlaylistError
            There is no such playlist.
        PlaylistError
            The name is empty, or another playlist has it.
        """
        name, old = name.strip(), self._record(playlist).name
        if not name:
            raise PlaylistError("A playlist needs a name. Type one.")
        if name == old:
            return
        if not self._library.playlists.rename(old, name):
            raise PlaylistError(f"There is already a playlist {name!r}. Choose another name.")
        if old in self.pinned:
            self._set_pinned({*self.pinned, name} - {old})

    def duplicate(self, playlist: int | str, name: str | None = None) -> Playlist:
        """Keep a copy of a kept playlist under another name: ``name``, or "NAME copy"."""
        source = self.get(playlist)
        taken = {kept.name for kept in self()}
        if name is not None and name.strip() in taken:
            raise PlaylistError(f"There is already a playlist {name.strip()!r}. Choose another name.")
        return self.keep(
            replace(source, name=(name or "").strip() or _free_name(f"{source.name} copy", taken))
        )

    def add(self, playlist: int | str, tracks: Sequence[int]) -> Playlist:
        """Append tracks, by id, to a kept playlist, and keep the result; tracks that it has already are left out.

        Raises
        ------
        PlaylistError
            There is no such playlist, or it has all these tracks.
        """
        from workbench.playlists.edits import in_order

        source = self.get(playlist)
        new = [track for track in dict.fromkeys(tracks) if track not in set(source.track_ids)]
        if not new:
            raise PlaylistError(f"{source.name} has all these tracks already.")
        return self.keep(in_order(source, self._table(), [*source.track_ids, *new]))

    def discard(self, playlist: int | str) -> Discarded:
        """Delete a kept playlist with its history, and return what :meth:`put_back` needs to undo it."""
        name = self._record(playlist).name
        found = (self._library.playlists.get(kept.id) for kept in self(name))
        versions = tuple(record for record in found if record is not None)
        was_pinned = name in self.pinned
        self._library.playlists.discard(name)
        self._set_pinned(self.pinned - {name})
        return Discarded(name, versions, was_pinned)

    def put_back(self, discarded: Discarded) -> None:
        """Undo :meth:`discard`: the versions have their ids and times again, and the playlist its pin."""
        self._library.playlists.restore(discarded.versions)
        if discarded.was_pinned:
            self._set_pinned(self.pinned | {discarded.name})

    def pin(self, playlist: int | str, *, pinned: bool = True) -> None:
        """Show a kept playlist before all others, or no longer."""
        name = self._record(playlist).name
        self._set_pinned(self.pinned | {name} if pinned else self.pinned - {name})

    @property
    def pinned(self) -> set[str]:
        """Names of the playlists that are shown first."""
        return set(self._library.activity.value(_PINNED, []))

    def _set_pinned(self, names: set[str]) -> None:
        if names != self.pinned:
            self._library.activity.set_value(_PINNED, sorted(names))

    def _record(self, playlist: int | str) -> PlaylistRecord:
        record = self._library.playlists.get(playlist)
        if record is None or (isinstance(playlist, int) and record.id != playlist):
            raise self._unknown(playlist)
        return record

    def _unknown(self, playlist: int | str) -> UnknownPlaylistError:
        known = ", ".join(f"{kept.id} ({kept.name})" for kept in self()[:10]) or "none yet"
        return UnknownPlaylistError(f"There is no playlist {playlist!r}. Kept playlists: {known}.")


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
