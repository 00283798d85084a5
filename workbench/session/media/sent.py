"""The result of sending a playlist, and the checks that no other playlist is lost by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import MediaServerError
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.playlists.playlist_track import PlaylistTrack


@dataclass(frozen=True)
class Sent:
    """The result of sending a playlist to a media server.

    Attributes
    ----------
    server, name : str
        The server, and the name of the playlist there.
    stored : int
        How many of its tracks were stored.
    replaced : int or None
        How many tracks the replaced playlist had; ``None`` if there was none.
    unknown : sequence of PlaylistTrack
        Tracks that the server does not know.
    """

    server: str
    name: str
    stored: int
    replaced: int | None
    unknown: Sequence[PlaylistTrack]


@dataclass(frozen=True)
class Loss:
    """A playlist on a server that would be replaced, with its number of tracks and those of the new one.

    Attributes
    ----------
    server : str
    advice : str
        What the user can do so that the server knows more tracks.
    before, known, asked : int
        Tracks that the playlist has, that it would have, and that were to be sent.
    """

    server: str
    name: str
    advice: str
    before: int
    known: int
    asked: int

    def refuse_of_others(self) -> None:
        """Refuse to replace a playlist that was not sent from this library."""
        raise MediaServerError(
            f"{self.server} has a playlist {self.name!r} with {counted(self.before, 'track')} that was not sent from "
            "this library. Give yours another name (--name), or use force (--force) to replace it.",
            server=self.server,
        )

    def refuse_halving(self) -> None:
        """Refuse to leave half of the tracks only because the server does not know the others."""
        if self.known < self.asked and 2 * self.known <= self.before:
            raise MediaServerError(
                f"{self.name!r} on {self.server} has {counted(self.before, 'track')} and would be left with "
                f"{self.known}, because the server does not know the others. It was left as it was. {self.advice}, or "
                "use force (--force).",
                server=self.server,
            )


def nothing_known(server: str, asked: int, advice: str) -> MediaServerError:
    """Return the error for a server that knows none of the tracks."""
    return MediaServerError(
        f"{server} knows none of the {counted(asked, 'track')}, so nothing was stored. {advice}.",
        server=server,
    )
