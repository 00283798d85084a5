"""The library as a matrix of examples: one row per content, with its label if it has one, and its group of artists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.readable import counted
from workbench.store.library.library_table import LibraryTable

MINIMUM_EXAMPLES = 10
"""Least number of labeled tracks of a class; set by hand."""

MINIMUM_GROUPS = 3
"""Least number of artists of a class: one each for learning, for stopping and calibration, and for the test."""


@dataclass(frozen=True, eq=False)
class Examples:
    """The rows of a library that a tagger reads.

    Attributes
    ----------
    rows : int array, shape (n,)
        Rows of the table, one per content (duplicates count once).
    inputs : float32 array, shape (n, d)
    contents : list of str
    labels : list of str or None
        The labels of the user.
    groups : int array, shape (n,)
        Tracks that share an artist or an album are in one group, which is never split.
    """

    rows: npt.NDArray[np.intp]
    inputs: npt.NDArray[np.float32]
    contents: list[str]
    labels: list[str | None]
    groups: npt.NDArray[np.intp]


def collect(table: LibraryTable, labels: Mapping[str, str]) -> Examples:
    """Collect every analyzed content of a table once.

    Raises
    ------
    ModelError
        No track is analyzed.
    """
    seen: dict[str, int] = {}
    for row in np.flatnonzero(table.analyzed):
        content = table["content_hash"][row]
        if content:
            seen.setdefault(content, int(row))
    if not seen:
        raise ModelError(
            "No track is analyzed, so there is nothing to learn from; run `workbench analyze` first."
        )
    rows = np.array(list(seen.values()), np.intp)
    return Examples(
        rows,
        np.asarray(table.vectors[rows], np.float32),
        list(seen),
        [labels.get(content) for content in seen],
        _groups(table, rows),
    )


def choose_classes(examples: Examples, label: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the classes that have enough examples, and why the others are left out.

    Raises
    ------
    ModelError
        Fewer than two classes have enough; the message says how many are needed and how many there are.
    """
    counts = Counter(name for name in examples.labels if name is not None)
    groups: dict[str, set[int]] = {}
    for name, group in zip(examples.labels, examples.groups, strict=True):
        if name is not None:
            groups.setdefault(name, set()).add(int(group))
    left_out = {}
    for name in sorted(counts):
        if counts[name] < MINIMUM_EXAMPLES:
            left_out[name] = f"{counted(counts[name], 'track')} of the {MINIMUM_EXAMPLES} needed"
        elif len(groups[name]) < MINIMUM_GROUPS:
            left_out[name] = (
                f"tracks of {counted(len(groups[name]), 'artist')} of the {MINIMUM_GROUPS} needed"
            )
    classes = tuple(name for name in sorted(counts) if name not in left_out)
    if len(classes) < 2:
        enough = f"only {classes[0]} has them" if classes else "none has them"
        shown = "; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:10]) or (
            "There is no label yet. Labels are genre tags, stars, playlists, or rows of a CSV file"
        )
        raise ModelError(
            f"Too few examples to learn {label}. At least two classes need {MINIMUM_EXAMPLES} tracks by "
            f"{MINIMUM_GROUPS} artists each, and {enough}. {shown}.",
            label=label,
            classes=list(classes),
            left_out=left_out,
        )
    return classes, left_out


def _groups(table: LibraryTable, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    parents = list(range(len(rows)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    first: dict[tuple[str, ...], int] = {}
    for place, row in enumerate(rows):
        for key in _keys(table, int(row)):
            parents[root(place)] = root(first.setdefault(key, place))
    return np.array([root(place) for place in range(len(rows))], np.intp)


def _keys(table: LibraryTable, row: int) -> list[tuple[str, ...]]:
    artist, album_artist, album = (_folded(table[name][row]) for name in ("artist", "album_artist", "album"))
    names = {_folded(name) for column in ("artist", "album_artist") for name in table.names(column)[row]}
    keys: list[tuple[str, ...]] = [("artist", name) for name in names if name != "various artists"]
    if album and (album_artist or artist):
        keys.append(("album", album, album_artist or artist))
    return keys


def _folded(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()
