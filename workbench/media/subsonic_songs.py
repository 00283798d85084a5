"""Read all songs of a Subsonic server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.media.found_song import FoundSong, check_end, moment, number, plays, text
from workbench.media.subsonic_client import SubsonicClient, several

_AT_ONCE = 500  # the limit of getAlbumList2


def songs_of(client: SubsonicClient) -> list[FoundSong]:
    """Return every song.

    OpenSubsonic servers return all songs for an empty search. For others, the songs of each album are read.
    """
    found = _unique(client, _searched(client))
    return found or _unique(client, _of_albums(client))


def _searched(client: SubsonicClient) -> Iterator[list[Mapping[str, Any]]]:
    offset = 0
    while True:
        answer = client.call(
            "search3", query="", artistCount=0, albumCount=0, songCount=_AT_ONCE, songOffset=offset
        )
        songs = _listed(answer, "searchResult3", "song")
        offset += len(songs)
        yield songs


def _of_albums(client: SubsonicClient) -> Iterator[list[Mapping[str, Any]]]:
    offset = 0
    while True:
        answer = client.call("getAlbumList2", type="alphabeticalByName", size=_AT_ONCE, offset=offset)
        albums = _listed(answer, "albumList2", "album")
        offset += len(albums)
        yield [song for album in albums for song in _of_album(client, album)]


def _of_album(client: SubsonicClient, album: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _listed(client.call("getAlbum", id=album.get("id")), "album", "song")


def _unique(client: SubsonicClient, pages: Iterator[list[Mapping[str, Any]]]) -> list[FoundSong]:
    """Return the songs of the pages up to the first page without a new song."""
    found: dict[str, FoundSong] = {}
    for page in pages:
        before = len(found)
        for song in page:
            if song.get("id") is not None and song.get("isDir") is not True:
                found[str(song["id"])] = _song(song)
        if len(found) == before:
            break
        check_end(client.error, len(found))
    return list(found.values())


def _song(said: Mapping[str, Any]) -> FoundSong:
    rating = number(said.get("userRating"))
    return FoundSong(
        id=str(said["id"]),
        path=text(said.get("path")),
        title=text(said.get("title")),
        artist=text(said.get("artist")),
        album=text(said.get("album")),
        duration_s=number(said.get("duration")),
        musicbrainz_id=text(said.get("musicBrainzId")),
        play_count=plays(said.get("playCount")),
        last_played_at=moment(said.get("played")),
        rating=rating if rating and 1 <= rating <= 5 else None,
        starred=bool(said.get("starred")),
    )


def _listed(answer: Mapping[str, Any], outer: str, inner: str) -> list[Mapping[str, Any]]:
    found = answer.get(outer)
    return several(found.get(inner)) if isinstance(found, dict) else []
