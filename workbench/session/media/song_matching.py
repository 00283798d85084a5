"""Match the songs of a media server with tracks of the library, by path, MusicBrainz id, or tags and length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.media.editions import same_edition
from workbench.media.song_paths import places_by_path
from workbench.playlists.files.listing import Entry
from workbench.playlists.files.matching import match_entries
from workbench.readable import counted
from workbench.store.library.records import ServerSong

if TYPE_CHECKING:
    from workbench.media.found_song import FoundSong
    from workbench.store.library.library_table import LibraryTable

SURE = 0.7  # the score of artist and title without accents, brackets and guests, if the length fits
_DOUBTFUL = 0.4  # set by hand: artist and title fit, but the edition or the length differs or is unknown
_SAME_LENGTH_S = 3.0  # as for playlist files: players round lengths, and encoders add silence
_ID_COLUMNS = ("musicbrainz_recording_id", "musicbrainz_track_id")
BY_YOU = "you"


@dataclass(frozen=True)
class Matched:
    """The songs of a server with their tracks.

    Attributes
    ----------
    server : str
    songs : sequence of ServerSong
    """

    server: str
    songs: Sequence[ServerSong]

    @property
    def sure(self) -> list[ServerSong]:
        """Songs that are tracks of the library."""
        return [song for song in self.songs if song.track_id is not None and song.score >= SURE]

    @property
    def doubtful(self) -> list[ServerSong]:
        """Songs with an uncertain match; they are not used until the user accepts them."""
        return [song for song in self.songs if song.track_id is not None and song.score < SURE]

    @property
    def unknown(self) -> list[ServerSong]:
        """Songs that are not in the library."""
        return [song for song in self.songs if song.track_id is None]

    def __repr__(self) -> str:
        return (
            f"{self.server}: {counted(len(self.songs), 'song')} ({len(self.sure):,} in this library, "
            f"{len(self.doubtful):,} doubtful, {len(self.unknown):,} unknown)"
        )


def match_songs(
    songs: Sequence[FoundSong],
    table: LibraryTable,
    *,
    prefixes: Mapping[str, str],
    accepted: Mapping[str, int],
) -> list[ServerSong]:
    """Return each song with its track.

    Parameters
    ----------
    prefixes : mapping
        Folders here, each with the same folder on the server.
    accepted : mapping
        Track ids that the user has accepted, by song id.
    """
    there = table.take(~table.missing)
    rows: dict[str, tuple[int, str, float]] = {}
    for song, places in zip(
        songs, places_by_path([song.path for song in songs], list(there["path"]), prefixes), strict=True
    ):
        if places:
            rows[song.id] = _by_path(song, places, there)
    _add(rows, _by_musicbrainz(_open(songs, rows), there))
    _add(rows, _by_tags(_open(songs, rows), there))
    for song in songs:
        if (row := there.index_of(accepted.get(song.id, -1))) is not None:
            rows[song.id] = (row, BY_YOU, 1.0)
    return [_matched(song, rows.get(song.id), there) for song in songs]


def _by_path(song: FoundSong, places: Sequence[int], table: LibraryTable) -> tuple[int, str, float]:
    """Return the track at one of these places; it is certain only if all that fit in length have the same content."""
    row, *others = [row for row in places if (_length_gap(song, row, table) or 0) <= _SAME_LENGTH_S] or places
    hashes = table.texts("content_hash")
    sure = all(hashes[other] == hashes[row] is not None for other in others)
    return row, "path", _graded(1.0, song, row, table) if sure else _DOUBTFUL


def _open(songs: Sequence[FoundSong], rows: Mapping[str, tuple[int, str, float]]) -> list[FoundSong]:
    return [song for song in songs if song.id not in rows or rows[song.id][2] < SURE]


def _add(rows: dict[str, tuple[int, str, float]], found: Mapping[str, tuple[int, str, float]]) -> None:
    for song_id, one in found.items():
        if song_id not in rows or one[2] > rows[song_id][2]:
            rows[song_id] = one


def _by_musicbrainz(songs: Sequence[FoundSong], table: LibraryTable) -> dict[str, tuple[int, str, float]]:
    """Return the track with the same MusicBrainz id; of several, that of the same album, then of the nearest length."""
    wanted = {song.musicbrainz_id for song in songs if song.musicbrainz_id}
    rows_of: defaultdict[str, list[int]] = defaultdict(list)
    for column in _ID_COLUMNS if wanted else ():
        for row, id_ in enumerate(table.texts(column)):
            if id_ in wanted:
                rows_of[id_].append(row)
    lengths, albums = table.numbers("duration_s"), table.names("album")
    found = {}
    for song in songs:
        if rows := rows_of.get(song.musicbrainz_id or ""):
            album = (song.album or "").casefold()
            row = min(
                rows,
                key=lambda row: (
                    album not in albums[row],
                    np.nan_to_num(abs(lengths[row] - (song.duration_s or np.nan)), nan=np.inf),
                ),
            )
            found[song.id] = (row, "MusicBrainz id", _graded(1.0, song, row, table))
    return found


def _by_tags(songs: Sequence[FoundSong], table: LibraryTable) -> dict[str, tuple[int, str, float]]:
    """Return the track with the same artist and title; it is certain only if a known length and the edition fit."""
    titled = [song for song in songs if song.title]
    entries = [Entry("", None, song.title, song.artist, song.album, song.duration_s) for song in titled]
    found = {}
    for song, match in zip(titled, match_entries(entries, table) if entries else (), strict=True):
        row = None if match.track_id is None else table.index_of(match.track_id)
        if row is not None:
            sure = _length_gap(song, row, table) is not None and _same_edition(song, row, table)
            found[song.id] = (row, "tags", _graded(match.score, song, row, table) if sure else _DOUBTFUL)
    return found


def _same_edition(song: FoundSong, row: int, table: LibraryTable) -> bool:
    return same_edition((song.title, song.album), (table.text_at("title", row), table.text_at("album", row)))


def _graded(score: float, song: FoundSong, row: int, table: LibraryTable) -> float:
    gap = _length_gap(song, row, table)
    return score if gap is None or gap <= _SAME_LENGTH_S else _DOUBTFUL


def _length_gap(song: FoundSong, row: int, table: LibraryTable) -> float | None:
    length = table.number_at("duration_s", row)
    return None if length is None or song.duration_s is None else abs(length - song.duration_s)


def _matched(song: FoundSong, found: tuple[int, str, float] | None, table: LibraryTable) -> ServerSong:
    row, by, score = found or (None, None, 0.0)
    track_id = None if row is None else int(table.ids[row])
    return ServerSong(
        song.id, song.path, song.title, song.artist, song.album, song.duration_s, track_id, by, score
    )
