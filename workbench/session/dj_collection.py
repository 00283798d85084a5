"""Convert tracks of the library to a collection for DJ programs, with beat grids and cue points."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.playlists.dj.beat_grid import beat_grid
from workbench.playlists.dj.collection import Collection, CollectionTrack, Listed
from workbench.playlists.dj.cue_points import cue_points
from workbench.playlists.files.locations import location_of
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

_TEXTS = ("title", "artist", "album", "composer", "grouping", "genre", "comment", "key", "scale")
_NUMBERS = (
    "duration_s",
    "disc_number",
    "track_number",
    "year",
    "bpm",
    "added_at",
    "sample_rate_hz",
    "plays",
    "play_count",
    "rating",
    "player_rating",
    "time_signature",
    "leading_silence_s",
    "trailing_silence_s",
    "fade_out_s",
    "preview_start_s",
)
_log = logging.getLogger(__name__)


def collection_of(
    library: Library,
    table: LibraryTable,
    playlists: Sequence[Playlist],
    *,
    prefix_map: Mapping[str, str] | None = None,
) -> Collection:
    """Return a collection of playlists and their tracks.

    Parameters
    ----------
    prefix_map : mapping of str to str, optional
        Prefixes of paths here, and the ones on the machine of the DJ program.
    """
    wanted = [track.id for made in playlists for track in made if track.path]
    rows = np.flatnonzero(np.isin(table.ids, wanted))
    return whole_collection(library, table, playlists, rows=rows, prefix_map=prefix_map)


def whole_collection(
    library: Library,
    table: LibraryTable,
    playlists: Sequence[Playlist],
    *,
    rows: npt.NDArray[np.int64],
    prefix_map: Mapping[str, str] | None = None,
) -> Collection:
    """Return a collection of these rows of the table; playlists keep their tracks among them that are not missing."""
    rows = rows[~table.missing[rows]]
    there = set(table.ids[rows].tolist())
    listed = [Listed(made.name, [id_ for id_ in made.track_ids if id_ in there]) for made in playlists]
    if left_out := sum(map(len, playlists)) - sum(len(one.track_ids) for one in listed):
        _log.warning(
            "%s of playlists not in this collection: missing, or not chosen.", counted(left_out, "track")
        )
    return Collection(len(rows), _tracks(library, table, rows.tolist(), prefix_map or {}), listed)


def _tracks(
    library: Library, table: LibraryTable, rows: Sequence[int], prefix_map: Mapping[str, str]
) -> Iterator[CollectionTrack]:
    for row in rows:
        values: dict[str, Any] = {name: table.text_at(name, row) for name in _TEXTS}
        values |= {name: table.number_at(name, row) for name in _NUMBERS}
        series = library.features.series(table.text_at("content_hash", row) or "")
        beats = np.asarray(series.get("beats_s", ()), np.float64)
        yield CollectionTrack(
            int(table.ids[row]),
            location_of(str(table.text_at("path", row)), Path("/"), paths="absolute", prefix_map=prefix_map),
            {name: value for name, value in values.items() if value is not None},
            beat_grid(beats, int(values["time_signature"] or 4)),
            cue_points(values, series, beats) if values["duration_s"] else [],
        )
