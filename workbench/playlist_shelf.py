"""Playlists between memory and database: kept with the recipe that makes them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import PlaylistError
from workbench.playlists.playlist import Playlist
from workbench.store.records import PlaylistEntry, PlaylistRecord

if TYPE_CHECKING:
    from workbench.store.library import Library
    from workbench.store.library_table import LibraryTable

_SAME_NAMES = ("name", "method", "parameters", "random_state", "snapshot", "versions", "card", "recipe")


def keep_playlist(library: Library, playlist: Playlist) -> int:
    """Store a playlist and return its id; earlier ones of the same name stay as history."""
    values = playlist.to_record()
    entries = tuple(PlaylistEntry(track["track_id"], track["content_hash"], track["explanation"])
                    for track in values["tracks"])
    return library.save_playlist(PlaylistRecord(**{name: values[name] for name in _SAME_NAMES}, entries=entries))


def stored_playlist(library: Library, table: LibraryTable, id_or_name: int | str) -> Playlist:
    """Return a kept playlist, its paths and tags those of today.

    Raises
    ------
    PlaylistError
        There is none of this id or name.
    """
    record = library.playlist(id_or_name)
    if record is None:
        known = ", ".join(f"{kept.id} ({kept.name})" for kept in library.playlists()[:10]) or "none yet"
        raise PlaylistError(f"There is no playlist {id_or_name!r}. Kept ones: {known}.")
    tracks = [{"position": position, **entry._asdict()} for position, entry in enumerate(record.entries)]
    values = {name: getattr(record, name) for name in (*_SAME_NAMES, "created_at")}
    return Playlist.from_record(values | {"tracks": tracks}, table)
