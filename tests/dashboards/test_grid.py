"""The table: order, filter, pages of rows, and what the front end may ask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.apps.dashboards.widgets.grid import MOST_ROWS_SENT, Grid, GridColumn

COLUMNS = (GridColumn("title", "Title"), GridColumn("bpm", "Tempo (BPM)", write="{:.1f}".format, right=True))


def filled(titles: list[str | None], bpm: list[float], **options: Any) -> Grid:
    grid = Grid(COLUMNS, label="Tracks", **options)
    values = {"title": np.array(titles, object), "bpm": np.array(bpm, np.float64)}
    grid.fill(np.arange(len(titles), dtype=np.int64) + 100, values)
    return grid


def ask(grid: Grid, **message: Any) -> None:
    grid._handle_msg({"content": {"data": {"method": "custom", "content": message}}, "buffers": []})


def test_rows_come_as_ids_and_texts_with_unknown_values_blank() -> None:
    grid = filled(["b", None], [120.04, np.nan])
    assert grid.cells(0, 10) == [[100, "b", "120.0"], [101, "", ""]]


@pytest.mark.parametrize("descending", [False, True])
def test_unknown_values_come_last_either_way(descending: bool) -> None:
    grid = filled(["Zoo", None, "ark"], [1.0, np.nan, 3.0])
    for column in ("title", "bpm"):
        grid.sort(column, descending=descending)
        assert grid.cells(2, 1)[0][0] == 101


def test_titles_sort_regardless_of_case() -> None:
    grid = filled(["b", "A", "C"], [1, 2, 3])
    grid.sort("title")
    assert [row[1] for row in grid.cells(0, 3)] == ["A", "b", "C"]


@settings(max_examples=40)
@given(st.lists(st.floats(0, 300), max_size=40), st.data())
def test_a_filtered_and_sorted_grid_shows_exactly_the_wanted_rows_in_order(
    bpm: list[float], data: Any
) -> None:
    grid = filled(["x"] * len(bpm), bpm)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(bpm), max_size=len(bpm))), bool)
    grid.sort("bpm")
    grid.show(mask)
    shown = [row[0] - 100 for row in grid.cells(0, len(bpm))]
    assert sorted(shown) == np.flatnonzero(mask).tolist()
    assert [bpm[i] for i in shown] == sorted(bpm[i] for i in shown)
    assert grid.total == len(shown)


def test_a_filter_changes_the_revision_so_that_old_pages_are_not_shown() -> None:
    grid = filled(["a", "b"], [1, 2])
    before = grid.revision
    grid.show(np.array([True, False]))
    assert grid.revision == before + 1


def test_a_click_on_a_header_sorts_and_a_second_one_turns_it_round() -> None:
    grid = filled(["a", "b"], [2, 1])
    ask(grid, kind="sort", column="bpm")
    assert (grid.sort_column, grid.descending, grid.cells(0, 1)[0][0]) == ("bpm", False, 101)
    ask(grid, kind="sort", column="bpm")
    assert (grid.descending, grid.cells(0, 1)[0][0]) == (True, 100)
    ask(grid, kind="sort", column="no such column")
    assert grid.sort_column == "bpm"


def test_a_range_selects_what_is_shown_and_enter_opens() -> None:
    opened: list[int] = []
    grid = filled(["a", "b", "c"], [3, 2, 1], on_open=opened.append)
    grid.sort("bpm")
    ask(grid, kind="range", first=0, last=1)
    assert grid.selected == [102, 101]
    ask(grid, kind="open", id=101)
    assert opened == [101]


def test_no_more_rows_are_sent_than_a_screen_needs() -> None:
    grid = filled(["a"] * 2000, [1.0] * 2000)
    assert len(grid.cells(0, 10**9)) == MOST_ROWS_SENT
    assert grid.cells(-5, 1)[0][0] == 100
