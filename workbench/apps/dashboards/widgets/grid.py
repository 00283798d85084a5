"""A table of any length, which is sorted and filtered with NumPy; only visible rows are sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style
from workbench.playlists.query.listing import places_of

Column = npt.NDArray[Any]
MOST_ROWS_SENT = 500  # set by hand; the page asks for 100
MOST_QUEUED = 1000  # set by hand: more than two days of music


@dataclass(frozen=True)
class GridColumn:
    """How one column is shown.

    Attributes
    ----------
    write : callable
        Converts a known value to text.
    narrow : bool
        Whether it is shown on a phone.
    shown : bool
        Whether it is shown by default.
    always : bool
        Whether it is shown even if the user has not chosen it.
    button : bool
        Whether the text is a button; see ``on_act``.
    cover : bool
        Whether the row's cover is shown in place of a text; values are ``None`` where there is no cover.
    """

    name: str
    label: str
    width: int = 90
    write: Callable[[Any], str] = str
    right: bool = False
    narrow: bool = False
    help: str = ""
    shown: bool = True
    always: bool = False
    button: bool = False
    cover: bool = False


class Grid(anywidget.AnyWidget):
    """A sortable table with selection.

    Parameters
    ----------
    columns : sequence of GridColumn
    label : str
        Description of the table for screen readers.
    empty : str
        Text with advice that is shown if there are no rows.
    tools : bool
        Whether columns can be chosen and rows have check boxes.
    on_open : callable, optional
        Called with the id of a row that was double-clicked or entered.
    on_act : callable, optional
        Called with the id of a row whose button was pressed.

    Attributes
    ----------
    selected : list of int
        Ids of the selected rows; observe it.
    layout_names : list of str
        The columns that the user has chosen, in order; empty for the default ones.
    """

    _esm = script("grid")
    _css = style("grid")
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(420).tag(sync=True)
    tools = traitlets.Bool(False).tag(sync=True)
    layout_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    total = traitlets.Int(0).tag(sync=True)
    revision = traitlets.Int(0).tag(sync=True)
    sort_column = traitlets.Unicode("").tag(sync=True)
    descending = traitlets.Bool(False).tag(sync=True)
    selected = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(
        self,
        columns: Sequence[GridColumn],
        *,
        label: str,
        empty: str = "No rows.",
        height: int = 420,
        tools: bool = False,
        on_open: Callable[[int], None] | None = None,
        on_act: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(
            columns=[_head(column) for column in columns],
            label=label,
            empty=empty,
            height=height,
            tools=tools,
        )
        self._possible = self._columns = tuple(columns)
        self._on_open, self._on_act = on_open, on_act
        self._ids: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._values: Mapping[str, Column] = {}
        self._ranks: dict[str, npt.NDArray[np.float64]] = {}
        self._filtered: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.rows: npt.NDArray[np.int64] = self._filtered
        self.on_msg(self._receive)

    def fill(self, ids: npt.NDArray[np.int64], values: Mapping[str, Column]) -> None:
        """Show all these rows; ``values`` has an array for each column, of the same length as ``ids``.

        A column without values is not shown.
        """
        self._ids, self._values, self._ranks = ids, values, {}
        self._columns = tuple(column for column in self._possible if column.name in values)
        self.columns = [_head(column) for column in self._columns]
        if self.sort_column not in values:
            self.sort_column = ""
        self.show(np.arange(len(ids)))

    def show(self, rows: npt.NDArray[Any]) -> None:
        """Show only these rows (indices or a mask), in the order that the user has chosen."""
        self._filtered = np.flatnonzero(rows) if rows.dtype == bool else rows
        self._arrange()

    def sort(self, column: str, *, descending: bool = False) -> None:
        """Sort by a column; unknown values come last in both directions."""
        self.sort_column, self.descending = column, descending
        self._arrange()
        self.go_to_top()

    def go_to_top(self) -> None:
        """Scroll to the first row."""
        self.send({"kind": "top"})

    def _arrange(self) -> None:
        rows = self._filtered
        if self.sort_column:
            rank = self._rank(self.sort_column)[rows]
            rows = rows[np.argsort(-rank if self.descending else rank, kind="stable")]
        self.rows = rows
        with self.hold_sync():
            self.total = len(rows)
            self.revision += 1

    def _rank(self, name: str) -> npt.NDArray[np.float64]:
        if name not in self._ranks:
            self._ranks[name] = places_of(self._values[name])
        return self._ranks[name]

    def ids_from(self, row_id: int) -> list[int]:
        """Return the ids of a row and of the rows after it, in the current order and with the current filter."""
        shown = self._ids[self.rows]
        place = np.flatnonzero(shown == row_id)[:1]
        return [row_id] if not len(place) else shown[place[0] : place[0] + MOST_QUEUED].tolist()

    def cells(self, first: int, count: int) -> list[list[Any]]:
        """Return the rows that are shown: the id, then a text for each column."""
        rows = self.rows[max(0, first) : max(0, first) + min(count, MOST_ROWS_SENT)]
        texts = [
            [_text(value, column.write) for value in self._values[column.name][rows]]
            for column in self._columns
        ]
        return [list(row) for row in zip(self._ids[rows].tolist(), *texts, strict=True)]

    def _receive(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        match content:
            case {"kind": "rows", "first": int(first), "count": int(count), "revision": revision}:
                rows = self.cells(first, count)
                self.send({"kind": "rows", "first": first, "revision": revision, "rows": rows})
            case {"kind": "sort", "column": str(column)} if column in self._values:
                self.sort(column, descending=column == self.sort_column and not self.descending)
            case {"kind": "range", "first": int(first), "last": int(last)}:
                self.selected = self._ids[self.rows[first : last + 1]].tolist()
            case {"kind": "open", "id": int(chosen)} if self._on_open is not None:
                self._on_open(chosen)
            case {"kind": "act", "id": int(chosen)} if self._on_act is not None:
                self._on_act(chosen)


def _head(column: GridColumn) -> dict[str, Any]:
    return {name: value for name, value in vars(column).items() if name != "write"}


def _text(value: Any, write: Callable[[Any], str]) -> str:
    unknown = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if unknown else write(value)
