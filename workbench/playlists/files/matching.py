"""Find the tracks of a playlist file in a library, also if the file is from another machine."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.playlists.files.listing import Entry
    from workbench.store.library.library_table import LibraryTable

# Set by hand: players round lengths, and encoders add silence.
_SAME_LENGTH_S = 3.0


@dataclass(frozen=True)
class Match:
    """An entry with the track that it means.

    Attributes
    ----------
    track_id : int or None
        ``None`` if it can mean no track, or several.
    by : {"path", "name", "tags", None}
        What they have in common: the path, regardless of case and of composed or decomposed accents; the end of the
        path; artist and title.
    """

    entry: Entry
    track_id: int | None
    by: str | None


def match_entries(entries: Sequence[Entry], table: LibraryTable) -> list[Match]:
    """Return, for each entry, the track of the library that it is.

    The path decides. Otherwise the longest common end of the paths does, if only one track has it or only one of those
    has the same length; otherwise artist and title, in the same way.
    """
    rows = np.flatnonzero(~table.missing)
    paths, titles, artists = table.texts("path"), table.texts("title"), table.texts("artist")
    exact = {paths[row]: int(row) for row in rows}
    folded = _index(rows, lambda row: _folded(paths[row]) if paths[row] else None)
    by_name = _index(rows, lambda row: _parts(paths[row])[-1:] or None if paths[row] else None)
    by_tags = _index(rows, lambda row: _tags(artists[row], titles[row]))

    def find(entry: Entry) -> Match:
        if entry.path in exact:
            return _match(entry, table, exact[entry.path], "path")
        if entry.path and (row := _only(folded.get(_folded(entry.path), ()), entry, table)) is not None:
            return _match(entry, table, row, "path")
        if entry.path or entry.location:
            row = _by_end(entry, by_name, table)
            if row is not None:
                return _match(entry, table, row, "name")
        row = _only(by_tags.get(_tags(entry.artist, entry.title), ()), entry, table)
        return Match(entry, None, None) if row is None else _match(entry, table, row, "tags")

    return [find(entry) for entry in entries]


def _match(entry: Entry, table: LibraryTable, row: int, by: str) -> Match:
    return Match(entry, int(table.ids[row]), by)


def _index(rows: Iterable[int], key: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for row in rows:
        if (name := key(int(row))) is not None:
            found[name].append(int(row))
    return dict(found)


def _by_end(entry: Entry, by_name: dict[Hashable, list[int]], table: LibraryTable) -> int | None:
    """Return the row whose path has the longest end in common with the entry's."""
    wanted = _parts(entry.path or entry.location)
    rows = by_name.get(wanted[-1:], []) if wanted else []
    paths = table.texts("path")
    common = [_common_end(wanted, _parts(paths[row])) for row in rows]
    longest = [row for row, count in zip(rows, common, strict=True) if count == max(common)]
    return _only(longest, entry, table)


def _only(rows: Sequence[int], entry: Entry, table: LibraryTable) -> int | None:
    """Return the one row, or the one whose length fits; copies of one file count as one."""
    if len(rows) > 1 and entry.duration_s is not None:
        lengths = table.numbers("duration_s")
        rows = [row for row in rows if abs(lengths[row] - entry.duration_s) <= _SAME_LENGTH_S] or rows
    hashes = table.texts("content_hash")
    distinct = {hashes[row] or row for row in rows}
    return rows[0] if len(distinct) == 1 else None


def _common_end(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    count = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y:
            break
        count += 1
    return count


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[/\\]", _folded(path)) if part)


def _tags(artist: str | None, title: str | None) -> Hashable:
    return (_folded(artist or "").strip(), _folded(title).strip()) if title else None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
