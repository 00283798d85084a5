"""The library as columns: what playlists, maps and tables compute on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

TEXT_COLUMNS = (
    "path",
    "content_hash",
    "status",
    "title",
    "artist",
    "album",
    "album_artist",
    "genre",
    "key",
    "scale",
    "camelot",
    "open_key",
    "key_runner_up",
    "scale_runner_up",
)


@dataclass(frozen=True)
class LibraryTable:
    """One row a track, in order of id.

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
        Similarity vectors, not standardized; NaN rows where a track is not analyzed.
    """

    version: str
    ids: npt.NDArray[np.int64]
    columns: Mapping[str, npt.NDArray[Any]]
    vectors: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def take(self, rows: npt.NDArray[Any]) -> LibraryTable:
        """Return the table of these rows (indices or a boolean mask)."""
        return LibraryTable(
            self.version,
            self.ids[rows],
            {name: column[rows] for name, column in self.columns.items()},
            self.vectors[rows],
        )

    def row(self, index: int) -> dict[str, Any]:
        """Return one row as plain Python values, ``id`` included, ``None`` for NaN."""
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
        """Rows that have a finite similarity vector, as a mask of shape (n,)."""
        import numpy as np

        if not self.vectors.shape[1]:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(np.isfinite(self.vectors).all(axis=1))

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame indexed by track id, without the vectors."""
        import pandas as pd

        return pd.DataFrame(dict(self.columns), index=pd.Index(self.ids, name="id"))
