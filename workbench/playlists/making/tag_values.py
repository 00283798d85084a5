"""The values of a tag in a table: artists, genres, decades, or sound tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from workbench.analysis.sound_tags import FAMILIES
from workbench.playlists.making.genres import genres_of
from workbench.store.library.files import fold
from workbench.store.library.library_table import split_list
from workbench.store.library.records import LISTS

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable


def tag_values(table: LibraryTable, tag: str, rows: Iterable[int]) -> list[list[str]]:
    """Return the values of a tag (``genre``, ``artist``, ``album``, ``decade``, ``mood`` …) for each of these rows."""
    if tag == "decade":
        years = table.numbers("year")
        return [[f"{int(years[row]) // 10 * 10}s"] if np.isfinite(years[row]) else [] for row in rows]
    column = table.texts(tag)
    several = table.texts(LISTS[tag]) if tag in LISTS else column
    texts = [several[row] or column[row] for row in rows]
    split = {text: _split(text, tag) for text in set(texts)}
    return [split[text] for text in texts]


def values_by_count(table: LibraryTable, tag: str) -> list[tuple[str, int]]:
    """Return each value of a tag, regardless of case, with its number of tracks, the most frequent first."""
    return table.derived(("values by count", tag), lambda: _count(table, tag))


def best_values(table: LibraryTable, tag: str, text: str, limit: int) -> list[tuple[str, int]]:
    """Return the values that contain a text, with their numbers of tracks; those that begin with it are first."""
    wanted = fold(text.strip())
    found = [item for item in values_by_count(table, tag) if wanted in fold(item[0])]
    return sorted(found, key=lambda item: not fold(item[0]).startswith(wanted))[:limit]


def _count(table: LibraryTable, tag: str) -> list[tuple[str, int]]:
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for values in tag_values(table, tag, range(len(table))):
        for value in values:
            counts[names.setdefault(value.casefold(), value)] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))


def _split(text: str | None, tag: str) -> list[str]:
    if not text:
        return []
    if tag == "genre":
        return genres_of(text)
    return list(split_list(text)) if tag in LISTS or tag in FAMILIES else [text.strip()]
