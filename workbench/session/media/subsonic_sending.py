"""Playlists stored on a server that speaks Subsonic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.errors import MediaServerError
from workbench.media.kept_servers import KeptServer
from workbench.media.subsonic_client import NOT_FOUND, SubsonicClient, subsonic
from workbench.media.subsonic_playlists import (
    create_playlist,
    own_playlists,
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
    """Store a playlist under its name: the one that was sent before is changed in place.

    Parameters
    ----------
    song_ids : callable
        Returns the song id of each track id that the server is known to have.
    match : callable
        Reads the songs of the server again; called if it has no song for a track, or does not know one any more.
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
    key = f"{server.url} {name}"  # another server under the same name has other playlists
    with subsonic(server) as client:
        sent = library.artifacts.get(_SENT, key)
        playlist_id, before = _existing(client, name, sent.value["id"] if sent else None)
        if playlist_id is None or before is None:
            playlist_id = create_playlist(client, name, songs)
        else:
            loss = Loss(str(server), name, advice, len(before), len(songs), len(playlist))
            if not force and before and (sent is None or sent.value["id"] != playlist_id):
                loss.refuse_of_others()
            if not force:
                loss.refuse_halving()
            update_playlist(client, playlist_id, name, before, songs)
    library.artifacts.save(_SENT, key, {"id": playlist_id, "tracks": len(songs)}, snapshot=playlist.snapshot)
    return Sent(str(server), name, len(songs), None if before is None else len(before), unknown)


def _existing(client: SubsonicClient, name: str, sent_id: str | None) -> tuple[str | None, list[str] | None]:
    """Return id and songs of the playlist that was sent before, or of one of this name; ``None`` if there is none."""
    if sent_id is not None and (songs := songs_of_playlist(client, sent_id)) is not None:
        return sent_id, songs
    same = [str(one["id"]) for one in own_playlists(client) if one.get("name") == name and "id" in one]
    return (same[0], songs_of_playlist(client, same[0])) if same else (None, None)
