"""Show the library as a table with a filter, and a search by words that describe the sound of tracks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt
import traitlets

from workbench.analysis.tonality.camelot import UNKNOWN, camelot_name, key_name
from workbench.apps.dashboards.views.filter_builder import FilterBuilder
from workbench.apps.dashboards.views.page import note, note_html, problem_html, row, section
from workbench.apps.dashboards.views.suggestions import Suggestions
from workbench.apps.dashboards.views.views_bar import Views, ViewsBar
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
from workbench.errors import WorkbenchError
from workbench.playlists.sound.energy import energy
from workbench.playlists.sound.keys import camelot_codes
from workbench.playlists.words.word_search import WordSearch, search_words
from workbench.readable import clock, counted, stars
from workbench.session.saved_views import SavedView

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Match = Callable[[str, "LibraryTable"], npt.NDArray[np.int64]]
Values = dict[str, npt.NDArray[Any]]

FITS, WHY = "fits", "why"  # only of a search by words
PREDICTED = "predicted_genre"
EMPTY = "No track here. Clear both fields above, or analyze a folder of music first."
COLUMNS = (
    GridColumn("album", "Album", 150),
    GridColumn("genre", "Genre", 100),
    GridColumn(
        PREDICTED,
        "Predicted genre",
        125,
        help="What a model or your tagger predicts; your own tags are in Genre",
    ),
    GridColumn("year", "Year", 60, "{:.0f}".format, right=True),
    GridColumn("bpm", "Tempo (BPM)", 90, "{:.1f}".format, right=True),
    GridColumn("key", "Key", 90, lambda code: key_name(int(code))),
    GridColumn(
        "camelot",
        "Camelot",
        80,
        lambda code: camelot_name(int(code)) or "",
        narrow=True,
        help="Camelot code of the key: neighbors on the wheel mix well",
    ),
    GridColumn("loudness_lufs", "Loudness (LUFS)", 110, "{:.1f}".format, right=True),
    GridColumn(
        "danceability",
        "Danceability",
        105,
        "{:.2f}".format,
        right=True,
        help="over 1 is danceable",
        shown=False,
    ),
    GridColumn("energy", "Energy", 80, "{:.2f}".format, right=True, shown=False),
    GridColumn("rating", "Rating", 85, stars, help="Your own stars, else those in the file, else a player's"),
    GridColumn("duration_s", "Length", 70, clock, right=True),
    GridColumn("status", "Status", 85, shown=False),
    GridColumn("cover", "Cover", 48, cover=True),
)


class TableView(widgets.VBox):  # type: ignore[misc]
    """The tracks of a table, which can be sorted, filtered, and ranked by words.

    Parameters
    ----------
    table : LibraryTable
    match : callable
        Takes a query and a table and returns rows, the best first; raises a ``WorkbenchError`` for a query that it
        cannot read.
    on_open : callable
        Called with the id of a track that was double-clicked or entered.

    Attributes
    ----------
    grid : Grid
        Observe ``grid.selected``.
    """

    def __init__(
        self,
        table: LibraryTable,
        match: Match,
        on_open: Callable[[int], None],
        *,
        height: int = 420,
        views: Views | None = None,
    ) -> None:
        self._match, self._good_query = match, ""
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
                GridColumn("artist", "Artist", 150, narrow=True),
                GridColumn(FITS, "Fits", 60, "{:.0%}".format, right=True, always=True),
                GridColumn(WHY, "Why", 330, self._why, narrow=True, always=True),
                *COLUMNS,
            ),
            label="Tracks of the library",
            height=height,
            tools=True,
            on_open=on_open,
            empty=EMPTY,
        )
        self.query.observe(lambda _: self._from_the_top(), "value")
        self.words.observe(lambda _: self._look_for_words(), "value")
        self._suggestions = Suggestions(table)
        self.builder = FilterBuilder(self._suggestions)
        traitlets.link((self.query, "value"), (self.builder, "value"))
        controls = row(self.query, self.words, self._count)
        bars = [ViewsBar(views, self.view, self.show)] if views is not None else []
        building = section("Build the filter", self.builder)
        super().__init__([controls, building, *bars, self._problem, self._notes, self.grid])
        self.fill(table)

    def view(self) -> SavedView:
        """Return the current filter, words, order and columns."""
        return SavedView(
            self.query.value,
            self.words.value,
            self.grid.sort_column,
            self.grid.descending,
            tuple(self.grid.layout_names),
        )

    def show(self, view: SavedView) -> None:
        """Filter, sort and arrange the table as in a saved view."""
        self.query.value, self.words.value = view.query, view.words
        self.grid.layout_names = list(view.columns)
        if view.sort_column in self._values():
            self.grid.sort(view.sort_column, descending=view.descending)

    def fill(self, table: LibraryTable) -> None:
        """Show a new state of the library, and keep filter, order and selection."""
        self.table = self._suggestions.table = table
        words = self.words.value.strip()
        self._search = search_words(words, table) if words else None
        self._notes.value = note_html(" ".join(self._search.notes())) if self._search else ""
        self.grid.fill(table.ids, self._values())
        self._filter()

    def _values(self) -> Values:
        blank = np.full(len(self.table), None, object)
        names = ["title", "artist", *(column.name for column in COLUMNS)]
        if PREDICTED not in self.table.columns:
            names.remove(PREDICTED)
        if not any(self.table.texts("cover")):
            names.remove("cover")
        values: Values = {name: self.table.columns.get(name, blank) for name in names}
        codes = camelot_codes(self.table).astype(np.float64)
        values["key"] = values["camelot"] = np.where(codes == UNKNOWN, np.nan, codes)
        values["energy"] = energy(self.table)
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
            rows = self._rows(text)
        except WorkbenchError as error:
            self._problem.value = problem_html(f"{error} The table still shows the filter before.")
            rows = self._rows(self._good_query)
        else:
            self._problem.value, self._good_query = "", text
        self.grid.show(rows)
        total = counted(len(self.table), "track")
        some = self._good_query or self._search is not None
        self._count.value = note_html(f"{self.grid.total:,} of {total}" if some else total)

    def _rows(self, text: str) -> npt.NDArray[np.int64]:
        """Return the rows that match a filter, in the order of the search by words if there is one."""
        if self._search is None:
            return self._match(text, self.table) if text else np.arange(len(self.table))
        ranked = self._search.rows
        return ranked[np.isin(ranked, self._match(text, self.table))] if text else ranked
