"""A client for Jellyfin, which has its own API: read songs with their paths, ratings and plays.

Source of the API: api.jellyfin.org (10.8 and newer).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from workbench.errors import MediaServerError
from workbench.media.answers import HttpClient, http_client
from workbench.media.found_song import FoundSong, check_end, moment, number, plays, text
from workbench.media.kept_servers import KeptServer
from workbench.media.server_address import is_private

_AT_ONCE = 500  # as for Subsonic
_TICKS_PER_S = 10_000_000
_MUSICBRAINZ = ("MusicBrainzRecording", "MusicBrainzTrack")


def logged_in_to_jellyfin(
    server: KeptServer, secret: str, *, send_password: bool = False
) -> tuple[KeptServer, str]:
    """Return the server with an access token instead of the password, and the server's description.

    Raises
    ------
    MediaServerError
        The server does not let the user in, or the password would be sent without encryption.
    """
    if not (send_password or is_private(server.url)):
        raise MediaServerError(
            f"{server} gets the password, and others could read it on the way. Give an https:// address, or allow it "
            "with --send-password.",
            server=server.name,
        )
    with jellyfin(server) as client:
        known = client.logged_in(secret)
    with jellyfin(known) as client:
        return known, client.about()


@contextmanager
def jellyfin(server: KeptServer) -> Iterator[JellyfinClient]:
    """Lend a client of a server."""
    with http_client(server) as client:
        yield JellyfinClient(client)


class JellyfinClient:
    """Reads the songs that the user may see. Every failure is a MediaServerError that names the server."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self.server = client.server

    def logged_in(self, password: str) -> KeptServer:
        """Return the server with an access token; the password is not kept.

        Raises
        ------
        MediaServerError
            The server does not let the user in.
        """
        said = self._ask("POST", "/Users/AuthenticateByName", {"Username": self.server.user, "Pw": password})
        user = said.get("User")
        if not isinstance(user, dict) or not text(said.get("AccessToken")) or not text(user.get("Id")):
            raise self._client.error("does not answer as Jellyfin does. Check the address.")
        return replace(self.server, login={"token": said["AccessToken"], "user_id": user["Id"]})

    def about(self) -> str:
        """Return the description of the server."""
        said = self._ask("GET", f"/Users/{self.server.login['user_id']}")
        info = self._ask("GET", "/System/Info/Public")
        return f"{info.get('ProductName') or 'Jellyfin'} {info.get('Version')}, user {said.get('Name')}"

    def songs(self) -> list[FoundSong]:
        """Return every song."""
        found: dict[str, FoundSong] = {}
        while True:
            said = self._ask("GET", self._page(len(found)))
            before = len(found)
            for item in _list(said.get("Items")):
                if isinstance(item, dict) and text(item.get("Id")):
                    found[item["Id"]] = _song(item)
            if len(found) == before:
                return list(found.values())
            check_end(self._client.error, len(found))

    def _page(self, start: int) -> str:
        return (
            f"/Users/{self.server.login['user_id']}/Items?IncludeItemTypes=Audio&Recursive=true"
            f"&Fields=Path,ProviderIds&SortBy=DateCreated,SortName&StartIndex={start}&Limit={_AT_ONCE}"
        )

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        login = (
            'MediaBrowser Client="playlist-workbench", Device="workbench", DeviceId="workbench", Version="1"'
        )
        if token := self.server.login.get("token"):
            login += f', Token="{token}"'
        said = self._client.ask(method, path, headers={"Authorization": login}, json=body)
        if not isinstance(said, dict):
            raise self._client.error("does not answer as Jellyfin does. Check the address.")
        return said


def _song(item: Mapping[str, Any]) -> FoundSong:
    ids, data = _object(item.get("ProviderIds")), _object(item.get("UserData"))
    artists = [name for name in _list(item.get("Artists")) if text(name)]
    ticks, rating = number(item.get("RunTimeTicks")), number(data.get("Rating"))
    return FoundSong(
        id=item["Id"],
        path=text(item.get("Path")),
        title=text(item.get("Name")),
        artist=", ".join(artists) or text(item.get("AlbumArtist")),
        album=text(item.get("Album")),
        duration_s=None if ticks is None else ticks / _TICKS_PER_S,
        musicbrainz_id=next((ids[name] for name in _MUSICBRAINZ if text(ids.get(name))), None),
        play_count=plays(data.get("PlayCount")),
        last_played_at=moment(data.get("LastPlayedDate")),
        rating=rating / 2 if rating and 2 <= rating <= 10 else None,  # ratings in Jellyfin are 0 to 10
        starred=data.get("IsFavorite") is True,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
