"""The library as a table with a filter, and a search by words that say how tracks sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.views.page import note, note_html, problem_html, row
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
from workbench.errors import WorkbenchError
from workbench.playlists.words.word_search import WordSearch, search_words
from workbench.readable import clock, counted

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Match = Callable[[str, "LibraryTable"], npt.NDArray[np.bool_]]

FITS, WHY = "fits", "why"  # only of a search by words
PREDICTED = "predicted_genre"
COLUMNS = (
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
    """The tracks of a table, which can be sorted, filtered, and ranked by words.

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
        self.words = widgets.Text(
            placeholder="calm piano without singing · fast rock from the 80s",
            description="Sounds like",
            continuous_update=False,
            layout=widgets.Layout(flex="1 1 260px", width="auto"),
        )
        self._search: WordSearch | None = None
        self._count = note()
        self._problem = widgets.HTML()
        self._notes = note()
        self.grid = Grid(
            (
                GridColumn("title", "Title", 190, narrow=True),
                GridColumn("artist", "Artist", 150),
                GridColumn(FITS, "Fits", 60, "{:.0%}".format, right=True),
                GridColumn(WHY, "Why", 330, self._why, narrow=True),
                *COLUMNS,
            ),
            label="Tracks of the library",
            height=height,
            on_open=on_open,
            empty="No track here. Clear both fields above, or analyze a folder of music first.",
        )
        self.query.observe(lambda _: self._from_the_top(), "value")
        self.words.observe(lambda _: self._look_for_words(), "value")
        controls = row(self.query, self.words, self._count)
        super().__init__([controls, self._problem, self._notes, self.grid])
        self.fill(table)

    def fill(self, table: LibraryTable) -> None:
        """Show a new state of the library; keep filter, order and selection."""
        self.table = table
        words = self.words.value.strip()
        self._search = search_words(words, table) if words else None
        self._notes.value = note_html(" ".join(self._search.notes())) if self._search else ""
        self.grid.fill(table.ids, self._values())
        self._filter()

    def _values(self) -> dict[str, npt.NDArray[Any]]:
        blank = np.full(len(self.table), None, object)
        names = ["title", "artist", *(column.name for column in COLUMNS)]
        if PREDICTED not in self.table.columns:
            names.remove(PREDICTED)
        values = {name: self.table.columns.get(name, blank) for name in names}
        if self._search is not None:
            fits, places = np.full((2, len(self.table)), np.nan)
            fits[self._search.rows] = self._search.matches
            places[self._search.rows] = np.arange(len(self._search.rows))
            values |= {FITS: fits, WHY: places}
        return values

    def _why(self, place: float) -> str:
        return self._search.why(int(self._search.rows[int(place)])) if self._search is not None else ""

    def _look_for_words(self) -> None:
        self.grid.sort_column = ""  # the best first
        self.fill(self.table)
        self.grid.go_to_top()

    def _from_the_top(self) -> None:
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
        self.grid.show(mask if self._search is None else self._search.rows[mask[self._search.rows]])
        total = counted(len(self.table), "track")
        some = text or self._search is not None
        self._count.value = note_html(f"{self.grid.total:,} of {total}" if some else total)
