"""Store playlists on an MPD."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.media.mpd_address import MpdAddress, mpd_address
from workbench.media.mpd_connection import connected
from workbench.media.mpd_paths import mpd_uris
from workbench.media.mpd_playlists import store_playlist, stored_name, stored_uris
from workbench.session.media.sent import Loss, Sent, nothing_known

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library import Library

_SENT = "sent_playlist"
_UPDATE = "Update the database of MPD (mpc update)"


def is_mpd(server: str) -> bool:
    """Whether a name or an address means an MPD."""
    return server.partition(":")[0] == "mpd"


def check_mpd(server: str) -> MpdAddress:
    """Connect to an MPD and return its address."""
    address = mpd_address(server, os.environ)
    with connected(address) as client:
        client.ping()
    return address


def _one_name(address: MpdAddress) -> MpdAddress:
    """Return an address with one name for this machine, because all its names mean the same playlists."""
    return replace(address, host="localhost") if address.host in ("127.0.0.1", "::1") else address


def send_to_mpd(library: Library, playlist: Playlist, server: str, *, force: bool) -> Sent:
    """Store a playlist under its name on an MPD, in place of the one that was sent before."""
    address = mpd_address(server, os.environ)
    name = stored_name(playlist.name)
    key = f"{_one_name(address)} {name}"
    with connected(address) as client:
        uris = mpd_uris(client, [track.path or "" for track in playlist])
        known = [uri for uri in uris if uri is not None]
        if not known:
            raise nothing_known(
                str(address),
                len(playlist),
                "Its music_directory must have the same files; if it has, update its database (mpc update)",
            )
        before = stored_uris(client, name)
        if before and not force:
            loss = Loss(str(address), name, _UPDATE, len(before), len(known), len(playlist))
            if library.artifacts.get(_SENT, key) is None:
                loss.refuse_of_others()
            loss.refuse_halving()
        store_playlist(address, client, name, known)
    library.artifacts.save(_SENT, key, len(known), snapshot=playlist.snapshot)
    unknown = [track for track, uri in zip(playlist, uris, strict=True) if uri is None]
    return Sent(str(address), name, len(known), None if before is None else len(before), unknown)
