"""Store the files of the library: those that a scan found, moved files, missing files."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from workbench.store.library.features import own_versions
from workbench.store.library.records import TAG_NAMES, FeaturesVersion, KnownFile, ScannedFile
from workbench.store.library.repository import Repository, in_groups
from workbench.store.sqlite.checksums import SEAL_TRACKS, TRACK_INTACT, intact
from workbench.store.sqlite.stored_text import from_stored

_INT64_MAX = 2**63 - 1
_COPIES_CHECKED = 16  # bounds the work when a library has thousands of copies of one file
_SEARCHED = ("title", "artist", "artists", "album", "album_artist", "genre", "composer")
_DAMAGED_BYTES = -1  # no file has this size, so the whole file is read again

_KNOWN = f"""
    SELECT t.path, t.id, CASE WHEN {TRACK_INTACT} THEN t.size_bytes ELSE {_DAMAGED_BYTES} END, t.mtime_ns,
           t.content_hash, t.status,
           CASE WHEN {intact("checksum", key="t.content_hash")} THEN f.version END, f.layout, t.error, t.error_kind,
           t.ctime_ns
    FROM tracks t LEFT JOIN features f ON f.content_hash = t.content_hash"""

_COLUMNS = (
    "path",
    "content_hash",
    "size_bytes",
    "mtime_ns",
    "ctime_ns",
    "analysis",
    "error",
    "error_kind",
    *TAG_NAMES,
    "search",
)
_INSERT = (
    f"INSERT INTO tracks ({', '.join(_COLUMNS)}, added_at) VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"
)
_UPDATE = (
    f"UPDATE tracks SET {', '.join(f'{name} = ?' for name in _COLUMNS)}, missing_since = NULL WHERE id = ?"
)
_SEAL = f"{SEAL_TRACKS} WHERE id = ?"


class FileRepository(Repository):
    """Keeps one row for each file; a moved file keeps its row."""

    def known(self, prefixes: Iterable[str | os.PathLike[str]] | None = None) -> dict[str, KnownFile]:
        """Return the known facts of every file at or below these paths (of all files by default), by path.

        A file whose row is damaged counts as changed.
        """
        known: dict[str, KnownFile] = {}
        with self.pool.snapshot() as connection:
            own = own_versions(connection)
            if prefixes is None:
                return {from_stored(row[0]): _known(row, own) for row in connection.execute(_KNOWN)}
            for prefix in prefixes:
                low, high = _range_under(os.fspath(prefix))
                rows = connection.execute(
                    f"{_KNOWN} WHERE t.path = ? OR (t.path >= ? AND t.path < ?)",
                    (os.fspath(prefix), low, high),
                )
                known.update((from_stored(row[0]), _known(row, own)) for row in rows)
        return known

    def add(self, files: Sequence[ScannedFile]) -> list[int]:
        """Insert or update the rows of these files and return their ids, in order.

        A new path gets the row of a file with the same content that is no longer on disk: the file was moved. A path
        whose content changed keeps its row and is analyzed again, unless the new content is known.
        """
        there = {file.path for file in files}
        with self.pool.writing() as connection:
            return [self._add(connection, file, there) for file in files]

    def has_tags(self, file: ScannedFile) -> bool:
        """Return whether the row of this path has exactly these tags."""
        query = f"SELECT {', '.join(TAG_NAMES)} FROM tracks WHERE path = ?"
        with self.pool.reading() as connection:
            row = connection.execute(query, (file.path,)).fetchone()
        return bool(row == _tags(file))

    def mark_missing(self, ids: Sequence[int]) -> None:
        """Mark files as missing; their rows and features are kept."""
        self._mark("missing_since = coalesce(missing_since, ?)", [self._now()], ids)

    def mark_present(self, ids: Sequence[int]) -> None:
        """Mark files as no longer missing."""
        self._mark("missing_since = NULL", [], ids)

    def _mark(self, assignment: str, values: list[Any], ids: Sequence[int]) -> None:
        with self.pool.writing() as connection:
            for group, marks in in_groups(list(ids)):
                connection.execute(f"UPDATE tracks SET {assignment} WHERE id IN ({marks})", (*values, *group))

    def _add(self, connection: Connection, file: ScannedFile, there: set[str]) -> int:
        row = connection.execute("SELECT id FROM tracks WHERE path = ?", (file.path,)).fetchone()
        track_id = row[0] if row else _moved_row(connection, file, there)
        values = _row(file, *_outcome(connection, file))
        if track_id is None:
            track_id = connection.execute(_INSERT, (*values, self._now())).lastrowid or 0
        else:
            connection.execute(_UPDATE, (*values, track_id))
        connection.execute(_SEAL, (track_id,))
        return int(track_id)


def _known(row: tuple[Any, ...], own: Mapping[int, Mapping[str, int]]) -> KnownFile:
    version, layout = row[6:8]
    computed_by = FeaturesVersion(version, own[layout]) if version is not None and layout in own else None
    return KnownFile._make((*row[1:6], computed_by, *row[8:]))


def _range_under(folder: str) -> tuple[str, str]:
    """Return the half-open range of texts that contains the paths below a folder."""
    low = folder if folder.endswith(os.sep) else folder + os.sep
    return low, low[:-1] + chr(ord(low[-1]) + 1)


def _moved_row(connection: Connection, file: ScannedFile, there: set[str]) -> int | None:
    """Return the row of a file with the same content that is no longer on disk, preferably of the same name."""
    if file.content_hash is None:
        return None
    name = Path(file.path).name
    rows = [
        (track_id, from_stored(path))
        for state in ("IS NOT NULL", "IS NULL")
        for track_id, path in connection.execute(
            f"SELECT id, path FROM tracks WHERE content_hash = ? AND missing_since {state} LIMIT {_COPIES_CHECKED}",
            (file.content_hash,),
        )
    ]
    gone = [
        (Path(path).name != name, track_id)
        for track_id, path in rows
        if path not in there and not os.path.lexists(path)
    ]
    return min(gone)[1] if gone else None


def _outcome(connection: Connection, file: ScannedFile) -> tuple[str, str | None, str | None]:
    """Return the analysis status, error and error kind of a file, as the library knows them for its content."""
    if file.error is not None:
        return "failed", file.error, file.error_kind
    query = "SELECT error, error_kind FROM quarantine WHERE content_hash = ?"
    if quarantined := connection.execute(query, (file.content_hash,)).fetchone():
        return "failed", *quarantined
    query = "SELECT 1 FROM features WHERE content_hash = ? AND checksum IS NOT NULL"
    if connection.execute(query, (file.content_hash,)).fetchone():
        return "analyzed", None, None
    return "pending", None, None


def _row(file: ScannedFile, analysis: str, error: str | None, error_kind: str | None) -> tuple[Any, ...]:
    search = search_text(file.path, file.tags)
    return (
        file.path,
        file.content_hash,
        file.size_bytes,
        file.mtime_ns,
        file.ctime_ns,
        analysis,
        error,
        error_kind,
        *_tags(file),
        search,
    )


def _tags(file: ScannedFile) -> tuple[Any, ...]:
    return tuple(_clean(file.tags.get(name)) for name in TAG_NAMES)


def search_text(path: str, tags: Mapping[str, Any]) -> str:
    """Return the text that a search looks in: tags and path, folded."""
    parts = dict.fromkeys(_clean(tags.get(name)) for name in _SEARCHED)
    return fold("\n".join(str(part) for part in (*parts, path) if part))


def fold(text: str) -> str:
    """Return text without case, accents, joiners and compatibility forms, so that "beyonce" finds "Beyoncé"."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.encode("utf-8", "replace").decode())
    return "".join(char for char in decomposed if not _is_invisible(char)).casefold()


def _is_invisible(char: str) -> bool:
    """Whether a character is an accent, or an invisible character that joins or separates its neighbors."""
    return bool(unicodedata.combining(char)) or unicodedata.category(char) == "Cf"


def _clean(value: Any) -> Any:
    """Return a tag that SQLite can store."""
    if isinstance(value, int | float):
        return value if abs(value) <= _INT64_MAX else None
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value)) or None
    return None if value is None else str(value).encode("utf-8", "replace").decode()
