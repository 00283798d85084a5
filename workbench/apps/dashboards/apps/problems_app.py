"""The Duplicates and problems app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.library_actions import LOOKING, LibraryWatch, details
from workbench.apps.dashboards.views.mend_view import MendView
from workbench.apps.dashboards.views.messages import Messages
from workbench.apps.dashboards.views.page import empty_html, panel
from workbench.apps.dashboards.views.problems_view import ProblemsView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.errors import WorkbenchError
from workbench.session.problems import Problem

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

EMPTY = "No track yet. Open the Library app, choose a folder and press Analyze."


class ProblemsApp(SessionApp):
    """All problems of one library."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._looked = False
        self._watch = LibraryWatch(wb, lambda table: self.look(), self._look_once)
        self.mend = MendView(wb.tags, wb.ratings, wb.files, on_play=self.play_from, on_done=self._watch.renew)
        self.view = ProblemsView(self.open_track, self.play_from, self.mend)
        self.track = TrackView(
            self.open_track, advice="Click a row of the list to look at the track and hear it."
        )
        self._line, self.messages = widgets.HTML(), Messages()
        super().__init__(wb, self._line, self.messages, panel(self.view), panel(self.track), self._watch)
        # Found now but shown when the page is open, because changes of widgets while a browser loads a page are lost.
        in_background(lambda: wb.problems(self._watch.table), lambda _: None, lambda _: None)

    def _look_once(self) -> None:
        if not self._looked:
            self._looked = True
            self.look()

    def look(self) -> None:
        """Search for problems on a thread."""
        table = self._watch.table
        if not len(table):
            self._line.value = empty_html(EMPTY if self._watch.looked else LOOKING)
        in_background(
            lambda: self._wb.problems(table),
            lambda problems: self._show(table, problems),
            self.messages.problem,
        )

    def play_from(self, track_id: int) -> None:
        """Show a track and play it, then the rows after it."""
        self.open_track(track_id)
        self.track.player.queue = self.view.grid.ids_from(track_id)
        self.track.player.play()

    def open_track(self, track_id: int) -> None:
        """Show a track."""
        try:
            self.track.show(*details(self._wb, self._watch.table, track_id))
        except WorkbenchError as error:
            self.messages.problem(str(error))

    def _show(self, table: LibraryTable, problems: Sequence[Problem]) -> None:
        if table is not self._watch.table:  # those of the present table are shown, whichever were found first
            return
        if len(table):
            self._line.value = ""
        self.view.fill(table, problems)
