"""The library as a table with a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.views.page import note, note_html, problem_html, row
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
from workbench.errors import WorkbenchError
from workbench.readable import clock, counted

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Match = Callable[[str, "LibraryTable"], npt.NDArray[np.bool_]]

PREDICTED = "predicted_genre"
COLUMNS = (
    GridColumn("title", "Title", 190, narrow=True),
    GridColumn("artist", "Artist", 150),
    GridColumn("genre", "Genre", 100),
    GridColumn(
        PREDICTED,
        "Predicted genre",
        125,
        help="What a model or your tagger predicts; your own tags are in Genre",
    ),
    GridColumn("bpm", "Tempo (BPM)", 100, "{:.1f}".format, right=True, narrow=True),
    GridColumn("key", "Key", 60),
    GridColumn("scale", "Scale", 70),
    GridColumn(
        "camelot",
        "Camelot",
        80,
        narrow=True,
        help="Camelot code of the key: neighbors on the wheel mix well",
    ),
    GridColumn("loudness_lufs", "Loudness (LUFS)", 120, "{:.1f}".format, right=True),
    GridColumn("danceability", "Danceability", 105, "{:.2f}".format, right=True, help="over 1 is danceable"),
    GridColumn("duration_s", "Length", 70, clock, right=True),
    GridColumn("status", "Status", 85),
)


class TableView(widgets.VBox):  # type: ignore[misc]
    """The tracks of a table, which can be sorted and filtered.

    Parameters
    ----------
    table : LibraryTable
    match : callable
        Query and table → mask of shape (n,); raises a ``WorkbenchError`` for a query that it cannot read.
    on_open : callable
        Called with the id of a track to look at.

    Attributes
    ----------
    grid : Grid
        Observe ``grid.selected``.
    """

    def __init__(
        self, table: LibraryTable, match: Match, on_open: Callable[[int], None], *, height: int = 420
    ) -> None:
        self._match = match
        self.query = widgets.Text(
            placeholder='night · bpm 120-128 and key 8A,9A · genre ~ house and not artist "X"',
            description="Filter",
            continuous_update=False,
            layout=widgets.Layout(flex="1 1 260px", width="auto"),
        )
        self._count = note()
        self._problem = widgets.HTML()
        self.grid = Grid(
            COLUMNS,
            label="Tracks of the library",
            height=height,
            on_open=on_open,
            empty="No track here. Clear the filter, or analyze a folder of music first.",
        )
        self.query.observe(lambda _: self._search(), "value")
        super().__init__([row(self.query, self._count), self._problem, self.grid])
        self.fill(table)

    def fill(self, table: LibraryTable) -> None:
        """Show a new state of the library; keep filter, order and selection."""
        self.table = table
        blank = np.full(len(table), None, object)
        values = {column.name: table.columns.get(column.name, blank) for column in COLUMNS}
        if PREDICTED not in table.columns:
            del values[PREDICTED]
        self.grid.fill(table.ids, values)
        self._filter()

    def _search(self) -> None:
        self._filter()
        self.grid.go_to_top()

    def _filter(self) -> None:
        text = self.query.value.strip()
        try:
            mask = self._match(text, self.table) if text else np.ones(len(self.table), bool)
        except WorkbenchError as error:
            self._problem.value = problem_html(str(error))
            return
        self._problem.value = ""
        self.grid.show(mask)
        total = counted(len(self.table), "track")
        self._count.value = note_html(f"{self.grid.total:,} of {total}" if text else total)
