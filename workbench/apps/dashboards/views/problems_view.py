"""Show the problems of a library, one kind at a time, with actions on each track."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from workbench.apps.dashboards.views.page import classed, heading, note, note_html, offer
from workbench.apps.dashboards.widgets.grid import Grid, GridColumn
from workbench.readable import counted, track_name
from workbench.session.problems import Finding, Problem

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.mend_view import MendView
    from workbench.store.library.library_table import LibraryTable

COLUMNS = (
    GridColumn("reason", "Problem", 260, narrow=True),
    GridColumn("name", "Track", 220, narrow=True),
    GridColumn("mend", "What mends it", 170, button=True),
    GridColumn("path", "File", 320),
)


class ProblemsView(widgets.VBox):  # type: ignore[misc]
    """A list of kinds of problems with their counts, and the tracks of the chosen kind.

    Parameters
    ----------
    on_open : callable
        Called with the id of a track that was selected.
    on_play : callable
        Called with the id of a track that was double-clicked or entered.
    mend : MendView
        The actions on the selected tracks.
    """

    def __init__(
        self, on_open: Callable[[int], None], on_play: Callable[[int], None], mend: MendView
    ) -> None:
        self._problems: Mapping[str, Problem] = {}
        self._table: LibraryTable | None = None
        self.kind = classed(widgets.ToggleButtons(options=[], style={"button_width": "auto"}), "pw-chips")
        self._title, self._advice = heading(""), note("Looking for problems …")
        self.mend = mend
        self.grid = Grid(
            COLUMNS,
            label="Tracks with this problem",
            height=380,
            tools=True,
            on_open=on_play,
            on_act=self._act,
            empty="No track has this problem.",
        )
        self._on_open = on_open
        self.kind.observe(lambda _: self._show_kind(), "value")
        self.grid.observe(self._select, "selected")
        super().__init__([self.kind, self._title, self._advice, self.mend, self.grid])
        self.mend.actions.layout.display = "none"

    def fill(self, table: LibraryTable, problems: Sequence[Problem]) -> None:
        """Show all kinds of problems, including those without findings."""
        self._problems, self._table = {problem.title: problem for problem in problems}, table
        first_time = self.kind.value is None
        found_first = sorted(problems, key=lambda problem: not problem.findings)
        offer(self.kind, [(f"{one.title} ({len(one.findings)})", one.title) for one in found_first])
        if first_time:
            found = (problem.title for problem in problems if problem.findings)
            self.kind.value = next(found, self.kind.value)
        self._show_kind()

    def _select(self, change: Mapping[str, Any]) -> None:
        self._offer_mending()
        if change["new"]:
            self._on_open(change["new"][-1])

    def _offer_mending(self) -> None:
        found = {finding.track_id: finding for finding in self._findings()}
        chosen = [found[one] for one in self.grid.selected if one in found]
        self.mend.select({finding.track_id: {**self._row(finding), **finding.tags} for finding in chosen})

    def _act(self, track_id: int) -> None:
        finding = next((one for one in self._findings() if one.track_id == track_id), None)
        if finding is not None:
            self.grid.selected = [track_id]
            self.mend.begin(self._mend(finding))

    def _findings(self) -> Sequence[Finding]:
        return self._problems[self.kind.value].findings if self.kind.value else ()

    def _mend(self, finding: Finding) -> Any:
        return finding.mend or self._problems[self.kind.value].mend

    def _row(self, finding: Finding) -> dict[str, Any]:
        row = self._table.index_of(finding.track_id) if self._table is not None else None
        return {} if row is None or self._table is None else self._table.row(row)

    def _show_kind(self) -> None:
        if self.kind.value is None:
            return
        problem, findings = self._problems[self.kind.value], self._findings()
        self._title.value = heading(problem.title).value
        self._advice.value = note_html(
            f"{counted(len(findings), 'track')}. {problem.advice if findings else ''}"
        )
        self.mend.actions.layout.display = "" if findings else "none"
        values = [self._row(finding) for finding in findings]
        self.grid.fill(
            np.array([finding.track_id for finding in findings], np.int64),
            {
                "reason": np.array([finding.reason for finding in findings], object),
                "name": np.array([track_name(value) for value in values], object),
                "mend": np.array([self.mend.name(self._mend(finding)) for finding in findings], object),
                "path": np.array([value.get("path") for value in values], object),
            },
        )
        self._offer_mending()
