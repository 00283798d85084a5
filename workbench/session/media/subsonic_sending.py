"""Store playlists on a server with the Subsonic API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.errors import MediaServerError
from workbench.media.kept_servers import KeptServer
from workbench.media.subsonic_client import FAILED, NOT_FOUND, SubsonicClient, subsonic
from workbench.media.subsonic_playlists import (
    create_playlist,
    own_playlists,
    rewrite_playlist,
    songs_of_playlist,
    update_playlist,
)
from workbench.session.media.sent import Loss, Sent, nothing_known

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library import Library

_SENT = "sent_playlist"


def send_to_subsonic(
    library: Library,
    playlist: Playlist,
    server: KeptServer,
    song_ids: Callable[[], dict[int, str]],
    match: Callable[[], Any],
    *,
    force: bool,
) -> Sent:
    """Store a playlist under its name; an earlier version that was sent is changed in place.

    Parameters
    ----------
    song_ids : callable
        Returns the song id of each track id that the server is known to have.
    match : callable
        Reads the songs of the server again; called if a track has no song, or if the server does not know a song.
    """
    known = song_ids()
    if any(track.id not in known for track in playlist):
        match()
        known = song_ids()
    try:
        return _send(library, playlist, server, known, force=force)
    except MediaServerError as error:
        if error.details.get("code") != NOT_FOUND:
            raise
    match()
    return _send(library, playlist, server, song_ids(), force=force)


def _send(
    library: Library, playlist: Playlist, server: KeptServer, known: dict[int, str], *, force: bool
) -> Sent:
    songs = [known[track.id] for track in playlist if track.id in known]
    unknown = [track for track in playlist if track.id not in known]
    advice = f"Let the server scan the music, and see what workbench media match {server.name} says"
    if not songs:
        raise nothing_known(str(server), len(playlist), advice)
    name = " ".join(playlist.name.split()) or "playlist"
    key = f"{server.url} {name}"  # another server may have the same name later
    with subsonic(server) as client:
        sent = library.artifacts.get(_SENT, key)
        playlist_id, tracks, before = _existing(client, name, sent.value if sent else None)
        if playlist_id is None:
            playlist_id = create_playlist(client, name, songs)
        else:
            loss = Loss(str(server), name, advice, tracks or 0, len(songs), len(playlist))
            if not force and tracks and (sent is None or sent.value["id"] != playlist_id):
                loss.refuse_of_others()
            if not force:
                loss.refuse_halving()
            if before is None:
                rewrite_playlist(client, playlist_id, name, songs)
            else:
                update_playlist(client, playlist_id, name, before, songs)
    library.artifacts.save(_SENT, key, {"id": playlist_id, "tracks": len(songs)}, snapshot=playlist.snapshot)
    return Sent(str(server), name, len(songs), tracks, unknown)


class _Existing(NamedTuple):
    """A playlist on the server: its id, if there is one, how many tracks it has, and its songs, if it lists them."""

    id: str | None = None
    tracks: int | None = None
    songs: list[str] | None = None


def _existing(client: SubsonicClient, name: str, sent: Mapping[str, Any] | None) -> _Existing:
    """Return the playlist that was sent before, or one of this name."""
    if sent is not None:
        try:
            songs = songs_of_playlist(client, sent["id"])
        except MediaServerError as error:
            if error.details.get("code") != FAILED:
                raise
            return _Existing(sent["id"], sent["tracks"])
        if songs is not None:
            return _Existing(sent["id"], len(songs), songs)
    same = [str(one["id"]) for one in own_playlists(client) if one.get("name") == name and "id" in one]
    if not same or (songs := songs_of_playlist(client, same[0])) is None:
        return _Existing()
    return _Existing(same[0], len(songs), songs)
