"""Show every analyzed track as a point, with tracks that sound similar close together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from workbench.analysis.sound_tags import FAMILIES
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import note, note_html, problem_html, row
from workbench.apps.dashboards.widgets.scatter import Scatter
from workbench.errors import WorkbenchError
from workbench.playlists.sound.heard import strongest
from workbench.plots.coloring import Coloring, by_category, by_key, by_number
from workbench.readable import counted, key_name, number, track_name

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Match = Callable[[str, "LibraryTable"], npt.NDArray[np.int64]]
Labels = Sequence[str | None]
EMPTY = "No analyzed track yet. Open the Library app, choose a folder and press Analyze."


class MapView(widgets.VBox):  # type: ignore[misc]
    """A map of a table's analyzed tracks.

    Parameters
    ----------
    table : LibraryTable
        Only its analyzed rows are drawn.
    positions : array, shape (analyzed rows, 2)
    axes : str
        The meaning of the two directions.
    on_open : callable
        Called with the id of a track that was clicked.
    on_select : callable
        Called with the ids inside a lasso.
    groups : mapping of str to callable
        Further groups to color by: for each name, a function that takes the drawn table and returns a label or
        ``None`` for each row.
    match : callable, optional
        Takes a query and a table and returns rows; raises a ``WorkbenchError`` for a query that it cannot read. If it
        is given, there is a field to find tracks, which are then selected.

    Attributes
    ----------
    selected : list of int
        Ids inside the last lasso.
    """

    def __init__(
        self,
        table: LibraryTable,
        positions: npt.NDArray[np.float32],
        *,
        axes: str,
        on_open: Callable[[int], None],
        on_select: Callable[[list[int]], None],
        groups: Mapping[str, Callable[[LibraryTable], Labels]] | None = None,
        match: Match | None = None,
        height: int = 520,
    ) -> None:
        self._match = match
        self._groups = dict(groups or {})
        self._on_open, self._on_select = on_open, on_select
        self.selected: list[int] = []
        self.scatter = Scatter(
            label="Map of the library",
            empty=EMPTY,
            describe=self._describe,
            height=height,
            on_open=lambda index: on_open(int(self.drawn.ids[index])),
            on_select=self._select,
        )
        names = ["genre", "tempo", "key", "scale", "loudness", "year", *self._groups]
        if table.sound_tags is not None:
            names += [*FAMILIES, *table.sound_tag_names]
        self.color = widgets.Dropdown(
            options=names, value="genre", description="Color by", layout=widgets.Layout(width="260px")
        )
        self._line = note()
        self.color.observe(lambda _: self.recolor(), "value")
        self.query = widgets.Text(
            placeholder="a title, an artist, bpm 120-128 …",
            description="Find",
            continuous_update=False,
            layout=widgets.Layout(width="300px"),
        )
        self.query.observe(lambda _: self._find(), "value")
        fields = [self.color, self.query] if match else [self.color]
        super().__init__([row(*fields, self._line), self.scatter])
        self.fill(table, positions, axes=axes)

    def fill(self, table: LibraryTable, positions: npt.NDArray[np.float32], *, axes: str) -> None:
        """Draw another state of the library, or another layout, and keep the selection."""
        kept = self.selected
        self.drawn = table if table.analyzed.all() else table.take(table.analyzed)  # a copy is 1 kB a track
        grouped = self.color.value in self._groups
        plain = by_category([None] * len(self.drawn), unknown="…")
        self.scatter.place(
            positions, plain if grouped else self._coloring(), axes=axes, track_ids=self.drawn.ids
        )
        if grouped:
            self.recolor()
        self.choose(kept)

    def recolor(self) -> None:
        """Color the points again; slow computations, such as clusters, run on a thread."""
        drawn, name = self.drawn, self.color.value

        def paint(coloring: Coloring) -> None:
            if drawn is self.drawn and name == self.color.value:
                self.scatter.color(coloring)

        if name in self._groups:
            in_background(self._coloring, paint, self._refused)
        else:
            paint(self._coloring())

    def _refused(self, message: str) -> None:
        self._line.value = problem_html(message)

    def _find(self) -> None:
        query = self.query.value.strip()
        if self._match is None or not query:
            self.choose([])
            return
        try:
            found = self._match(query, self.drawn)
        except WorkbenchError as error:
            self._refused(str(error))
            return
        self.choose(self.drawn.ids[found].tolist())
        if not len(found):
            self._line.value = note_html(f"No track on the map fits {query!r}.")

    def choose(self, ids: Sequence[int]) -> None:
        """Bring these tracks to the front."""
        self._select(self._indices(ids))
        self.scatter.choose(self._indices(ids))

    def draw_path(self, ids: Sequence[int]) -> None:
        """Draw lines between these tracks in order."""
        self.scatter.draw_path(self._indices(ids).tolist())

    def _indices(self, ids: Sequence[int]) -> npt.NDArray[np.int64]:
        found = [self.drawn.index_of(track_id) for track_id in ids]
        return np.array([index for index in found if index is not None], np.int64)

    def _select(self, indices: npt.NDArray[np.int64]) -> None:
        self.selected = self.drawn.ids[indices].tolist()
        total = counted(len(self.drawn), "track")
        self._line.value = note_html(
            f"{len(self.selected):,} of {total} selected"
            if self.selected
            else f"{total} · click to hear, drag to move, wheel or pinch to zoom, Shift + drag to select"
        )
        self._on_select(self.selected)

    def _describe(self, index: int) -> str:
        values = self.drawn.row(index)
        facts = (number(values["bpm"], "BPM"), key_name(values), values["genre"] or "no genre")
        return f"{track_name(values)}\n{' · '.join(facts)}"

    def _coloring(self) -> Coloring:
        name, table = self.color.value, self.drawn
        if not len(table):
            return Coloring(np.zeros(0, np.uint8), [])
        if name in self._groups:
            return by_category(self._groups[name](table), unknown="none")
        if name == "key":
            return by_key(table["camelot"].tolist())
        if name in ("genre", "scale"):
            return by_category(table[name].tolist())
        if name in FAMILIES:
            return by_category(strongest(table, name), unknown="none")
        if table.sound_tag(name) is not None:
            return by_number(table.numbers(name), "")
        column, unit = {"tempo": ("bpm", "BPM"), "loudness": ("loudness_lufs", "LUFS"), "year": ("year", "")}[
            name
        ]
        return by_number(table[column], unit)
