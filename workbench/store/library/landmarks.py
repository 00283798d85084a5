"""Store landmarks by content: the first ones are read for all contents, the others only to compare two contents."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.store.library.damage import set_features_aside
from workbench.store.library.repository import Repository, in_groups
from workbench.store.sqlite.checksums import intact

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIRST = 64
"""How many landmarks of a content are stored in a column of their own."""


class FirstLandmarks(NamedTuple):
    """The first landmarks of every content, one content after the other.

    Attributes
    ----------
    ids : int64 array, shape (contents,), ascending
        Later saves have larger ids.
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
        """Return the id of the landmarks that were saved last; 0 if there are none."""
        with self.pool.reading() as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM landmarks").fetchone()[0])

    def first(self) -> FirstLandmarks:
        """Return the first landmarks of every content."""
        import numpy as np

        rows = self._read("l.first, x''", intact("first_checksum", key="l.content_hash"))
        ids, hashes, blobs = zip(*rows, strict=True) if rows else ((), (), ())
        counts = np.array([len(blob) // 8 for blob in blobs], np.int64)
        return FirstLandmarks(np.array(ids, np.int64), list(hashes), counts, as_landmarks(b"".join(blobs)))

    def of(self, hashes: Sequence[str]) -> dict[str, npt.NDArray[np.uint32]]:
        """Return all landmarks of these contents, each of shape (n, 2)."""
        found: dict[str, npt.NDArray[np.uint32]] = {}
        for group, marks in in_groups(list(hashes)):
            condition = intact("first_checksum", "rest_checksum", key="l.content_hash")
            rows = self._read(
                "l.first, l.rest", condition, where=f"AND l.content_hash IN ({marks})", values=group
            )
            found.update((content, as_landmarks(data)) for _, content, data in rows)
        return found

    def _read(
        self, data: str, condition: str, *, where: str = "", values: Sequence[str] = ()
    ) -> list[tuple[int, str, bytes]]:
        """Return ids, content hashes and landmarks; contents whose landmarks are damaged are set aside."""
        sql = f"""
            SELECT l.id, CAST(l.content_hash AS BLOB), {data}, {condition}, f.rowid
            FROM landmarks l JOIN features f ON f.content_hash = l.content_hash
            WHERE f.checksum IS NOT NULL {where} ORDER BY l.id"""
        with self.pool.reading() as connection:
            rows = connection.execute(sql, values).fetchall()
        if damaged := [row[-1] for row in rows if not row[-2]]:
            set_features_aside(self.pool, damaged)
        return [(row[0], row[1].decode(), row[2] + row[3]) for row in rows if row[-2]]


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
