"""Playlists of a library: made, kept with their recipe, made again, brought up to date, compared, read from files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import PlaylistError
from workbench.playlists import (
    Comparison,
    Match,
    Playlist,
    Refreshed,
    compare,
    generate,
    generate_many,
    match_entries,
    read_playlist_file,
    refresh,
    regenerate,
)

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import PlaylistSummary


class PlaylistShelf:
    """What a session does with playlists. ``table`` returns the library as it is now."""

    def __init__(self, library: Library, table: Callable[[], LibraryTable]) -> None:
        self.library = library
        self.table = table

    def make(self, /, method: str, **asked: Any) -> Playlist:
        """Make and keep a playlist; see ``workbench.playlists.generate``.

        ``playlist`` of the method ``cache_based`` may be the id or name of a kept playlist, or a playlist file.
        """
        return self.keep(generate(self.table(), method, **self._given(asked)))

    def make_many(self, /, method: str, **asked: Any) -> list[Playlist]:
        """Make and keep several playlists; see ``workbench.playlists.generate_many``."""
        return [self.keep(playlist) for playlist in generate_many(self.table(), method, **self._given(asked))]

    def keep(self, playlist: Playlist) -> Playlist:
        """Store a playlist; earlier ones of the same name stay as history."""
        return replace(playlist, id=self.library.playlists.save(playlist.to_record()))

    def kept(self, name: str | None = None) -> list[PlaylistSummary]:
        """Return the newest playlist of every name, or all that were kept under one name; newest first."""
        return self.library.playlists.newest() if name is None else self.library.playlists.history(name)

    def get(self, playlist: int | str) -> Playlist:
        """Return a kept playlist by id or name, paths and tags those of today.

        Raises
        ------
        PlaylistError
            There is none.
        """
        record = self.library.playlists.get(playlist)
        if record is None:
            known = ", ".join(f"{kept.id} ({kept.name})" for kept in self.kept()[:10]) or "none yet"
            raise PlaylistError(f"There is no playlist {playlist!r}. Kept ones: {known}.")
        return Playlist.from_record(record, self.table())

    def again(self, recipe: Mapping[str, Any] | str | int | Path) -> Playlist:
        """Make the playlist of a recipe again: the same tracks on the same library.

        Parameters
        ----------
        recipe : mapping, path, id or name
            A recipe, a JSON file that holds one (such as ``playlist --json`` prints), or a kept playlist.

        Returns
        -------
        Playlist
            With a note where the library, or what chooses the tracks, has changed since.
        """
        read = self._recipe(recipe)
        return self.keep(_with_changes_noted(regenerate(read, self.table()), read))

    def refresh(self, playlist: int | str) -> Refreshed:
        """Bring a kept playlist up to date: what still fits stays, what is new comes in. The old one is history."""
        refreshed = refresh(self.get(playlist), self.table())
        return replace(refreshed, playlist=self.keep(refreshed.playlist))

    def compare(self, a: int | str, b: int | str) -> Comparison:
        """Say what two kept playlists share: tracks, order, cost of the transitions."""
        return compare(self.get(a), self.get(b), self.table())

    def read_file(self, path: str | Path) -> list[Match]:
        """Return the entries of a playlist file, each with the track of the library that it is, or ``None``."""
        return match_entries(read_playlist_file(path), self.table())

    def contents(self, playlist: str | Path) -> tuple[str, list[str]]:
        """Return the name of a kept playlist or a playlist file, and the content hashes of its tracks.

        Raises
        ------
        PlaylistError
            There is none, or the file cannot be read.
        """
        if Path(playlist).is_file():
            name, ids = Path(playlist).stem, self._track_ids(Path(playlist))
        else:
            kept = self.get(str(playlist))
            name, ids = kept.name, kept.track_ids
        tracks = self.library.tracks.by_id(ids)
        return name, [track.content_hash for track in tracks.values() if track.content_hash]

    def _recipe(self, recipe: Mapping[str, Any] | str | int | Path) -> Mapping[str, Any]:
        if isinstance(recipe, Mapping):
            return recipe
        if not Path(recipe if isinstance(recipe, Path) else str(recipe)).is_file():
            return self.get(recipe if isinstance(recipe, int) else str(recipe)).recipe()
        try:
            read = json.loads(Path(str(recipe)).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise PlaylistError(
                f"{recipe} is not a recipe: {error}. Name a JSON file that holds one."
            ) from error
        inner = read.get("recipe") if isinstance(read, dict) else None
        found: Mapping[str, Any] = inner if isinstance(inner, dict) else read
        return found

    def _given(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in asked.items() if value is not None}
        if "playlist" in given:
            given["playlist"] = self._track_ids(given["playlist"])
        return given

    def _track_ids(self, playlist: Any) -> Any:
        if isinstance(playlist, Path) or (isinstance(playlist, str) and Path(playlist).is_file()):
            return [match.track_id for match in self.read_file(playlist) if match.track_id is not None]
        return self.get(playlist).track_ids if isinstance(playlist, int | str) else playlist


def _with_changes_noted(playlist: Playlist, recipe: Mapping[str, Any]) -> Playlist:
    """Say in a note why a playlist made again may not be the one that its recipe made."""
    now = {"snapshot": playlist.snapshot, **playlist.versions}
    then = {"snapshot": recipe.get("snapshot"), **recipe.get("versions", {})}
    changed = {name: then[name] for name in now if then.get(name) not in (None, now[name])}
    if not changed:
        return playlist
    what = ["the library" if name == "snapshot" else f"{name} ({then[name]})" for name in changed]
    note = {
        "constraint": "recipe",
        "asked": changed,
        "got": {name: now[name] for name in changed},
        "message": f"Since this recipe was made, {' and '.join(what)} changed: other tracks may have been "
        "chosen. Refresh a kept playlist to keep what still fits.",
    }
    return replace(playlist, card={**playlist.card, "notes": [*playlist.notes, note]})
