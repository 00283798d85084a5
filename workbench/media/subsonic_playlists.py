"""Change playlists on a Subsonic server in place, so that they keep id, cover and place in the player."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from workbench.errors import MediaServerError
from workbench.media.list_change import list_change
from workbench.media.subsonic_client import NOT_FOUND, SubsonicClient, several

# Form fields in one request. By default, Jetty (Airsonic) and PHP (Ampache) accept 1,000.
AT_ONCE = 400


def own_playlists(client: SubsonicClient) -> list[Mapping[str, Any]]:
    """Return the playlists that the user may change."""
    listed = client.call("getPlaylists").get("playlists")
    found = several(listed.get("playlist")) if isinstance(listed, dict) else []
    user = client.server.user.casefold()
    return [
        one
        for one in found
        if one.get("readonly") is not True and (not user or str(one.get("owner") or user).casefold() == user)
    ]


def songs_of_playlist(client: SubsonicClient, playlist_id: str) -> list[str] | None:
    """Return the song ids of a playlist; ``None`` if there is no such playlist."""
    try:
        found = client.call("getPlaylist", id=playlist_id).get("playlist")
    except MediaServerError as error:
        if error.details.get("code") == NOT_FOUND:
            return None
        raise
    if not isinstance(found, dict):
        return None
    return [str(song["id"]) for song in several(found.get("entry")) if "id" in song]


def create_playlist(client: SubsonicClient, name: str, songs: Sequence[str]) -> str:
    """Create a playlist and return its id; if anything fails, remove it."""
    known = {str(one.get("id")) for one in own_playlists(client)}

    def made() -> list[str]:
        return [
            str(one["id"])
            for one in own_playlists(client)
            if one.get("name") == name and "id" in one and str(one["id"]) not in known
        ]

    try:
        said = client.call("createPlaylist", name=name, songId=list(songs[:AT_ONCE])).get("playlist")
        new = [str(said["id"])] if isinstance(said, dict) and "id" in said else made()  # answered since 1.14
        if not new:
            raise client.error(f"did not make the playlist {name!r}. Its log may say why.")
        _change(client, new[0], songs[:AT_ONCE], songs)
        _check(client, new[0], name, songs)
        return new[0]
    except BaseException:
        with suppress(MediaServerError):
            for playlist_id in made():  # also a playlist for whose creation there was no answer
                client.call("deletePlaylist", id=playlist_id)
        raise


def update_playlist(
    client: SubsonicClient, playlist_id: str, name: str, before: Sequence[str], after: Sequence[str]
) -> None:
    """Replace the songs of a playlist. If anything fails, restore the earlier ones.

    Raises
    ------
    MediaServerError
        The server refuses or disconnects. The message says whether the playlist has its earlier songs.
    """
    with _put_back_on_failure(client, playlist_id, name, before):
        _change(client, playlist_id, before, after)
        _check(client, playlist_id, name, after)


def rewrite_playlist(client: SubsonicClient, playlist_id: str, name: str, songs: Sequence[str]) -> None:
    """Replace all songs of a playlist that the server cannot list any more.

    After a file in a playlist was moved or removed, Supysonic 0.7 can list neither it nor any other playlist.

    Raises
    ------
    MediaServerError
        The server refuses this too.
    """
    client.call("createPlaylist", playlistId=playlist_id, songId=list(songs[:AT_ONCE]))
    _change(client, playlist_id, songs[:AT_ONCE], songs)
    _check(client, playlist_id, name, songs)


def _change(client: SubsonicClient, playlist_id: str, before: Sequence[str], after: Sequence[str]) -> None:
    """Change a playlist in one request if the change is small; otherwise add songs first, so that it is never empty."""
    removed, added = list_change(before, after)
    if not removed and not added:
        return
    if len(removed) + len(added) <= AT_ONCE:
        client.call("updatePlaylist", playlistId=playlist_id, songIndexToRemove=removed, songIdToAdd=added)
        return
    for start in range(0, len(added), AT_ONCE):
        client.call("updatePlaylist", playlistId=playlist_id, songIdToAdd=added[start : start + AT_ONCE])
    for end in range(len(removed), 0, -AT_ONCE):  # from the end, so that earlier positions do not change
        part = removed[max(0, end - AT_ONCE) : end]
        client.call("updatePlaylist", playlistId=playlist_id, songIndexToRemove=part)


def _check(client: SubsonicClient, playlist_id: str, name: str, wanted: Sequence[str]) -> None:
    found = songs_of_playlist(client, playlist_id)
    if found != list(wanted):
        raise client.error(
            f"took {name!r} without an error, but has other songs in it now: {len(found or [])} instead of "
            f"{len(wanted)}. Match again (workbench media match {client.server.name}), because it may have lost songs."
        )


@contextmanager
def _put_back_on_failure(
    client: SubsonicClient, playlist_id: str, name: str, before: Sequence[str]
) -> Iterator[None]:
    try:
        yield
    except MediaServerError as error:
        reason = error.message.removeprefix(f"{client.server} ")
        if _put_back(client, playlist_id, before):
            text = f"did not take the new {name!r}, so it is as it was before. The server {reason}"
        else:
            text = (
                f"broke off while {name!r} was changed, and the playlist may be incomplete there. Send it again when "
                f"the server answers. It {reason}"
            )
        raise client.error(text, error.details.get("code")) from error
    except BaseException:
        _put_back(client, playlist_id, before)
        raise


def _put_back(client: SubsonicClient, playlist_id: str, before: Sequence[str]) -> bool:
    try:
        now = songs_of_playlist(client, playlist_id)
        if now is None:
            return False
        _change(client, playlist_id, now, before)
        return songs_of_playlist(client, playlist_id) == list(before)
    except MediaServerError:
        return False
