"""``wb.playlists``: make, keep, refresh and compare playlists, and read and write playlist files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import LibraryEmptyError, PlaylistError
from workbench.playlists import (
    COMMON_PARAMETERS,
    METHODS,
    Comparison,
    Match,
    Playlist,
    Refreshed,
    check_target,
    compare,
    count_candidates,
    export,
    export_folder,
    generate,
    generate_many,
    match_entries,
    read_playlist_file,
    refresh,
    regenerate,
    render,
)
from workbench.session.kept_playlists import KeptPlaylists
from workbench.session.recipes import Recipes, read_recipe

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

_MATCHED: Mapping[str, Callable[[Match], Any]] = {
    "Entry": lambda match: match.entry.title or match.entry.location,
    "Track": lambda match: match.track_id,
}


class Playlists(KeptPlaylists):
    """The playlists of one library, and functions that make more. Calling it returns the kept ones, newest first.

    Parameters
    ----------
    table : callable
        Returns the current library table.
    recipes : Recipes
        The recipes that the user saved.
    """

    def __init__(self, library: Library, table: Callable[[], LibraryTable], recipes: Recipes) -> None:
        super().__init__(library, table)
        self._recipes = recipes

    methods = METHODS
    check_target = staticmethod(check_target)
    common_parameters = COMMON_PARAMETERS

    def draft(self, /, method: str, *, table: LibraryTable | None = None, **asked: Any) -> Playlist:
        """Make a playlist without keeping it; see :func:`workbench.playlists.generate`.

        Parameters
        ----------
        table : LibraryTable, optional
            The table to choose from; the current library table by default.
        **asked
            The request. ``playlist`` of ``cache_based`` may be the id or name of a kept playlist, or a playlist file.
        """
        return generate(self._table() if table is None else table, method, **self._given(asked))

    def make(self, /, method: str, **asked: Any) -> Playlist:
        """Make a playlist and keep it; see :meth:`draft`."""
        return self.keep(generate(self._table(), method, **self._given(asked)))

    def count(self, /, method: str, *, table: LibraryTable | None = None, **asked: Any) -> int:
        """Count the tracks that a method may choose from; see :func:`workbench.playlists.count_candidates`."""
        return count_candidates(self._table() if table is None else table, method, **asked)

    def if_possible(self, /, method: str, **asked: Any) -> tuple[Playlist | None, str]:
        """Make and keep a playlist, or return ``None`` and the reason if no track suits the method."""
        try:
            return self.make(method, **asked), ""
        except LibraryEmptyError as error:
            return None, error.message

    def make_many(self, /, method: str, **asked: Any) -> list[Playlist]:
        """Make several playlists and keep them; see :func:`workbench.playlists.generate_many`."""
        return [
            self.keep(playlist) for playlist in generate_many(self._table(), method, **self._given(asked))
        ]

    def of_tracks(self, ids: Sequence[int], order: str = "none") -> Playlist:
        """Return a playlist of exactly these tracks, without keeping it."""
        return select_tracks(self._table(), ids, order)

    def from_frame(self, frame: Any, *, name: str | None = None, order: str = "none") -> Playlist:
        """Return a playlist of the tracks of a DataFrame, in its order, without keeping it.

        Parameters
        ----------
        frame : pandas.DataFrame
            Filtered or sorted from ``wb.tracks``, or the answer of ``wb.sql`` with a column ``id``.
        order : str
            How the tracks are arranged; see ``wb.playlist``.

        Examples
        --------
        >>> wb.playlists.from_frame(wb.tracks.nlargest(20, "danceability"), name="Dance")  # doctest: +SKIP
        """
        from workbench.playlists.edits import in_order
        from workbench.playlists.making.resolve import frame_ids

        table = self._table()
        ids = frame_ids(table, frame)
        made = select_tracks(table, ids, order)
        if order == "none":
            made = in_order(made, table, ids)
        return made if name is None else replace(made, name=name)

    def file(self, playlist: int | str, format: str) -> tuple[str, str, bytes]:
        """Return the file name, media type and content of a kept playlist in a format such as ``m3u8``."""
        from workbench.playlists.files.formats import COLLECTIONS, find_format
        from workbench.session.dj_collection import collection_of

        media_type = find_format(Path(), format).media_type
        found = self.get(playlist)
        if format in COLLECTIONS:
            collection = collection_of(self._library, self._table(), [found])
            data = "".join(COLLECTIONS[format](collection)).encode()
        else:
            data = render(found, format=format)
        return f"{found.name}.{format}", media_type, data

    def save(
        self,
        playlists: Playlist | Sequence[Playlist],
        path: str | Path,
        *,
        format: str | None = None,
        **how: Any,
    ) -> list[Path]:
        """Write each playlist to its own file, or all playlists to one file for DJ programs (``.xml``, ``.nml``).

        Parameters
        ----------
        path : path
            A file for one playlist or for a DJ program; a folder for several playlists.
        format : str, optional
            By default, the format that fits the suffix of ``path``.
        **how
            ``paths``, ``prefix_map`` and ``force``, as for :func:`workbench.playlists.export`.

        Raises
        ------
        PlaylistFileError
            A file cannot be written, or another file in its place would be lost.
        """
        from workbench.playlists.dj.writing import is_collection, write_collection
        from workbench.session.dj_collection import collection_of

        several = [playlists] if isinstance(playlists, Playlist) else list(playlists)
        if is_collection(path, format):
            collection = collection_of(
                self._library, self._table(), several, prefix_map=how.get("prefix_map")
            )
            return [write_collection(collection, path, format=format, force=how.get("force", False))]
        if len(several) == 1 and Path(path).suffix:
            return [export(several[0], path, format=format, **how)]
        return export_folder(several, path, format=format or "m3u8", **how)

    def again(self, recipe: Mapping[str, Any] | str | int | Path) -> Playlist:
        """Make the playlist of a recipe again and keep it: the same tracks on the same library.

        Parameters
        ----------
        recipe : mapping, path, id or name
            A recipe, a JSON file that holds one (such as ``playlist --json`` prints), the name of a recipe of
            ``wb.recipes``, or a kept playlist.

        Returns
        -------
        Playlist
            With a note if the library, or the code that chooses the tracks, has changed since.
        """
        read = self._recipe(recipe)
        return self.keep(_with_changes_noted(regenerate(read, self._table()), read))

    def refresh(self, playlist: int | str) -> Refreshed:
        """Bring a kept playlist up to date: keep tracks that still fit, and add new ones. The old playlist is kept too.

        Raises
        ------
        PlaylistError
            There is no such playlist, or no track would be left in it.
        """
        old = self.get(playlist)
        refreshed = refresh(old, self._table())
        if len(old) and not len(refreshed.playlist):
            raise PlaylistError(
                f"No track of {old.name} is left, so it stays as it was. Connect the drives or shares with the music "
                "and analyze it again."
            )
        return replace(refreshed, playlist=self.keep(refreshed.playlist))

    def compare(self, a: int | str, b: int | str) -> Comparison:
        """Compare two kept playlists: shared tracks, order, cost of the transitions."""
        return compare(self.get(a), self.get(b), self._table())

    def read_file(self, path: str | Path) -> list[Match]:
        """Return the entries of a playlist file, each with the track of the library that it means, or ``None``."""
        return match_entries(read_playlist_file(path), self._table())

    def contents(self, playlist: str | Path) -> tuple[str, list[str]]:
        """Return the name of a kept playlist or a playlist file, and the content hashes of its tracks.

        Raises
        ------
        PlaylistError
            There is no such playlist, or the file cannot be read.
        """
        if Path(playlist).is_file():
            name, ids = Path(playlist).stem, self._track_ids(Path(playlist))
        else:
            kept = self.get(str(playlist))
            name, ids = kept.name, kept.track_ids
        tracks = self._library.tracks.by_id(ids)
        return name, [track.content_hash for track in tracks.values() if track.content_hash]

    def _recipe(self, recipe: Mapping[str, Any] | str | int | Path) -> Mapping[str, Any]:
        if isinstance(recipe, Mapping):
            return recipe
        if isinstance(recipe, int):
            return self.get(recipe).recipe()
        if Path(recipe).is_file():
            return read_recipe(Path(recipe))
        if recipe in self._recipes:
            return self._recipes.get(str(recipe))
        return self.get(str(recipe)).recipe()

    def _given(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in asked.items() if value is not None}
        if "playlist" in given:
            given["playlist"] = self._track_ids(given["playlist"])
        return given

    def _track_ids(self, playlist: Any) -> Any:
        if isinstance(playlist, Path) or (isinstance(playlist, str) and Path(playlist).is_file()):
            matches = self.read_file(playlist)
            ids = [match.track_id for match in matches if match.track_id is not None]
            if not ids:
                raise PlaylistError(f"No entry of {playlist} is in this library. Analyze its music first.")
            return ids
        return self.get(playlist).track_ids if isinstance(playlist, int | str) else playlist


def select_tracks(table: LibraryTable, ids: Sequence[int], order: str = "none") -> Playlist:
    """Return a playlist of exactly these tracks of a table."""
    return generate(
        table,
        "random",
        size=len(ids),
        include=list(ids),
        order=order,
        random_state=0,
        only_analyzed=False,
        skip_duplicates=False,
        name=f"Selection of {len(ids)}",
    )


def _with_changes_noted(playlist: Playlist, recipe: Mapping[str, Any]) -> Playlist:
    """Return the playlist, with a note if it may differ from the one that its recipe made before."""
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
