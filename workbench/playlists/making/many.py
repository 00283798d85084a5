"""Make several playlists at once that have no track in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import LibraryEmptyError
from workbench.playlists.making.generation import generate, given_or_drawn
from workbench.playlists.making.parameters import canonical
from workbench.playlists.making.registry import METHODS
from workbench.playlists.making.resolve import resolve_tracks
from workbench.playlists.methods import find_method
from workbench.playlists.methods.mixed import MIXABLE
from workbench.values import COUNT, DEFAULT_SIZE

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library_table import LibraryTable


def generate_many(
    table: LibraryTable,
    /,
    method: str,
    *,
    count: int | None = None,
    size: int = DEFAULT_SIZE,
    random_state: int | None = None,
    name: str | None = None,
    **parameters: Any,
) -> list[Playlist]:
    """Make several playlists.

    Parameters
    ----------
    table : LibraryTable
    method : str
        ``all`` makes one playlist with every method that needs at most a start track. ``kmeans`` and ``hdbscan`` make
        one for each cluster, largest first. Every other method makes ``count`` playlists. No track is in two of them.
    count : int, optional
        1 to 1000. The default is every method for ``all``, otherwise 1.
    size, random_state, name, **parameters
        As in ``generate``.

    Returns
    -------
    list of Playlist
        Fewer than asked when the library has no more tracks. Their names differ.
    """
    find_method(method)
    seed = given_or_drawn(random_state, table)
    count = canonical(COUNT, count, table)
    if method == "all":
        start = {"start": parameters.pop("start")} if parameters.get("start") is not None else {}
        made = [
            generate(
                table, each, size=size, random_state=seed, **parameters, **_start_of(each, start, table, seed)
            )
            for each in MIXABLE[:count]
        ]
    elif (
        method in ("kmeans", "hdbscan") and (count or 1) > 1 and not {"cluster", "start"} & parameters.keys()
    ):
        made = _by_cluster(table, method, count or 1, size=size, random_state=seed, **parameters)
    else:
        made = _apart(table, method, count or 1, size=size, random_state=seed, **parameters)
    return _named_apart([replace(playlist, name=name) if name else playlist for playlist in made])


def _start_of(method: str, start: dict[str, Any], table: LibraryTable, seed: int) -> dict[str, Any]:
    parameter = METHODS[method].parameters.get("start")
    if parameter is None:
        return {}
    if parameter.required and not start:
        return {"start": generate(table, "random", size=1, random_state=seed).track_ids[0]}
    return start


def _by_cluster(
    table: LibraryTable, method: str, count: int, /, *, random_state: int, **parameters: Any
) -> list[Playlist]:
    if method == "kmeans":
        parameters.setdefault("clusters", max(2, count))
    made: list[Playlist] = []
    for cluster in range(count):
        playlist = generate(table, method, cluster=cluster, random_state=random_state, **parameters)
        if any(note["constraint"] == "cluster" for note in playlist.notes):
            break
        made.append(playlist)
    return made


def _apart(
    table: LibraryTable, method: str, count: int, /, *, random_state: int, **parameters: Any
) -> list[Playlist]:
    made: list[Playlist] = []
    used: list[int] = resolve_tracks(table, parameters.pop("exclude", None) or [], "exclude")
    for number in range(count):
        try:
            playlist = generate(
                table,
                method,
                random_state=(random_state + number) % 2**63,
                exclude=used or None,
                **parameters,
            )
        except LibraryEmptyError:
            if not made:
                raise
            break
        made.append(playlist)
        used += playlist.track_ids
    return made


def _named_apart(playlists: list[Playlist]) -> list[Playlist]:
    """Add numbers to equal names of playlists."""
    names = [playlist.name for playlist in playlists]
    return [
        replace(playlist, name=f"{playlist.name} {names[:index].count(playlist.name) + 1}")
        if names.count(playlist.name) > 1
        else playlist
        for index, playlist in enumerate(playlists)
    ]
