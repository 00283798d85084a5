"""New tracks in the style of a stored playlist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from workbench.errors import UnknownTrackError
from workbench.playlists.making.parameters import Tracks
from workbench.playlists.making.registry import method
from workbench.playlists.making.request import Pick, Request
from workbench.playlists.sound.tastes import picks_by_taste, unknown_first
from workbench.values import Value


@method("cache_based", "New tracks in the style of a stored playlist.")
def cache_based(
    request: Request,
    *,
    playlist: Annotated[list[int], Tracks("tracks of the playlist to follow", names="playlist")],
    tastes: Annotated[int, Value("how many different styles to look for in it", low=1, high=20)] = 3,
) -> Iterator[Pick]:
    """Yield candidates that are not in the playlist, nearest to its tracks first."""
    if not playlist:
        raise UnknownTrackError("playlist is empty. Name one that has tracks.", name="playlist")
    rows = unknown_first(request, playlist, "playlist")
    yield from picks_by_taste(request, rows, playlist, [1.0] * len(playlist), tastes)
