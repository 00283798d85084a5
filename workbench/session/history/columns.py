"""Add plays, ratings and exclusions as columns of the library table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from workbench.playlists.making.constraints import EXCLUDED
from workbench.store.library.text_column import TextColumn

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.plays import Heard
    from workbench.store.library.records import Rating

COLUMNS = {"plays": "plays", "last_played_at": "last_played_at", "player_rating": "rating", "loved": "loved"}
"""Columns, each with the attribute of :class:`~workbench.store.library.plays.Heard` that it shows."""

_FEW = 1000  # measured: finding this many takes as long as reading the texts of 100,000 tracks


def with_said(table: LibraryTable, ratings: Mapping[str, Rating], heard: Mapping[str, Heard]) -> LibraryTable:
    """Return a table with the current ratings, exclusions and plays in place of its own.

    ``rating`` is the user's own, else the file's (``tag_rating``), else a player's; ``excluded`` is 1 for tracks that
    are kept out of playlists and 0 for the others. ``plays``, ``last_played_at``, ``player_rating`` and ``loved`` are
    NaN where nothing is known, such as in a library without any history.
    """
    table = _with_plays(table, heard)
    tagged = table.columns["tag_rating" if "tag_rating" in table.columns else "rating"]
    rated = np.where(np.isnan(tagged), table["player_rating"], tagged)
    excluded = np.zeros(len(table))
    for content, row in _rows_of(table, ratings.keys()):
        rated[row] = ratings[content].rating or rated[row]
        excluded[row] = ratings[content].excluded
    return table.with_columns({"rating": rated, "tag_rating": tagged, EXCLUDED: excluded})


def _with_plays(table: LibraryTable, heard: Mapping[str, Heard]) -> LibraryTable:
    seen = ("heard", *COLUMNS)
    if "plays" in table.columns and table.derived(seen, lambda: heard) is heard:
        return table
    rows = _rows_of(table, heard.keys())
    values = np.full((len(COLUMNS), len(table)), np.nan)
    if rows:
        told = [[getattr(heard[content], name) for name in COLUMNS.values()] for content, _ in rows]
        values[:, [row for _, row in rows]] = np.array(told, np.float64).T
    changed = table.with_columns(dict(zip(COLUMNS, values, strict=True)))
    changed.derived(seen, lambda: heard)
    return changed


def _rows_of(table: LibraryTable, contents: Collection[str]) -> list[tuple[str, int]]:
    column: object = table.texts("content_hash")
    if isinstance(column, TextColumn) and len(contents) < _FEW:
        return list(column.rows_of(contents))
    return [(content, row) for row, content in enumerate(table.texts("content_hash")) if content in contents]
