"""The problems of a library, one kind at a time; each track can be opened and played."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from workbench.apps.dashboards.views.page import heading, note, note_html, offer
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
from workbench.readable import counted, track_name
from workbench.session.problems import Problem

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

COLUMNS = (
    GridColumn("reason", "Problem", 260, narrow=True),
    GridColumn("name", "Track", 220, narrow=True),
    GridColumn("path", "File", 320),
)


class ProblemsView(widgets.VBox):  # type: ignore[misc]
    """One kind of problem at a time, with its count in the list of kinds.

    Parameters
    ----------
    on_open : callable
        Called with the id of a track that was selected.
    """

    def __init__(self, on_open: Callable[[int], None]) -> None:
        self._problems: Mapping[str, Problem] = {}
        self._table: LibraryTable | None = None
        self.kind = widgets.ToggleButtons(options=[], style={"button_width": "auto"})
        self._title, self._advice = heading(""), note("Looking for problems …")
        self.grid = Grid(
            COLUMNS,
            label="Tracks with this problem",
            height=380,
            on_open=on_open,
            empty="No track has this problem.",
        )
        self._on_open = on_open
        self.kind.observe(lambda _: self._show_kind(), "value")
        self.grid.observe(self._open_last, "selected")
        super().__init__([self.kind, self._title, self._advice, self.grid])

    def fill(self, table: LibraryTable, problems: Sequence[Problem]) -> None:
        """Show all kinds of problems, also those that were not found."""
        self._problems, self._table = {problem.title: problem for problem in problems}, table
        first_time = self.kind.value is None
        offer(
            self.kind, [(f"{problem.title} ({len(problem.findings)})", problem.title) for problem in problems]
        )
        if first_time:
            found = (problem.title for problem in problems if problem.findings)
            self.kind.value = next(found, self.kind.value)
        self._show_kind()

    def _open_last(self, change: Mapping[str, Any]) -> None:
        if change["new"]:
            self._on_open(change["new"][-1])

    def _show_kind(self) -> None:
        if self.kind.value is None or self._table is None:
            return
        problem = self._problems[self.kind.value]
        findings = problem.findings
        self._title.value = heading(problem.title).value
        self._advice.value = note_html(
            f"{counted(len(findings), 'track')}. {problem.advice if findings else ''}"
        )
        rows = [self._table.index_of(finding.track_id) for finding in findings]
        values = [self._table.row(row) if row is not None else {"id": 0} for row in rows]
        self.grid.fill(
            np.array([finding.track_id for finding in findings], np.int64),
            {
                "reason": np.array([finding.reason for finding in findings], object),
                "name": np.array([track_name(value) for value in values], object),
                "path": np.array([value.get("path") for value in values], object),
            },
        )
