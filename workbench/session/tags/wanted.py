"""Convert the values of a track in the library to values of tags."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.level.loudness import loudness_together
from workbench.analysis.one_pass import REPLAY_GAIN_LUFS
from workbench.audio.tags.writing import Value
from workbench.errors import TagsError
from workbench.readable import short_key

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

MEASURED = ("bpm", "key", "replaygain")
FIELDS = (*MEASURED, "mood", "genre")
KEYS = ("name", "camelot", "openkey")

Histogram = Callable[[str], npt.NDArray[np.floating[Any]] | None]
"""``histogram(content_hash)`` returns the loudness histogram of a content; ``None`` before its analysis."""

_DISC_FOLDER = re.compile(r"(?:cd|dis[ck]|part)[ _.-]*\d{1,2}", re.IGNORECASE)


class Wanted:
    """The values to be written into the files of a table.

    Parameters
    ----------
    fields : sequence of str
        Names in ``FIELDS``, or of other columns with results of the analysis or of models.
    key : {"name", "camelot", "openkey"}
        How keys are written: ``Am``, ``8A`` or ``1m``.
    minimum_probability : float
        The least probability of a genre from a tagger.

    Raises
    ------
    TagsError
        There is no such field, or no track has a value for it.
    """

    def __init__(
        self,
        table: LibraryTable,
        histogram: Histogram,
        *,
        fields: Sequence[str],
        key: str = "name",
        minimum_probability: float = 0.8,
    ) -> None:
        if key not in KEYS:
            raise TagsError(f"A key is written as {', '.join(KEYS)}, not {key!r}.")
        if not fields:
            raise TagsError(f"No field was named. Take some of: {', '.join(FIELDS)}.")
        self._table = table
        self._histogram = histogram
        self._key = key
        self._minimum = minimum_probability
        self._fields = fields
        self._albums: dict[Hashable, tuple[float, float] | None] = {}
        self._rows_of_albums = _albums(table) if "replaygain" in fields else {}
        self.incomplete: set[str] = set()
        """Albums without a gain, because some of their tracks are not analyzed."""
        for field in fields:
            self._check(field)

    def of(self, row: int) -> dict[str, Value]:
        """Return the values of one row by field; unknown ones are left out."""
        values: dict[str, Value | None] = {}
        for field in self._fields:
            if field == "replaygain":
                values |= self._replay_gain(row)
            elif field == "key":
                values[field] = self._key_of(row)
            elif field == "genre":
                values[field] = self._genre(row)
            else:
                values[field] = _plain(self._table[field][row])
        return {field: value for field, value in values.items() if value is not None}

    def _check(self, field: str) -> None:
        if field in MEASURED:
            return
        if field in FIELDS:
            values = self._table.columns.get("predicted_genre" if field == "genre" else field, ())
            if any(_plain(value) is not None for value in values):
                return
            raise TagsError(
                f"No {field} has been predicted. Run `workbench embed` with a model that predicts it"
                + (", or `workbench tagger apply --label genre`." if field == "genre" else "."),
                field=field,
            )
        if field in _own_fields(self._table):
            return
        raise TagsError(
            f"There is no field {field!r} to write. Take some of: {', '.join((*FIELDS, *_own_fields(self._table)))}.",
            field=field,
        )

    def _key_of(self, row: int) -> Value | None:
        if self._key != "name":
            return _plain(self._table.texts("open_key" if self._key == "openkey" else "camelot")[row])
        return short_key(self._table.texts("key")[row], self._table.texts("scale")[row]) or None

    def _genre(self, row: int) -> Value | None:
        probability = self._table.numbers("predicted_genre_probability")[row]
        genre = self._table["predicted_genre"][row]
        return None if probability < self._minimum else _plain(genre)

    def _replay_gain(self, row: int) -> dict[str, Value | None]:
        table = self._table
        values: dict[str, Value | None] = {
            "track_gain": _plain(table.numbers("replay_gain_db")[row]),
            "track_peak": _peak(table.numbers("true_peak_dbtp")[row]),
        }
        album = _album(table, row)
        if album is not None and (found := self._album_gain(album)) is not None:
            values |= {"album_gain": found[0], "album_peak": found[1]}
        return values

    def _album_gain(self, album: Hashable) -> tuple[float, float] | None:
        """Return gain, dB, and peak, full scale = 1.0, of an album; ``None`` if they are not known."""
        if album not in self._albums:
            self._albums[album] = self._measure_album(self._rows_of_albums[album])
        return self._albums[album]

    def _measure_album(self, rows: Sequence[int]) -> tuple[float, float] | None:
        table = self._table
        histograms = [
            self._histogram(table["content_hash"][row]) if table["status"][row] == "analyzed" else None
            for row in rows
        ]
        known = [histogram for histogram in histograms if histogram is not None]
        if len(known) < len(rows):
            self.incomplete.add(table["album"][rows[0]])
            return None
        lufs = loudness_together(known)
        peaks = [peak for row in rows if (peak := _peak(table.numbers("true_peak_dbtp")[row])) is not None]
        return None if lufs is None or not peaks else (REPLAY_GAIN_LUFS - lufs, max(peaks))


def _albums(table: LibraryTable) -> Mapping[Hashable, list[int]]:
    """Return the rows of each album, without missing files."""
    rows: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row in np.flatnonzero(~table.missing).tolist():
        if (album := _album(table, row)) is not None:
            rows[album].append(row)
    return rows


def _album(table: LibraryTable, row: int) -> Hashable | None:
    """Return a key that only the tracks of one album share: its id, or its title with its artist or folder."""
    release = table.texts("musicbrainz_album_id")[row]
    if release:
        return ("release", release)
    album, artist = table.texts("album")[row], table.texts("album_artist")[row]
    if not album:
        return None
    folder = Path(table["path"][row]).parent
    if _DISC_FOLDER.fullmatch(folder.name):
        folder = folder.parent
    return (album.casefold(), artist.casefold() if artist else str(folder))


def _peak(true_peak_dbtp: float) -> float | None:
    """Return the true peak as a share of full scale, as loudgain writes it; it is never below that of the samples."""
    return None if math.isnan(true_peak_dbtp) else float(10 ** (true_peak_dbtp / 20))


def _own_fields(table: LibraryTable) -> list[str]:
    """Return the columns with descriptors and predictions, which come from neither tags nor the file system."""
    from workbench.analysis.descriptors import names

    descriptors = {*names("scalar", "text", "perceptual")} - {*MEASURED, "mood", "genre"}
    return [name for name in table.columns if name in descriptors or name.startswith(("predicted_", "mood_"))]


def _plain(value: Any) -> Value | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    return None if math.isnan(value) else float(value)


def rows_below(table: LibraryTable, paths: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Return which tracks lie at or below one of these absolute paths, as a mask of shape (n,)."""
    below = tuple(path.rstrip("/") + "/" for path in paths)
    return np.array([f"{path}/".startswith(below) for path in table["path"]], bool)
