"""What was played and rated, as columns of the library table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.plays import Heard
    from workbench.store.library.records import Rating

COLUMNS = {"plays": "plays", "last_played_at": "last_played_at", "player_rating": "rating", "loved": "loved"}
"""Column → what it shows of :class:`~workbench.store.library.plays.Heard`."""


def with_plays(table: LibraryTable, heard: Mapping[str, Heard]) -> LibraryTable:
    """Return a table with the columns ``plays``, ``last_played_at``, ``player_rating`` and ``loved``.

    They are NaN where nothing is known, such as in a library without any history.
    """
    of_rows = [heard.get(content) for content in table.texts("content_hash")]
    added = {
        column: np.array(
            [np.nan if row is None or (value := getattr(row, name)) is None else value for row in of_rows],
            np.float64,
        )
        for column, name in COLUMNS.items()
    }
    return replace(table, columns={**table.columns, **added})


def with_ratings(table: LibraryTable, ratings: Mapping[str, Rating]) -> LibraryTable:
    """Return a table whose ``rating`` is the user's own, else the file's (``tag_rating``), else a player's."""
    own = {content: said.rating for content, said in ratings.items() if said.rating}
    tagged = table.columns["rating"]
    rated = table.columns["player_rating"]
    rated = np.where(np.isnan(tagged), rated, tagged)
    if own:
        stars = np.array([own.get(content) or np.nan for content in table.texts("content_hash")], np.float64)
        rated = np.where(np.isnan(stars), rated, stars)
    return replace(table, columns={**table.columns, "rating": rated, "tag_rating": tagged})
