"""Load the whole library as columns, in one pass over packed rows."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

import orjson

from workbench.store.library.features import LAYOUTS
from workbench.store.library.library_table import TEXT_COLUMNS, LibraryTable
from workbench.store.library.records import NUMBER_TAGS, TEXT_TAGS
from workbench.store.library.track import MAIN_TAGS
from workbench.store.sqlite.checksums import intact
from workbench.store.sqlite.stored_text import from_stored

if TYPE_CHECKING:
    import numpy.typing as npt

_ROWS_AT_A_TIME = 10_000  # 1,000 to 10,000 take the same time (40,000 tracks); all at once took 40 % longer
_SOME = 20  # newest features, from which the length of a vector is read; damaged ones are skipped
_FILE = ("path", "content_hash", "status")
_DISTINCT = frozenset({"path", "content_hash", "title", "isrc", "comment"})
_LYRICS = "has_lyrics"  # the lyrics themselves stay in the database: they are longer than all other columns together
_ADDED = "added_at"  # seconds since the epoch
_SOURCES = {_LYRICS: "t.lyrics IS NOT NULL"}


# 0 for features that are intact, NULL where there are none.
_DAMAGED_ROW = f"""
    CASE WHEN f.checksum IS NULL THEN NULL
        WHEN {intact("checksum", key="t.content_hash")} AND f.layout IN (SELECT id FROM ({LAYOUTS})) THEN 0
        ELSE f.rowid END"""


def load_table(connection: Connection) -> tuple[LibraryTable, list[int]]:
    """Return all tracks as columns, from the snapshot that this connection reads, and the rows of damaged ``features``.

    Damaged features are not in the table.
    """
    columns = _Columns(connection)
    return columns.load(), columns.damaged


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
        self._layouts = {id_: orjson.loads(names)[:2] for id_, names in connection.execute(LAYOUTS)}
        self.damaged: list[int] = []
        self._texts: dict[Any, Any] = {}
        self._labels: dict[bytes, tuple[str, ...]] = {}
        self.ids = np.empty(self._count, np.int64)
        self.columns: dict[str, npt.NDArray[Any]] = {}
        labels = {name for _, names in self._layouts.values() for name in names}
        self._used = self._tags_used()
        no_text, no_number = np.full(self._count, None, dtype=object), np.full(self._count, np.nan)
        no_text.flags.writeable = no_number.flags.writeable = False
        for name in (*TEXT_COLUMNS, *sorted(labels - set(TEXT_COLUMNS))):
            self.columns[name] = no_text if self._is_unused(name) else no_text.copy()
        numbers = {name for names, _ in self._layouts.values() for name in names}
        for name in (*NUMBER_TAGS, _LYRICS, _ADDED, *sorted(numbers - self.columns.keys())):
            self.columns[name] = no_number if self._is_unused(name) else no_number.copy()
        self.vectors = np.full((self._count, self._vector_length()), np.nan, np.float32)

    def _tags_used(self) -> list[str]:
        """Return the tags that at least one track has. The columns of all other tags share one array."""
        names = (*TEXT_TAGS, *NUMBER_TAGS)
        counts = ", ".join(f"count({name})" for name in names)
        row = self._connection.execute(f"SELECT {counts} FROM tracks").fetchone()
        return [name for name, count in zip(names, row, strict=True) if count]

    def _is_unused(self, name: str) -> bool:
        return name in (*TEXT_TAGS, *NUMBER_TAGS) and name not in (*self._used, *MAIN_TAGS)

    def load(self) -> LibraryTable:
        self._loaded = [*_FILE, *self._used, _LYRICS, _ADDED]
        columns = ", ".join(_SOURCES.get(name, f"t.{name}") for name in self._loaded)
        cursor = self._connection.execute(
            f"SELECT t.id, {columns}, {_DAMAGED_ROW}, f.layout, f.numbers, CAST(f.labels AS BLOB), f.vector "
            "FROM tracks t LEFT JOIN features f ON f.content_hash = t.content_hash ORDER BY t.id"
        )
        start = 0
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            self._fill(rows, slice(start, start + len(rows)))
            start += len(rows)
        return LibraryTable(snapshot_id(self._connection), self.ids, self.columns, self.vectors)

    def _vector_length(self) -> int:
        newest = f"""
            SELECT length(vector) / 4 FROM features f
            WHERE rowid IN (SELECT rowid FROM features ORDER BY version DESC, rowid DESC LIMIT {_SOME})
                AND {intact("checksum", key="content_hash")} ORDER BY version DESC, rowid DESC LIMIT 1"""
        row = self._connection.execute(newest).fetchone()
        return int(row[0]) if row else 0

    def _fill(self, rows: Sequence[tuple[Any, ...]], place: slice) -> None:
        import numpy as np

        ids, *fields = zip(*rows, strict=True)
        *tags, damaged, layouts, numbers, labels, vectors = fields
        self.damaged += filter(None, damaged)
        paths = self._loaded.index("path")
        tags[paths] = tuple(map(from_stored, tags[paths]))
        used = [layout if row == 0 else None for row, layout in zip(damaged, layouts, strict=True)]
        self.ids[place] = ids
        for name, values in zip(self._loaded, tags, strict=True):
            if self.columns[name].dtype != object:
                self.columns[name][place] = np.array(values, dtype=float)
            else:
                self.columns[name][place] = values if name in _DISTINCT else self._shared(values)
        for layout in {layout for layout in used if layout is not None}:
            at = np.array([index for index, its in enumerate(used) if its == layout])
            self._fill_numbers(layout, place.start + at, [numbers[index] for index in at])
            self._fill_labels(layout, place.start + at, [labels[index] for index in at])
        self._fill_vectors(
            place.start, [blob if row == 0 else None for row, blob in zip(damaged, vectors, strict=True)]
        )

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

    def _fill_labels(self, layout: int, at: npt.NDArray[Any], texts: list[bytes]) -> None:
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
