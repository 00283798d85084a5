"""Answer media servers in the ids of their own songs: songs that sound like one song, and a path between two songs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from workbench.errors import UnknownTrackError
from workbench.playlists.making.copies import copy_groups
from workbench.playlists.making.plan_path import travel
from workbench.playlists.making.request import Request
from workbench.playlists.sound.arrays import Rows
from workbench.playlists.sound.ranking import nearest_first
from workbench.playlists.sound.space import space_of
from workbench.session.media.song_matching import SURE

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable


class SonicSong(NamedTuple):
    """A song of a server with its similarity to another song.

    Attributes
    ----------
    similarity : float
        1 minus the distance to the requested song, or on a path to the song before; 1 for the same sound, 0 for
        opposites.
    facts : mapping
        Title, artist, album, duration_s, year, genre, track_number and disc_number, as far as they are known.
    """

    song_id: str
    similarity: float
    facts: dict[str, Any]


@dataclass(frozen=True)
class _Songs:
    """The analyzed tracks that a server has, as rows of the table, and the ids of its songs.

    Attributes
    ----------
    rows : int64 array, shape (k,), ascending
    row_of : mapping of song id to row
    id_of : mapping of row to song id
    """

    rows: Rows
    row_of: dict[str, int]
    id_of: dict[int, str]


class Sonic:
    """Similar songs and paths for one server, or for the only server that has the song.

    Parameters
    ----------
    table : LibraryTable
        The current library table; values computed from it are kept with it.
    """

    def __init__(self, library: Library, table: LibraryTable) -> None:
        self._library = library
        self._table = table

    def similar(self, song_id: str, count: int, *, server: str | None = None) -> list[SonicSong]:
        """Return the songs that sound most like a song, nearest first, one song of each recording.

        Raises
        ------
        UnknownTrackError
            The song is not in the library, or is not analyzed.
        """
        songs = self._songs_with(server, song_id)
        row = self._row(songs, song_id)
        groups = copy_groups(self._table)
        seen = {int(groups[row])}
        found: list[SonicSong] = []
        distances = space_of(self._table).distances_from(row)[songs.rows]
        for near, distance in nearest_first(songs.rows, distances):
            if len(found) == count:
                break
            if int(groups[near]) not in seen:
                seen.add(int(groups[near]))
                found.append(self._song(songs, near, distance))
        return found

    def path(self, start: str, end: str, count: int, *, server: str | None = None) -> list[SonicSong]:
        """Return a path of ``count`` songs, at least 2, that begins and ends with the given ones.

        Raises
        ------
        UnknownTrackError
            A song is not in the library, or is not analyzed.
        """
        songs = self._songs_with(server, start)
        rows = [self._row(songs, start), self._row(songs, end)]
        if rows[0] == rows[1]:
            return [self._song(songs, rows[0], 0.0, start)]
        candidates = np.zeros(len(self._table), bool)
        candidates[songs.rows] = True
        request = Request(self._table, candidates, max(2, count), np.random.default_rng(0))
        picks = [pick.row for pick in travel(request, rows)]
        space = space_of(self._table)
        before = [picks[0], *picks]
        names = {picks[0]: start, picks[-1]: end}
        return [
            self._song(
                songs,
                row,
                float(space.distances_from(previous, np.array([row]))[0]) if row != previous else 0.0,
                names.get(row),
            )
            for previous, row in zip(before, picks, strict=False)
        ]

    def _songs_with(self, server: str | None, song_id: str) -> _Songs:
        """Return the songs of a server; without a name, of the server that has the song."""
        by_server = self._by_server()
        if server:
            if server not in by_server:
                known = ", ".join(sorted(by_server)) or "none yet"
                raise UnknownTrackError(f"No songs of a server {server!r} are matched. Matched: {known}.")
            return by_server[server]
        having = [name for name, songs in by_server.items() if song_id in songs.row_of]
        if len(having) > 1:
            raise UnknownTrackError(
                f"Several servers have a song {song_id!r}. Add &server=NAME: {', '.join(having)}."
            )
        if not having:
            raise UnknownTrackError(
                f"No analyzed track is known as song {song_id!r}. Analyze new music, and match the songs of the server "
                "again (workbench media match NAME)."
            )
        return by_server[having[0]]

    def _by_server(self) -> dict[str, _Songs]:
        version = self._library.server_songs.version()
        return self._table.derived(("songs of servers", version), self._read)

    def _read(self) -> dict[str, _Songs]:
        table = self._table
        usable = table.analyzed & ~table.missing
        found: dict[str, _Songs] = {}
        for server, song_id, track_id in self._library.server_songs.matched(SURE):
            row = table.index_of(track_id)
            if row is not None and usable[row]:
                songs = found.setdefault(server, _Songs(np.zeros(0, np.int64), {}, {}))
                songs.row_of[song_id] = row
                songs.id_of[row] = song_id
        return {
            server: _Songs(np.array(sorted(songs.id_of), np.int64), songs.row_of, songs.id_of)
            for server, songs in found.items()
        }

    @staticmethod
    def _row(songs: _Songs, song_id: str) -> int:
        if song_id not in songs.row_of:
            raise UnknownTrackError(
                f"No analyzed track is known as song {song_id!r}. Analyze new music, and match the songs of the server "
                "again (workbench media match NAME)."
            )
        return songs.row_of[song_id]

    def _song(self, songs: _Songs, row: int, distance: float, song_id: str | None = None) -> SonicSong:
        table = self._table
        facts: dict[str, Any] = {
            name: table.text_at(name, row) for name in ("title", "artist", "album", "genre")
        }
        for name in ("duration_s", "year", "track_number", "disc_number"):
            facts[name] = table.number_at(name, row)
        if facts["title"] is None:
            facts["title"] = (table.text_at("path", row) or "").rpartition("/")[2]
        known = {name: value for name, value in facts.items() if value is not None}
        return SonicSong(song_id or songs.id_of[row], min(1.0, max(0.0, 1.0 - distance)), known)
