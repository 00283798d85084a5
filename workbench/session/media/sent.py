"""What became of a playlist that was sent, and when one is not sent because another would be lost."""

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
    """What became of a playlist on a media server.

    Attributes
    ----------
    server, name : str
        Where it is stored, and under which name.
    stored : int
        How many of its tracks are in it.
    replaced : int or None
        How many tracks the one before had; ``None`` where there was none.
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
    """A playlist on a server that would be replaced: how many tracks it has, and what is to be sent.

    Attributes
    ----------
    server : str
    advice : str
        How the server gets to know more tracks.
    before, known, asked : int
        Tracks that it has, that it would have, and that were to be sent.
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
    """Return the error that a server knows none of the tracks."""
    return MediaServerError(
        f"{server} knows none of the {counted(asked, 'track')}, so nothing was stored. {advice}.",
        server=server,
    )
