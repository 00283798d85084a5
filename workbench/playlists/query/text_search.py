"""Search for a text in title, artist, album and genre, then in the path below the library's folder.

Case and accents do not matter. A text in a title or as a whole word counts more than a text inside a word or in the
path.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from workbench.playlists.sound.arrays import Floats, Mask, Rows
from workbench.store.library.files import fold
from workbench.store.library.library_table import LibraryTable

WHOLE, WORD, INSIDE, PATH = 3.0, 2.0, 1.0, 0.5  # set by hand: a whole name counts more than one word of it
MOST_RANKED = 5_000  # set by hand: ranking this many takes about 20 ms
_EARLIER = 0.1  # set by hand: a title counts a little more than an artist, an artist more than an album …


def found_in(table: LibraryTable, text: str) -> Mask:
    """Return the rows that have a text in a name or in the path, as a mask of shape (n,)."""
    wanted = _wanted(text)
    return np.fromiter((wanted in line for line in _lines(table)), dtype=bool, count=len(table))


def relevance(table: LibraryTable, text: str, rows: Rows) -> Floats:
    """Return how well these rows fit a text, 0 (not found) to 3, as an array like ``rows``."""
    wanted, lines = _wanted(text), _lines(table)
    word = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    return np.fromiter((_score(lines[row], wanted, word) for row in rows), dtype=float, count=len(rows))


def best_matches(table: LibraryTable, text: str, limit: int) -> list[int]:
    """Return the rows that have all words of a text; titles that begin with it are first, then the best matches."""
    lines, wanted = _lines(table), _wanted(text)
    words = wanted.split()
    found = [row for row, line in enumerate(lines) if all(word in line for word in words)]
    begun = [row for row in found if lines[row].startswith(wanted)]
    others = found if len(begun) < limit else begun
    ranked = np.array(list(dict.fromkeys([*begun, *others]))[:MOST_RANKED], dtype=np.int64)
    fits = sum((relevance(table, word, ranked) for word in words), np.zeros(len(ranked)))
    fits += [WHOLE * lines[row].startswith(wanted) for row in ranked.tolist()]
    return [int(row) for row in ranked[np.argsort(-fits, kind="stable")][:limit]]


def common_folder(paths: Iterable[str]) -> str:
    """Return the longest common folder of paths, with a slash at its end.

    >>> common_folder(["/home/ann/music/a/1.mp3", "/home/ann/music/b/2.mp3"])
    '/home/ann/music/'
    """
    known = list(paths)
    if not known:
        return ""
    first, last = min(known), max(known)  # all texts between these two share the beginning that these share
    return os.path.commonpath([Path(first).parent, Path(last).parent]).rstrip("/") + "/"


def _wanted(text: str) -> str:
    return fold(" ".join(text.split()))


def _lines(table: LibraryTable) -> list[str]:
    """Return the searchable text of each row: a line for each name, and a last line for the path."""
    return table.derived("search text", lambda: _read(table))


def _read(table: LibraryTable) -> list[str]:
    titles, artists, several, albums, genres, paths = (
        table.texts(name) for name in ("title", "artist", "artists", "album", "genre", "path")
    )
    folder = common_folder(path for path in paths if path)
    rows = zip(titles, artists, several, albums, genres, paths, strict=True)
    return [
        "\n".join(
            fold(part or "").replace("\n", " ")
            for part in (title, _joined(artist, more), album, genre, (path or "").removeprefix(folder))
        )
        for title, artist, more, album, genre, path in rows
    ]


def _joined(artist: str | None, several: str | None) -> str:
    return ";".join(part for part in dict.fromkeys((artist, several)) if part)


def _score(line: str, wanted: str, word: re.Pattern[str]) -> float:
    if wanted not in line:
        return 0.0
    *names, path = line.split("\n")
    scores = [
        _fit(name, wanted, word) - _EARLIER * place for place, name in enumerate(names) if wanted in name
    ]
    return max([*scores, PATH if wanted in path else 0.0])


def _fit(name: str, wanted: str, word: re.Pattern[str]) -> float:
    if wanted == name or (";" in name and wanted in map(str.strip, name.split(";"))):
        return WHOLE
    return WORD if word.search(name) else INSIDE
