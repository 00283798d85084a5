"""The Library app: analyze folders, and browse the tracks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.folder_picker import FolderPicker
from workbench.apps.dashboards.views.job_view import JobView
from workbench.apps.dashboards.views.library_actions import LOOKING, LibraryWatch, details, playlists_folder
from workbench.apps.dashboards.views.page import button, heading, note, note_html, panel, row, section
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.selection_view import SelectionView
from workbench.apps.dashboards.views.table_view import EMPTY, TableView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.apps.dashboards.widgets.stars import Stars
from workbench.errors import WorkbenchError
from workbench.playlists.query.query_match import best_rows
from workbench.readable import counted
from workbench.session.jobs.followed_job import FollowedJob

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable


class LibraryApp(SessionApp):
    """The tracks of one library: analysis, table, details."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._watch = LibraryWatch(wb, self._fill, self._follow_running)
        self.picker = FolderPicker(wb.settings.library_roots)
        self.job = JobView(self._analyze, self._job_changed)
        self._advice = note()
        self.table = TableView(self._watch.table, best_rows, self.play_from, height=640, views=wb.views)
        self.table.grid.empty = LOOKING
        self.rating = Stars(wb.ratings.rate)
        self.track = TrackView(
            self.open_track,
            advice="Click a row of the table, or go through it with the arrow keys. Double-click it or press Enter "
            "to hear it, and the rows after it.",
            below=(self.rating,),
        )
        save = SaveView(wb.playlists.keep, playlists_folder(wb), wb.media)
        rate = {"Like (5 stars)": partial(self._rate, 5.0), "Dislike (1 star)": partial(self._rate, 1.0)}
        self.selection = SelectionView(wb.playlists, save, rate)
        self.table.grid.observe(self._selected, "selected")
        self._adding = section(
            "Add music",
            self.picker,
            row(
                button(
                    "Analyze this folder", lambda: self.job.begin([str(self.picker.folder)]), primary=True
                ),
                button("Analyze the demo library", self._demo, tooltip="Synthesizes 30 short tracks"),
            ),
            self.job,
            self._advice,
            open=not len(self._watch.table),
        )
        super().__init__(
            wb,
            self._adding,
            panel(heading("Tracks"), self.table, self.selection),
            panel(self.track),
            self._watch,
        )

    def play_from(self, track_id: int) -> None:
        """Show a track and play it, then the rows after it."""
        self.open_track(track_id)
        self.track.player.play()

    def open_track(self, track_id: int) -> None:
        """Show the details of a track."""
        try:
            self.track.player.queue = self.table.grid.ids_from(track_id)
            self.track.show(*details(self._wb, self._watch.table, track_id))
            self.rating.show(track_id, *self._wb.ratings.stars(track_id))
        except WorkbenchError:
            self._watch.renew()

    def _rate(self, rating: float, ids: Sequence[int]) -> str:
        for track_id in ids:
            self._wb.ratings.rate(track_id, rating)
        return f"{counted(len(ids), 'track')} rated with {counted(int(rating), 'star')}."

    def _analyze(self, paths: Sequence[str], *, force: bool) -> FollowedJob:
        if paths == ["demo"]:
            paths = [str(self._wb.make_demo_library())]
        request = {"paths": [*paths], "force": force, "recursive": True, "formats": None}
        return FollowedJob(self._wb.queue, self._wb.queue.submit("analyze", request))

    def _follow_running(self) -> None:
        """Show an analysis that runs already, such as after a reload of the page."""
        if self.job.running or not (found := self._wb.queue.unfinished("analyze", "import")):
            return
        self.job.follow(FollowedJob(self._wb.queue, found[0]))

    def _job_changed(self) -> None:
        self._watch.renew()
        if not self.job.running:
            in_background(self._wb.models.advice, self._advise, lambda message: None)

    def _advise(self, advice: str | None) -> None:
        self._advice.value = note_html(advice or "")

    def _demo(self) -> None:
        self.job.begin(["demo"])

    def _fill(self, table: LibraryTable) -> None:
        self.table.grid.empty = EMPTY
        self.table.fill(table)

    def _selected(self, change: Any) -> None:
        self.selection.select(change["new"])
        if change["new"]:
            self.open_track(change["new"][-1])
