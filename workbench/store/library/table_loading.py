"""Load the whole library as columns, in one pass over packed rows."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

import orjson

from workbench.store.library.library_table import TEXT_COLUMNS, LibraryTable

if TYPE_CHECKING:
    import numpy.typing as npt

_ROWS_AT_A_TIME = 10_000  # 1,000 to 10,000 take the same time (40,000 tracks); all at once took 40 % longer
_TEXT = ("path", "content_hash", "status", "title", "artist", "album", "album_artist", "genre")
_NUMBERS = ("year", "track_number")
_REPEATED = frozenset({"status", "artist", "album", "album_artist", "genre"})
_SQL = f"""
    SELECT t.id, {", ".join(f"t.{name}" for name in (*_TEXT, *_NUMBERS))},
           f.layout, f.numbers, f.labels, f.vector
    FROM tracks t LEFT JOIN features f ON f.content_hash = t.content_hash ORDER BY t.id"""


def load_table(connection: Connection) -> LibraryTable:
    """Return all tracks as columns, from the snapshot that this connection reads."""
    return _Columns(connection).load()


def snapshot_id(connection: Connection) -> str:
    """Return the library's id and its count of changes as one text."""
    values = dict(
        connection.execute("SELECT key, value FROM meta WHERE key IN ('library_id', 'changes')").fetchall()
    )
    return f"{values['library_id']}-{values['changes']}"


class _Columns:
    """Arrays of the final size, filled some rows at a time, so that the table is in memory only once."""

    def __init__(self, connection: Connection) -> None:
        import numpy as np

        self._connection = connection
        self._count = connection.execute("SELECT count(*) FROM tracks").fetchone()[0]
        layouts = connection.execute("SELECT id, names FROM feature_layouts")
        self._layouts = {id_: orjson.loads(names) for id_, names in layouts}
        self._texts: dict[Any, Any] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self.ids = np.empty(self._count, np.int64)
        self.columns: dict[str, npt.NDArray[Any]] = {}
        labels = {name for _, names in self._layouts.values() for name in names}
        for name in (*TEXT_COLUMNS, *sorted(labels - set(TEXT_COLUMNS))):
            self.columns[name] = np.full(self._count, None, dtype=object)
        numbers = {name for names, _ in self._layouts.values() for name in names}
        for name in (*_NUMBERS, *sorted(numbers - self.columns.keys())):
            self.columns[name] = np.full(self._count, np.nan)
        self.vectors = np.full((self._count, self._vector_length()), np.nan, np.float32)

    def load(self) -> LibraryTable:
        cursor = self._connection.execute(_SQL)
        start = 0
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            self._fill(rows, slice(start, start + len(rows)))
            start += len(rows)
        return LibraryTable(snapshot_id(self._connection), self.ids, self.columns, self.vectors)

    def _vector_length(self) -> int:
        newest = "SELECT length(vector) / 4 FROM features ORDER BY version DESC, rowid DESC LIMIT 1"
        row = self._connection.execute(newest).fetchone()
        return int(row[0]) if row else 0

    def _fill(self, rows: Sequence[tuple[Any, ...]], place: slice) -> None:
        import numpy as np

        ids, *fields = zip(*rows, strict=True)
        *tags, layouts, numbers, labels, vectors = fields
        self.ids[place] = ids
        for name, values in zip(_TEXT, tags, strict=False):
            self.columns[name][place] = self._shared(values) if name in _REPEATED else values
        for name, values in zip(_NUMBERS, tags[len(_TEXT) :], strict=True):
            self.columns[name][place] = np.array(values, dtype=float)
        for layout in set(layouts) - {None}:
            at = np.array([index for index, used in enumerate(layouts) if used == layout])
            self._fill_numbers(layout, place.start + at, [numbers[index] for index in at])
            self._fill_labels(layout, place.start + at, [labels[index] for index in at])
        self._fill_vectors(place.start, vectors)

    def _shared(self, values: Sequence[Any]) -> list[Any]:
        """Return values with one object for equal texts, because artists and genres repeat."""
        return list(map(self._texts.setdefault, values, values))

    def _fill_numbers(self, layout: int, at: npt.NDArray[Any], blobs: list[bytes]) -> None:
        import numpy as np

        names = self._layouts[layout][0]
        block = np.frombuffer(b"".join(blobs), "<f8").reshape(len(blobs), len(names))
        for column, name in enumerate(names):
            if self.columns[name].dtype != object:
                self.columns[name][at] = block[:, column]

    def _fill_labels(self, layout: int, at: npt.NDArray[Any], texts: list[str]) -> None:
        for text in set(texts) - self._labels.keys():  # few differ: there are 24 keys
            self._labels[text] = tuple(orjson.loads(text))
        names = self._layouts[layout][1]
        for name, values in zip(names, zip(*map(self._labels.__getitem__, texts), strict=True), strict=True):
            self.columns[name][at] = values

    def _fill_vectors(self, start: int, blobs: Sequence[bytes | None]) -> None:
        import numpy as np

        length = self.vectors.shape[1]
        at = [index for index, blob in enumerate(blobs) if blob is not None and len(blob) == 4 * length]
        if at and length:
            data = b"".join(blob for index in at if (blob := blobs[index]) is not None)
            self.vectors[start + np.array(at)] = np.frombuffer(data, "<f4").reshape(len(at), length)
