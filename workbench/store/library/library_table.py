"""The library as columns, for playlists, maps and tables."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

from workbench.cards.card import card, note, table
from workbench.cards.drawings import key_chip
from workbench.readable import clock, counted, number, track_name
from workbench.store.library.records import LISTS, TEXT_TAGS
from workbench.store.library.text_column import TextColumn

T = TypeVar("T")

_SHOWN_ROWS = 10

TEXT_COLUMNS = (
    "path",
    "content_hash",
    "status",
    *TEXT_TAGS,
    "key",
    "scale",
    "camelot",
    "open_key",
    "key_runner_up",
    "scale_runner_up",
)


def split_list(text: str | None) -> tuple[str, ...]:
    """Split a text that is stored as a list, such as ``"Queen; David Bowie"``."""
    return tuple(dict.fromkeys(part for part in map(str.strip, (text or "").split(";")) if part))


@dataclass(frozen=True, eq=False)
class LibraryTable:
    """A table with one row per track, in order of id. Columns never change, so values derived from them are kept.

    Attributes
    ----------
    version : str
        Library snapshot id: changes exactly when tracks, tags or features change.
    ids : int64 array, shape (n,)
        Track ids, ascending.
    columns : mapping of str to array, shape (n,)
        Text as ``object`` arrays with ``None`` where absent (``TEXT_COLUMNS``), numbers as ``float64`` with
        NaN.
    vectors : float32 array, shape (n, d)
        Sound vectors, not standardized; NaN rows where a track is not analyzed.
    embeddings : float32 array, shape (n, e), optional
        The embedding of each track; NaN rows where the model has not analyzed the track.
    sound_tags : float32 array, shape (n, tags), optional
        Values of sound tags, 0 to 1; NaN where no network has analyzed the track.
    sound_tag_names : tuple of str
        The names of the columns of ``sound_tags``.
    """

    version: str
    ids: npt.NDArray[np.int64]
    columns: Mapping[str, npt.NDArray[Any]]
    vectors: npt.NDArray[np.float32]
    embeddings: npt.NDArray[np.float32] | None = None
    lyrics: Callable[[], Iterable[tuple[int, str]]] = field(default=tuple, repr=False)
    """Reads the lyrics by track id. They are longer than all columns together, so no table contains them."""
    sound_tags: npt.NDArray[np.float32] | None = None
    sound_tag_names: tuple[str, ...] = ()
    _derived: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a numeric column or sound tag, shape (n,); all NaN where the table has none of that name."""
        import numpy as np

        if (tag := self.sound_tag(name)) is not None:
            return self.derived(("sound tag", name), lambda: tag.astype(np.float64))
        column = self.columns.get(name)
        if column is None or column.dtype == object:
            return self.derived(("no numbers", name), lambda: np.full(len(self), np.nan))
        return column

    def sound_tag(self, name: str) -> npt.NDArray[np.float32] | None:
        """Return the values of a sound tag, shape (n,); ``None`` if there is no such sound tag."""
        if self.sound_tags is None or name not in self.sound_tag_names:
            return None
        return self.sound_tags[:, self.sound_tag_names.index(name)]

    def texts(self, name: str) -> npt.NDArray[np.object_]:
        """Return a text column, shape (n,); all ``None`` where the table has none of that name."""
        import numpy as np

        column = self.columns.get(name)
        if column is None or column.dtype != object:
            return self.derived(("no texts", name), lambda: np.full(len(self), None, dtype=object))
        return column

    def distinct(self, name: str) -> npt.NDArray[np.int64]:
        """Return a number for the text of each row, equal for equal texts, shape (n,); ``-1`` where absent."""
        import numpy as np

        column: Any = self.texts(name)
        if isinstance(column, TextColumn):
            return column.codes.astype(np.int64)
        known: dict[str | None, int] = {None: -1}
        return np.fromiter((known.setdefault(text, len(known) - 1) for text in column), np.int64, len(self))

    def codes(self, name: str) -> npt.NDArray[np.int64]:
        """Return a number for the text of each row, regardless of case, shape (n,); ``-1`` where absent.

        Where a track has several artists, the first counts.
        """
        import numpy as np

        def compute() -> npt.NDArray[np.int64]:
            known: dict[str, int] = {}
            firsts = (names[0] if names else "" for names in self.names(name))
            codes = (known.setdefault(first, len(known)) if first else -1 for first in firsts)
            return np.fromiter(codes, dtype=np.int64, count=len(self))

        return self.derived(("codes", name), compute)

    def names(self, name: str) -> list[tuple[str, ...]]:
        """Return the folded texts of each row: every artist of a track, one text for other columns, or none."""

        def compute() -> list[tuple[str, ...]]:
            if name not in LISTS:
                return [(text.casefold(),) if text else () for text in self.texts(name)]
            split = {text: split_list(text.casefold()) for text in set(self._listed(name))}
            return [split[text] for text in self._listed(name)]

        return self.derived(("names", name), compute)

    def names_at(self, name: str, row: int) -> tuple[str, ...]:
        """Return the folded texts of one row, as :meth:`names` does for all."""
        shown = self.texts(name)[row]
        if name in LISTS:
            return split_list((self.texts(LISTS[name])[row] or shown or "").casefold())
        return (shown.casefold(),) if shown else ()

    def rows_of(self, name: str) -> dict[str, list[int]]:
        """Return the rows of each folded text of a column; a track of two artists is in the rows of both."""

        def compute() -> dict[str, list[int]]:
            rows: defaultdict[str, list[int]] = defaultdict(list)
            for row, texts in enumerate(self.names(name)):
                for text in texts:
                    rows[text].append(row)
            return dict(rows)

        return self.derived(("rows of", name), compute)

    def _listed(self, name: str) -> list[str]:
        """Return the names of a column that may have several in a row; the shown text where they are not separated."""
        pairs = zip(self.texts(LISTS[name]), self.texts(name), strict=True)
        return [several or one or "" for several, one in pairs]

    def number_at(self, name: str, row: int) -> float | None:
        """Return one value of a numeric column, ``None`` where it is not finite."""
        value = float(self.numbers(name)[row])
        return value if math.isfinite(value) else None

    def text_at(self, name: str, row: int) -> str | None:
        """Return one value of a text column, ``None`` where absent or empty."""
        value = self.texts(name)[row]
        return str(value) if value else None

    def derived(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return ``compute()``, computed once for this table and key."""
        if key not in self._derived:
            self._derived[key] = compute()
        value: T = self._derived[key]
        return value

    def with_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> LibraryTable:
        """Return the same rows with these columns added or replaced. Values derived from the other columns are kept."""
        changed = replace(self, columns={**self.columns, **columns})
        changed._derived.update(
            (key, value)
            for key, value in list(self._derived.items())
            if not (isinstance(key, tuple) and columns.keys() & set(key))
        )
        known = ("analyzed", "embedded", "missing")
        vars(changed).update({name: vars(self)[name] for name in known if name in vars(self)})
        return changed

    def take(self, rows: npt.NDArray[Any]) -> LibraryTable:
        """Return the table of these rows (indices or a boolean mask)."""
        return LibraryTable(
            self.version,
            self.ids[rows],
            {name: column[rows] for name, column in self.columns.items()},
            self.vectors[rows],
            None if self.embeddings is None else self.embeddings[rows],
            self.lyrics,
            None if self.sound_tags is None else self.sound_tags[rows],
            self.sound_tag_names,
        )

    def row(self, index: int) -> dict[str, Any]:
        """Return one row as plain Python values, with ``id``, and ``None`` for NaN."""
        values: dict[str, Any] = {"id": int(self.ids[index])}
        for name, column in self.columns.items():
            value = column[index]
            if column.dtype != object:
                value = None if value != value else float(value)
            values[name] = value
        return values

    def index_of(self, track_id: int) -> int | None:
        """Return the row of a track id, or ``None``."""
        import numpy as np

        position = int(np.searchsorted(self.ids, track_id))
        return position if position < len(self.ids) and self.ids[position] == track_id else None

    @cached_property
    def analyzed(self) -> npt.NDArray[np.bool_]:
        """Rows that have a finite sound vector, as a mask of shape (n,)."""
        return _finite_rows(self.vectors, len(self))

    @cached_property
    def embedded(self) -> npt.NDArray[np.bool_]:
        """Rows that have a finite embedding, as a mask of shape (n,)."""
        return _finite_rows(self.embeddings, len(self))

    @cached_property
    def missing(self) -> npt.NDArray[np.bool_]:
        """Rows whose file is gone, as a mask of shape (n,)."""
        import numpy as np

        return np.asarray(self.texts("status") == "missing", dtype=bool)

    def __repr__(self) -> str:
        return (
            f"Library table: {counted(len(self), 'track')}, {int(self.analyzed.sum()):,} of them analyzed, "
            f"{len(self.columns)} columns\nAs pandas: table.to_frame()"
        )

    def _repr_html_(self) -> str:
        head = ("", "Title", "Artist", "Album", "BPM", "Key", "Length")
        rows = [
            [
                int(self.ids[row]),
                track_name(
                    {
                        "id": int(self.ids[row]),
                        "title": self.text_at("title", row),
                        "path": self.text_at("path", row),
                    }
                ),
                self.text_at("artist", row),
                self.text_at("album", row),
                number(self.number_at("bpm", row)),
                key_chip(self.text_at("camelot", row)),
                clock(self.number_at("duration_s", row)),
            ]
            for row in range(min(len(self), _SHOWN_ROWS))
        ]
        about = f"{int(self.analyzed.sum()):,} of them analyzed, {len(self.columns)} columns"
        more = len(self) - len(rows)
        return card(
            counted(len(self), "track"),
            table(head, rows, right=("", "BPM", "Length")),
            note(f"… and {more:,} more" if more else ""),
            about=about,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame indexed by track id, with the sound tags and without the vectors.

        Title, artist, album, tempo, key and length come first, path and content hash last.
        """
        from workbench.store.library.library_frame import library_frame

        return library_frame(self.ids, self.columns, self.sound_tags, self.sound_tag_names)


def _finite_rows(values: npt.NDArray[np.float32] | None, count: int) -> npt.NDArray[np.bool_]:
    import numpy as np

    if values is None or not values.shape[1]:
        return np.zeros(count, dtype=bool)
    return np.asarray(np.isfinite(values).all(axis=1))
