"""``wb.media``: playlists stored on the media server that plays them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import MediaServerError
from workbench.media.mpd_address import MpdAddress, mpd_address
from workbench.media.mpd_connection import connected
from workbench.media.mpd_paths import mpd_uris
from workbench.media.mpd_playlists import store_playlist, stored_name, stored_uris
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.playlists.playlist_track import PlaylistTrack
    from workbench.store.library.library import Library

_SENT = "sent_playlist"


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


class Media:
    """Media servers, by address: ``mpd``, which asks MPD_HOST as mpc does, ``mpd://HOST:PORT`` or ``mpd:///SOCKET``."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def check(self, server: str) -> None:
        """Connect to a server, to know before a playlist is made that it answers.

        Raises
        ------
        MediaServerError
            It is not an address, or the server does not answer.
        """
        with connected(mpd_address(server, os.environ)) as client:
            client.ping()

    def send(self, playlist: Playlist, server: str, *, force: bool = False) -> Sent:
        """Store a playlist under its name on a server, in place of the one that was sent before.

        Parameters
        ----------
        force : bool
            Replace a playlist of that name that was not sent from this library, or that has twice as many tracks.

        Raises
        ------
        MediaServerError
            The server cannot be reached, is too slow or refuses; it knows none of the tracks; or a playlist there
            would be lost. What was stored there before stays as it was.
        """
        address = mpd_address(server, os.environ)
        name = stored_name(playlist.name)
        with connected(address) as client:
            uris = mpd_uris(client, [track.path or "" for track in playlist])
            known = [uri for uri in uris if uri is not None]
            if not known:
                raise _nothing_known(address, len(playlist))
            before = stored_uris(client, name)
            if before and not force:
                self._refuse_loss(address, name, before=len(before), known=len(known), asked=len(playlist))
            store_playlist(address, client, name, known)
        self._library.artifacts.save(_SENT, f"{address} {name}", len(known), snapshot=playlist.snapshot)
        unknown = [track for track, uri in zip(playlist, uris, strict=True) if uri is None]
        return Sent(str(address), name, len(known), None if before is None else len(before), unknown)

    def _refuse_loss(self, address: MpdAddress, name: str, *, before: int, known: int, asked: int) -> None:
        if self._library.artifacts.get(_SENT, f"{address} {name}") is None:
            raise MediaServerError(
                f"{address} has a playlist {name!r} with {counted(before, 'track')} that was not sent from this "
                "library. Give yours another name (--name), or use force (--force) to replace it.",
                server=str(address),
            )
        if known < asked and 2 * known <= before:
            raise MediaServerError(
                f"{name!r} on {address} has {counted(before, 'track')} and would be left with {known}, because MPD "
                "does not know the others. It was left as it was. Update the database of MPD (mpc update), or use "
                "force (--force).",
                server=str(address),
            )


def _nothing_known(address: MpdAddress, asked: int) -> MediaServerError:
    return MediaServerError(
        f"{address} knows none of the {counted(asked, 'track')}, so nothing was stored. Its music_directory must have "
        "the same files; if it has, update its database (mpc update).",
        server=str(address),
    )
