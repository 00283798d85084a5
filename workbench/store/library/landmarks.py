"""Landmarks by content: the first of each are read for all contents at once, the rest only to compare two."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.store.library.repository import Repository, in_groups

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIRST = 64
"""How many are kept apart."""


class FirstLandmarks(NamedTuple):
    """The first landmarks of every content, one content after the other.

    Attributes
    ----------
    ids : int64 array, shape (contents,), ascending
        Larger for what was saved later.
    hashes : list of str
    counts : int64 array, shape (contents,)
    landmarks : uint32 array, shape (sum of counts, 2)
    """

    ids: npt.NDArray[np.int64]
    hashes: list[str]
    counts: npt.NDArray[np.int64]
    landmarks: npt.NDArray[np.uint32]


class LandmarkRepository(Repository):
    """Reads landmarks; they are saved with the features."""

    def newest(self) -> int:
        """Return the id of what was saved last, 0 where there is nothing."""
        with self.pool.reading() as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM landmarks").fetchone()[0])

    def first(self) -> FirstLandmarks:
        """Return the first landmarks of every content."""
        import numpy as np

        with self.pool.reading() as connection:
            rows = connection.execute("SELECT id, content_hash, first FROM landmarks ORDER BY id").fetchall()
        ids, hashes, blobs = zip(*rows, strict=True) if rows else ((), (), ())
        counts = np.array([len(blob) // 8 for blob in blobs], np.int64)
        return FirstLandmarks(np.array(ids, np.int64), list(hashes), counts, as_landmarks(b"".join(blobs)))

    def of(self, hashes: Sequence[str]) -> dict[str, npt.NDArray[np.uint32]]:
        """Return all landmarks of these contents, each of shape (n, 2)."""
        found: dict[str, npt.NDArray[np.uint32]] = {}
        with self.pool.reading() as connection:
            for group, marks in in_groups(list(hashes)):
                sql = f"SELECT content_hash, first, rest FROM landmarks WHERE content_hash IN ({marks})"
                found.update(
                    (row[0], as_landmarks(row[1] + row[2])) for row in connection.execute(sql, group)
                )
        return found


def save_landmarks(connection: Connection, content_hash: str, landmarks: Any) -> None:
    """Save the landmarks of a content in place of earlier ones; a content without any has no row."""
    import numpy as np

    marks = np.ascontiguousarray(landmarks, "<u4")
    connection.execute("DELETE FROM landmarks WHERE content_hash = ?", (content_hash,))
    if len(marks):
        connection.execute(
            "INSERT INTO landmarks (content_hash, first, rest) VALUES (?, ?, ?)",
            (content_hash, marks[:FIRST].tobytes(), marks[FIRST:].tobytes()),
        )


def as_landmarks(data: bytes) -> npt.NDArray[np.uint32]:
    """Return stored landmarks as an array of shape (n, 2), read-only."""
    import numpy as np

    return np.frombuffer(data, "<u4").reshape(-1, 2)
