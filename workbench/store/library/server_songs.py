"""Store the songs of media servers, each with the track of the library that it is."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.store.library.records import ServerSong
from workbench.store.library.repository import Repository

_COLUMNS = ", ".join(ServerSong._fields)
_MARKS = ", ".join("?" * (1 + len(ServerSong._fields)))


class ServerSongRepository(Repository):
    """Keeps the songs of each server by the name of the server."""

    def replace(self, server: str, songs: Iterable[ServerSong]) -> None:
        """Save all songs of a server, in place of those that it had before."""
        with self.pool.writing() as connection:
            connection.execute("DELETE FROM server_songs WHERE server = ?", (server,))
            connection.executemany(
                f"INSERT INTO server_songs (server, {_COLUMNS}) VALUES ({_MARKS})",
                [(server, *song) for song in songs],
            )
            connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'server_songs'")

    def of(self, server: str) -> list[ServerSong]:
        """Return the songs of a server."""
        with self.pool.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM server_songs WHERE server = ?", (server,))
            return [ServerSong(*row) for row in rows]

    def matched(self, at_least: float) -> list[tuple[str, str, int]]:
        """Return server, song id and track id of every song whose match has at least this score."""
        with self.pool.reading() as connection:
            return connection.execute(
                "SELECT server, song_id, track_id FROM server_songs WHERE track_id IS NOT NULL AND score >= ? "
                "ORDER BY server, score, song_id",
                (at_least,),
            ).fetchall()

    def version(self) -> str:
        """Return a text that changes whenever songs are saved."""
        with self.pool.reading() as connection:
            return str(connection.execute("SELECT value FROM meta WHERE key = 'server_songs'").fetchone()[0])
