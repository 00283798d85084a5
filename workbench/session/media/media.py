"""``wb.media``: the media servers that play the music."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cards.verbs import Verbs
from workbench.errors import MediaServerError
from workbench.media.kept_servers import KeptServer, KeptServers, check_name
from workbench.session.media.mpd_sending import check_mpd, is_mpd, send_to_mpd
from workbench.session.media.sent import Sent

if TYPE_CHECKING:
    from workbench.media.found_song import FoundSong
    from workbench.playlists.playlist import Playlist
    from workbench.session.media.pulling import Pulled
    from workbench.session.media.song_matching import Matched
    from workbench.session.media.sonic import Sonic
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.records import ServerSong


class Media(Verbs):
    """The media servers: added ones by name, MPD by address (``mpd``, ``mpd://HOST:PORT``, ``mpd:///SOCKET``).

    Parameters
    ----------
    table : callable
        Returns the current library table.
    data_dir : Path
        Folder with the list of servers, in a file that only its owner can read.
    """

    def __init__(self, library: Library, table: Callable[[], LibraryTable], data_dir: Path) -> None:
        self._library = library
        self._table = table
        self._servers = KeptServers(data_dir)

    def servers(self) -> list[KeptServer]:
        """Return the servers that were added, without their secrets."""
        return self._servers.all()

    def add(
        self,
        name: str,
        *,
        url: str,
        secret: str,
        user: str = "",
        kind: str = "subsonic",
        prefixes: Mapping[str, str] | None = None,
        send_password: bool = False,
    ) -> str:
        """Log in to a server and keep it, in place of an earlier one of this name.

        Parameters
        ----------
        name : str
            Your name for the server, such as ``home``.
        secret : str
            The password of ``user``; without a user, an API key. Only a salted hash is kept, if that is enough for the
            server.
        kind : {"subsonic", "jellyfin"}
            The protocol of the server. With Jellyfin, songs are matched and stars pulled, but playlists are not sent.
        prefixes : mapping, optional
            Folders here, each with the same folder on the server, if the workbench cannot find that out.
        send_password : bool
            Allow to send the password to an old server over a connection without encryption.

        Returns
        -------
        str
            The server's description of itself.

        Raises
        ------
        MediaServerError
            The address is wrong, or the server does not answer or does not let the user in.
        """
        from workbench.media.server_address import checked_url

        check_name(name)
        self._refuse_source(name)
        _check_text(name, user + secret)
        server = KeptServer(name, checked_url(url), kind, user, prefixes=dict(prefixes or {}))
        if kind == "jellyfin":
            from workbench.media.jellyfin_client import logged_in_to_jellyfin as logged_in
        else:
            from workbench.media.subsonic_login import logged_in
        known, said = logged_in(server, secret, send_password=send_password)
        self._servers.save(known)
        return said

    def _refuse_source(self, name: str) -> None:
        """Refuse the name of an imported history, because the plays of the server would replace it."""
        if name in {source.source for source in self._library.plays.sources()} - {
            server.name for server in self.servers()
        }:
            raise MediaServerError(
                f"{name!r} is a source of your listening history. Give the server another name, or delete that "
                f"history: workbench history --forget {name}.",
                server=name,
            )

    def remove(self, name: str) -> None:
        """Forget a server with its songs, ratings and plays. The playlists on the server stay."""
        self._servers.remove(name)
        with self._library.transaction():
            self._library.server_songs.replace(name, ())
            self._library.plays.forget(name)

    def check(self, server: str) -> str:
        """Connect to a server, and return its description.

        Raises
        ------
        MediaServerError
            There is no such server, or it does not answer or does not let the user in.
        """
        if is_mpd(server):
            return str(check_mpd(server))
        kept = self._servers.get(server)
        if kept.kind == "jellyfin":
            from workbench.media.jellyfin_client import jellyfin

            with jellyfin(kept) as client:
                return f"{kept}: {client.about()}"
        from workbench.media.subsonic_client import subsonic

        with subsonic(kept) as speaker:
            return f"{kept}: {speaker.ping()}"

    def match(self, server: str, *, accept: Sequence[str] = ()) -> Matched:
        """Read the songs of a server, and find the track of each song.

        Parameters
        ----------
        accept : sequence of str
            Ids of doubtful songs whose tracks were found correctly.

        Raises
        ------
        MediaServerError
            The server fails, or a song that was accepted is not doubtful. Earlier matches are kept.
        """
        return self._match(server, accept)[1]

    def pull(self, server: str) -> Pulled:
        """Fetch stars, ratings, plays and last plays from a server, as columns and as history.

        Raises
        ------
        MediaServerError
            The server fails. Earlier values are kept.
        """
        from workbench.session.media.pulling import keep_listening

        songs, matched = self._match(server, ())
        return keep_listening(self._library, self._table(), songs, matched)

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
            would be lost. The playlists on the server are not changed.
        """
        if is_mpd(server):
            return send_to_mpd(self._library, playlist, server, force=force)
        kept = self._servers.get(server)
        if kept.kind == "jellyfin":
            raise _takes_files(kept)
        from workbench.session.media.subsonic_sending import send_to_subsonic

        return send_to_subsonic(
            self._library,
            playlist,
            kept,
            lambda: self._song_ids(server),
            lambda: self.match(server),
            force=force,
        )

    @property
    def sonic(self) -> Sonic:
        """Similar songs of a server and paths between songs, by the ids of the server's songs."""
        from workbench.session.media.sonic import Sonic

        return Sonic(self._library, self._table())

    def _match(self, name: str, accept: Sequence[str]) -> tuple[list[FoundSong], Matched]:
        from workbench.session.media.song_matching import BY_YOU, Matched, match_songs

        if is_mpd(name):
            raise MediaServerError(
                f"{name} is an MPD, which only takes playlists (--to {name}). There is nothing to match or to fetch.",
                server=name,
            )
        server = self._servers.get(name)
        before = self._library.server_songs.of(name)
        accepted = {song.song_id: song.track_id for song in before if song.by == BY_YOU and song.track_id}
        songs = _songs_of(server)
        if before and not songs:
            raise MediaServerError(
                f"{server} has no songs now; before, it had {len(before):,}, which are still known here. Let it scan "
                "the music.",
                server=name,
            )
        matched = match_songs(songs, self._table(), prefixes=server.prefixes, accepted=accepted)
        if accept:
            matched = _accepted(server, matched, accept)
        self._library.server_songs.replace(name, matched)
        return songs, Matched(name, matched)

    def _song_ids(self, server: str) -> dict[int, str]:
        """Return the song id of each track id; of several songs, the one with the most certain match."""
        from workbench.session.media.song_matching import SURE

        found = self._library.server_songs.matched(SURE)
        return {track_id: song_id for name, song_id, track_id in found if name == server}


def _check_text(name: str, login: str) -> None:
    try:
        login.encode()
    except UnicodeEncodeError as error:
        raise MediaServerError(
            "The user or the password is not in UTF-8. Use a terminal or a file in UTF-8.", server=name
        ) from error


def _songs_of(server: KeptServer) -> list[FoundSong]:
    if server.kind == "jellyfin":
        from workbench.media.jellyfin_client import jellyfin

        with jellyfin(server) as client:
            return client.songs()
    from workbench.media.subsonic_client import subsonic
    from workbench.media.subsonic_songs import songs_of

    with subsonic(server) as speaker:
        return songs_of(speaker)


def _takes_files(server: KeptServer) -> MediaServerError:
    return MediaServerError(
        f"{server} is a Jellyfin, which takes playlists as files: write them into a folder of the music "
        "(--out ~/Music/Playlists/NAME.m3u8).",
        server=server.name,
    )


def _accepted(server: KeptServer, songs: Sequence[ServerSong], accept: Sequence[str]) -> list[ServerSong]:
    from workbench.session.media.song_matching import BY_YOU, SURE

    open_ = {song.song_id for song in songs if song.track_id is not None and song.score < SURE}
    wanted = open_ if list(accept) == ["all"] else set(accept)
    if wrong := sorted(wanted - open_):
        raise MediaServerError(
            f"{server} has no doubtful song {wrong[0]!r}. workbench media match {server.name} lists them.",
            server=server.name,
        )
    return [song._replace(by=BY_YOU, score=1.0) if song.song_id in wanted else song for song in songs]
