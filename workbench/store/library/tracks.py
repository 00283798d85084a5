"""Tracks as stored: one, some, or a page of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.store.library.damage import set_features_aside, set_rows_aside
from workbench.store.library.files import fold
from workbench.store.library.library_table import split_list
from workbench.store.library.records import LISTS, TAG_NAMES
from workbench.store.library.repository import Repository, from_json, in_groups
from workbench.store.library.track import MAIN_TAGS, Track
from workbench.store.sqlite.checksums import TRACK_INTACT, intact
from workbench.store.sqlite.stored_text import from_stored

_SELECT = f"""
    SELECT t.id, t.path, t.content_hash, t.status, {", ".join(f"t.{name}" for name in TAG_NAMES)},
           t.size_bytes, t.mtime_ns, t.error, t.error_kind,
           t.checksum IS NULL OR {TRACK_INTACT},
           CASE WHEN f.checksum IS NULL THEN 'absent'
               WHEN {intact("scalars_checksum", key="t.content_hash")} THEN 'intact' ELSE f.rowid END,
           CAST(d.scalars AS BLOB)
    FROM tracks t LEFT JOIN features f ON f.content_hash = t.content_hash
        LEFT JOIN feature_details d ON d.content_hash = f.content_hash"""

_TITLE = "substr(t.search, 1, instr(t.search, char(10)))"
_SHOWN = frozenset((*MAIN_TAGS, *LISTS.values()))
_STATUSES = ("pending", "analyzed", "failed", "missing")
_FIRST_PAGE, _PAGE = 100, 1000  # the first is small, so that it is shown at once; larger pages are not faster


class TrackRepository(Repository):
    """Reads tracks."""

    def count_by_status(self) -> dict[str, int]:
        """Return the number of tracks of each status."""
        with self.pool.reading() as connection:
            found = dict(connection.execute("SELECT status, tracks FROM track_counts").fetchall())
        return {status: found.get(status, 0) for status in _STATUSES}

    def count(self, *, query: str | None = None, status: str | None = None) -> int:
        """Return how many tracks :meth:`select` returns without a limit. Without words, the number is known already."""
        if not fold(query or "").split():
            counts = self.count_by_status()
            return sum(counts.values()) if status is None else counts.get(status, 0)
        where, values = _where(query, status)
        with self.pool.reading() as connection:
            return int(connection.execute(f"SELECT count(*) FROM tracks t{where}", values).fetchone()[0])

    def count_added_since(self, at: float) -> int:
        """Return the number of tracks that were added after a Unix time."""
        with self.pool.reading() as connection:
            sql = "SELECT count(*) FROM tracks WHERE added_at > ?"
            return int(connection.execute(sql, (at,)).fetchone()[0])

    def added_since(self, at: float) -> list[int]:
        """Return the ids of tracks that were added after a Unix time, the newest first."""
        sql = "SELECT id FROM tracks WHERE added_at > ? ORDER BY added_at DESC, id DESC"
        with self.pool.reading() as connection:
            return [int(row[0]) for row in connection.execute(sql, (at,))]

    def select(
        self,
        *,
        limit: int | None = None,
        offset: int = 0,
        query: str | None = None,
        status: str | None = None,
        after: int = 0,
    ) -> list[Track]:
        """Return tracks in order of id.

        Parameters
        ----------
        after : int
            Only tracks with a higher id. Unlike with ``offset``, a late page is as fast as the first one.
        query : str, optional
            Words that must all occur in title, artist, album, genre or path; case and accents are ignored.
        status : {"pending", "analyzed", "failed", "missing"}, optional
        """
        where, values = _where(query, status, after)
        page = f"SELECT t.id FROM tracks t{where} ORDER BY t.id LIMIT ? OFFSET ?"
        return self._tracks(
            f"WHERE t.id IN ({page}) ORDER BY t.id", (*values, -1 if limit is None else limit, offset)
        )

    def pages(
        self, *, limit: int | None = None, query: str | None = None, status: str | None = None
    ) -> Iterator[list[Track]]:
        """Yield what :meth:`select` returns, page by page; no transaction stays open between two pages."""
        left, after, size = math.inf if limit is None else limit, 0, _FIRST_PAGE
        while left > 0:
            page = self.select(limit=int(min(size, left)), query=query, status=status, after=after)
            if not page:
                return
            yield page
            left, after, size = left - len(page), page[-1].id, _PAGE

    def get(self, track_id: int) -> Track | None:
        """Return one track with its features, or ``None``."""
        found = self.by_id([track_id])
        return found.get(track_id)

    def by_id(self, ids: Sequence[int]) -> dict[int, Track]:
        """Return the tracks with these ids that exist, by id."""
        found: dict[int, Track] = {}
        for group, marks in in_groups(list(ids)):
            found.update((track.id, track) for track in self._tracks(f"WHERE t.id IN ({marks})", group))
        return found

    def by_content(self, content_hash: str) -> list[Track]:
        """Return every track with this content."""
        return self._tracks("WHERE t.content_hash = ? ORDER BY t.id", (content_hash,))

    def find(self, text: str, *, limit: int = 50) -> list[Track]:
        """Return the tracks that a text names: an id, a path, a title, a part of a title, or words anywhere."""
        text = text.strip()
        if text.isascii() and text.isdigit() and len(text) < 19 and (track := self.get(int(text))):
            return [track]
        words, values = _where(text, None)
        conditions = (
            ("WHERE t.path = ?", [text]),
            ("WHERE t.search LIKE ? ESCAPE '\\'", [f"{_like(fold(text))}\n%"]),
            (f"WHERE {_TITLE} LIKE ? ESCAPE '\\'", [f"%{_like(fold(text))}%"]),
            (words, values),
        )
        for where, values in conditions:
            if text and (tracks := self._tracks(f"{where} ORDER BY t.id LIMIT ?", (*values, limit))):
                return tracks
        return []

    def lyrics(self) -> Iterator[tuple[int, str]]:
        """Yield the id and the lyrics of every track that has some, one after the other."""
        with self.pool.reading() as connection:
            yield from connection.execute(
                "SELECT id, lyrics FROM tracks WHERE lyrics IS NOT NULL ORDER BY id"
            )

    def duplicates(self) -> list[list[Track]]:
        """Return groups of present files with the same content, two or more each."""
        repeated = """
            SELECT content_hash FROM tracks WHERE missing_since IS NULL AND content_hash IS NOT NULL
            GROUP BY content_hash HAVING count(*) > 1"""
        where = f"WHERE t.missing_since IS NULL AND t.content_hash IN ({repeated}) ORDER BY t.id"
        groups: dict[str, list[Track]] = {}
        for track in self._tracks(where):
            groups.setdefault(track.content_hash, []).append(track)
        return list(groups.values())

    def _tracks(self, where: str, values: Sequence[Any] = ()) -> list[Track]:
        """Return tracks. Those with damaged features are pending from now on, and damaged tags are logged once."""
        with self.pool.reading() as connection:
            rows = connection.execute(f"{_SELECT} {where}", values).fetchall()
        if damaged_tags := [row[0] for row in rows if not row[-3]]:
            set_rows_aside(self.pool, "tracks", damaged_tags)
        damaged = {row[-2] for row in rows} - {"absent", "intact"}
        if damaged and set_features_aside(self.pool, damaged):
            return self._tracks(where, values)
        return [_track(row) for row in rows]


def _where(query: str | None, status: str | None, after: int = 0) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if after:
        conditions.append("t.id > ?")
        values.append(after)
    for word in fold(query or "").split():
        conditions.append("t.search LIKE ? ESCAPE '\\'")
        values.append(f"%{_like(word)}%")
    if status is not None:
        conditions.append("t.status = ?")
        values.append(status)
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), values


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _track(row: tuple[Any, ...]) -> Track:
    features = from_json(row[-1]) if row[-2] == "intact" else {}
    tags = dict(zip(TAG_NAMES, row[4 : 4 + len(TAG_NAMES)], strict=True))
    size_bytes, mtime_ns, error, error_kind = row[4 + len(TAG_NAMES) : -3]
    return Track(
        id=row[0],
        path=from_stored(row[1]),
        content_hash=row[2] or "",
        status=row[3],
        **{name: tags[name] for name in MAIN_TAGS},
        artists=split_list(tags["artists"] or tags["artist"]),
        album_artists=split_list(tags["album_artists"] or tags["album_artist"]),
        more_tags={name: value for name, value in tags.items() if name not in _SHOWN and value is not None},
        duration_s=features.get("duration_s"),
        size_bytes=size_bytes,
        mtime_ns=mtime_ns,
        error=error and from_stored(error),
        error_kind=error_kind,
        features=features,
    )
