"""Sort the rows of a library table by columns, and read chosen columns of them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.sound_tags import BY_NAME
from workbench.analysis.tonality.camelot import UNKNOWN
from workbench.errors import ParameterValueError
from workbench.playlists.files.csv_list import safe_cell
from workbench.playlists.query.cursor import Cursor, Order, cursor_at, rows_before, sorted_text
from workbench.playlists.query.query_match import ALIASES, compile_query
from workbench.playlists.sound.arrays import Floats
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.keys import camelot_codes
from workbench.store.library.library_table import LibraryTable
from workbench.values import did_you_mean

Rows = npt.NDArray[np.int64]

DEFAULT_COLUMNS = (
    "title",
    "artist",
    "album",
    "genre",
    "year",
    "bpm",
    "key",
    "scale",
    "camelot",
    "loudness_lufs",
    "duration_s",
    "status",
    "path",
)
_KEYS = ("key", "camelot", "open_key")
_AT_A_TIME = 1000  # rows whose text is in memory at once


@dataclass(frozen=True)
class Listing:
    """The requested tracks in the requested order.

    Attributes
    ----------
    rows : int64 array, shape (n,)
        Rows of the table.
    orders : tuple of Order
        The columns that they are sorted by, before the id.
    """

    table: LibraryTable
    rows: Rows
    orders: tuple[Order, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def page(self, offset: int, limit: int | None) -> Listing:
        """Return at most ``limit`` tracks, from number ``offset`` on."""
        return replace(self, rows=self.rows[offset : None if limit is None else offset + limit])

    def after(self, cursor: Cursor) -> Listing:
        """Return the tracks after a track, which need not be in the listing any more.

        Parameters
        ----------
        cursor : int or str
            :attr:`next` of the page before; 0 for all.

        Raises
        ------
        ParameterValueError
            The cursor belongs to a listing in another order.
        """
        if cursor in (0, "0"):
            return self
        return replace(self, rows=self.rows[rows_before(cursor, self.rows, self.table.ids, self.orders) :])

    @property
    def next(self) -> Cursor | None:
        """The cursor of the page after the last track; ``None`` if there is none."""
        return cursor_at(int(self.rows[-1]), self.table.ids, self.orders) if len(self) else None

    @property
    def ids(self) -> list[int]:
        return [int(track) for track in self.table.ids[self.rows]]

    def records(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the id and these columns of each track, as JSON-serializable values.

        Raises
        ------
        ParameterValueError
            There is no such column. The message names the nearest one.
        """
        values = {name: column(self.table, name) for name in columns}
        for row in self.rows.tolist():
            yield {"id": int(self.table.ids[row])} | {
                name: _plain(known[row]) for name, known in values.items()
            }

    def csv(self, columns: Sequence[str]) -> Iterator[str]:
        """Yield a CSV file (RFC 4180) in parts; a text that a spreadsheet would take for a formula is made safe.

        Raises
        ------
        ParameterValueError
            There is no such column. The message names the nearest one.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(dict.fromkeys(("id", *columns)))
        for number, record in enumerate(self.records(columns), start=1):
            writer.writerow(
                safe_cell(value) if isinstance(value, str) else value for value in record.values()
            )
            if number % _AT_A_TIME == 0:
                yield _taken(text)
        yield _taken(text)


def listing(
    table: LibraryTable,
    *,
    query: str | None = None,
    where: str | None = None,
    status: str | None = None,
    sort: str | None = None,
) -> Listing:
    """Return the tracks that :meth:`TrackReader.find` finds, as rows of a table."""
    words = " and ".join(map(_quoted, (query or "").split()))
    text = " and ".join(f"({part})" for part in (words, (where or "").strip()) if part)
    rows, fits = compile_query(text, table).ranked() if text else (np.arange(len(table)), None)
    if status is not None:
        rows = rows[table.texts("status")[rows] == status]
    columns = _sort_columns(sort or "")
    for name, descending in reversed(columns):
        places = sort_places(table, name)[rows]
        rows = rows[np.argsort(-places if descending else places, kind="stable")]
    orders = [Order(name, _sorted_by(table, name), descending) for name, descending in columns]
    if fits is not None:
        orders.append(Order("fit", fits, descending=True))
    return Listing(table, rows, tuple(orders))


def column(table: LibraryTable, name: str) -> npt.NDArray[Any]:
    """Return a column by its name or by a word of the filter language, shape (n,).

    Raises
    ------
    ParameterValueError
        There is no such column. The message names the nearest one.
    """
    known = ALIASES.get(name, name)
    if known == "id":
        return table.ids
    if known == "energy":
        return energy(table)
    if known in BY_NAME:
        return table.numbers(known)
    if known in table.columns:
        return table.columns[known]
    names = sorted({*table.columns, *ALIASES, "id", "energy"})
    raise ParameterValueError(f"There is no column {name!r}.{did_you_mean(name, names)}", name=name)


def sort_places(table: LibraryTable, name: str) -> Floats:
    """Return numbers that sort like a column: keys around the Camelot wheel; NaN, which comes last, where unknown.

    Raises
    ------
    ParameterValueError
        There is no such column.
    """
    values = _sorted_by(table, name)
    return table.derived(("places", name), lambda: places_of(values))


def _sorted_by(table: LibraryTable, name: str) -> npt.NDArray[Any]:
    if ALIASES.get(name, name) in _KEYS:
        codes = camelot_codes(table)
        return np.where(codes == UNKNOWN, np.nan, codes)
    return column(table, name)


def places_of(values: npt.NDArray[Any]) -> Floats:
    """Return numbers that sort like the values, regardless of case; NaN where a value is not known."""
    if values.dtype != object:
        return values.astype(np.float64)
    known = np.array([value is not None for value in values], bool)
    places = np.full(len(values), np.nan)
    folded = [sorted_text(value) for value in values[known]]
    order = {text: place for place, text in enumerate(sorted(set(folded)))}
    places[known] = [order[text] for text in folded]
    return places


def _sort_columns(sort: str) -> list[tuple[str, bool]]:
    """Return the names of columns and whether each is descending.

    >>> _sort_columns("artist, year desc, -bpm")
    [('artist', False), ('year', True), ('bpm', True)]
    """
    return [_sort_column(part.split()) for part in sort.split(",") if part.strip()]


def _sort_column(words: Sequence[str]) -> tuple[str, bool]:
    name, *direction = (word.lower() for word in words)
    if direction not in ([], ["asc"], ["desc"]):
        raise ParameterValueError(
            f"Cannot sort by {' '.join(words)!r}. Give columns, such as: artist, year desc.", name="sort"
        )
    return name.removeprefix("-"), name.startswith("-") or direction == ["desc"]


def _quoted(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def _plain(value: Any) -> Any:
    """Return a value of a column for JSON: whole numbers without a fraction, unknown values as ``None``."""
    if isinstance(value, str) or value is None:
        return value
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _taken(text: io.StringIO) -> str:
    part = text.getvalue()
    text.seek(0)
    text.truncate()
    return part
