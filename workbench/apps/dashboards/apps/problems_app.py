"""The Duplicates and problems app."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.views.background import in_background
from workbench.apps.dashboards.views.library_actions import LibraryWatch, details
from workbench.apps.dashboards.views.page import empty_html, page, problem_html
from workbench.apps.dashboards.views.problems import CHECKS, Finding, with_status
from workbench.apps.dashboards.views.problems_view import ProblemsView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable
    from workbench.store.library.track import Track

Kinds = dict[str, tuple[str, Sequence[Finding]]]


class ProblemsApp(widgets.VBox):  # type: ignore[misc]
    """Everything that is wrong with one library."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._watch = LibraryWatch(wb, lambda table: self.look())
        self.view = ProblemsView(self.open_track)
        self.track = TrackView(
            self.open_track, advice="Click a row of the list to look at the track and hear it."
        )
        self._line = widgets.HTML()
        super().__init__([page(self._line, self.view, self.track, self._watch)])
        self.look()

    def look(self) -> None:
        """Look for problems, off the event loop."""
        table = self._watch.table
        if not len(table):
            self._line.value = empty_html(
                "No track yet. Open the Library app, choose a folder and press Analyze."
            )
        in_background(lambda: self._find(table), lambda kinds: self._show(table, kinds), self._refused)

    def open_track(self, track_id: int) -> None:
        """Show a track."""
        try:
            self.track.show(*details(self._wb, self._watch.table, track_id))
        except WorkbenchError as error:
            self._refused(str(error))

    def _find(self, table: LibraryTable) -> Kinds:
        failed = {
            track.id: f"{track.error} ({track.error_kind})"
            for track in self._wb.library.tracks.select(status="failed")
        }
        kinds: Kinds = {
            "Duplicates": (
                "Files with the same bytes. Delete the copies you do not need, then analyze the folder "
                "again.",
                duplicates(self._wb.library.tracks.duplicates()),
            ),
            "Failed": (
                "Repair or replace the file, then analyze its folder again.",
                with_status("failed", lambda track_id: failed.get(track_id, "failed"))(table),
            ),
            "Missing": (
                "The file is gone. Put it back, or analyze the folder to which it moved.",
                with_status("missing", lambda track_id: "not where it was")(table),
            ),
        }
        return kinds | {check.title: (check.advice, check.find(table)) for check in CHECKS}

    def _show(self, table: LibraryTable, kinds: Kinds) -> None:
        if len(table):
            self._line.value = ""
        self.view.fill(table, kinds)

    def _refused(self, message: str) -> None:
        self._line.value = problem_html(message)


def duplicates(groups: Sequence[Sequence[Track]]) -> list[Finding]:
    """Return a finding for every file that has copies, copies next to each other."""
    return [Finding(track.id, f"same as {_others(group, track)}") for group in groups for track in group]


def _others(group: Sequence[Track], track: Track) -> str:
    names = [PurePath(other.path).name for other in group if other.id != track.id]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
