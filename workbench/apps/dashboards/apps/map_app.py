"""The Music map app: every track is a point, close to tracks that sound similar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.job_view import PULSE_S
from workbench.apps.dashboards.views.library_actions import LOOKING, LibraryWatch, details, playlists_folder
from workbench.apps.dashboards.views.map_view import EMPTY, MapView
from workbench.apps.dashboards.views.messages import Messages
from workbench.apps.dashboards.views.page import (
    button,
    halves,
    note,
    note_html,
    offer,
    panel,
    row,
)
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.selection_view import SelectionView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.apps.dashboards.widgets.pulse import Pulse
from workbench.errors import WorkbenchError
from workbench.playlists.query.query_match import best_rows
from workbench.session.jobs.followed_job import FollowedJob

if TYPE_CHECKING:
    from workbench.session.jobs.queued_job import QueuedJob
    from workbench.session.maps import NeighborMap
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

LAID_OUT_AT_ONCE = 500  # measured: 4 s of one core; a job of the server lays out more tracks than these
# Measured: 20 s of one core, once. A larger library opens on its principal components.
OPENS_ON_NEIGHBORS = 2000


class MapApp(SessionApp):
    """The map and its actions."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._opened = self._renews = False
        self._watch = LibraryWatch(wb, self._fill, self._look)
        self.track = TrackView(
            self.open_track,
            advice="Click a point, or go from point to point with the arrow keys and press Enter.",
        )
        save = SaveView(wb.playlists.keep, playlists_folder(wb), wb.media)
        self.selection = SelectionView(wb.playlists, save)
        self._line, self.messages = note(), Messages()
        self._layout_job: FollowedJob | None = None
        self._pulse = Pulse(self._look_at_layout)
        self.layout_choice = widgets.ToggleButtons(
            options=["Principal components", "Neighbors"], style={"button_width": "auto"}
        )
        self.layout_choice.observe(lambda _: self._place(), "value")
        self.playlist = widgets.Dropdown(description="Playlist", layout=widgets.Layout(width="300px"))
        self.playlist.observe(lambda _: self._trace(), "value")
        table = self._watch.table
        positions, axes = self._principal(table)
        self.map = MapView(
            table,
            positions,
            axes=axes,
            on_open=self.open_track,
            on_select=self.selection.select,
            match=best_rows,
            groups={"cluster": wb.maps.clusters, "playlist": self._in_playlist},
        )
        self.map.scatter.empty = LOOKING
        self._again = button("Lay out again", self._compute, tooltip="Needed after many tracks were added")
        self._again.layout.display = "none"
        self._list_playlists()
        super().__init__(
            wb,
            row(self.layout_choice, self._again, self.playlist),
            self._line,
            self.messages,
            halves(panel(self.map, self.selection), panel(self.track)),
            self._watch,
            self._pulse,
        )

    def _look(self) -> None:
        self._list_playlists()
        count = int(self._watch.table.analyzed.sum())
        if count and not self._opened:
            self._opened, self._renews = True, count <= LAID_OUT_AT_ONCE
            if count <= OPENS_ON_NEIGHBORS:
                self.layout_choice.index = 1  # the principal components are shown until then

    def _list_playlists(self) -> None:
        kept = [(summary.name, summary.id) for summary in self._wb.playlists()]
        offer(self.playlist, [("none" if kept else "none saved yet", 0), *kept])

    def open_track(self, track_id: int) -> None:
        """Show a track and play it."""
        try:
            self.track.show(*details(self._wb, self._watch.table, track_id))
        except WorkbenchError as error:
            self.messages.problem(str(error))
            return
        self.track.player.play()

    def _fill(self, table: LibraryTable) -> None:
        self.map.scatter.empty = EMPTY
        self._place()

    def _place(self) -> None:
        self._again.layout.display = "none" if self.layout_choice.index == 0 else ""
        table = self._watch.table
        if self.layout_choice.index == 0:
            self._line.value = ""
            self._draw(*self._principal(table))
            return
        kept = self._wb.maps.neighbors()
        if kept is not None:
            self._show_neighbors(kept)
        if kept is None or (self._renews and kept.snapshot != table.version):
            self._renews = False  # only once: a library that is being analyzed changes all the time
            self._compute()

    def _compute(self) -> None:
        """Start a layout, and show it when it is done."""
        count = int(self._watch.table.analyzed.sum())
        if not count:
            return
        self._again.disabled = True
        if count <= LAID_OUT_AT_ONCE:
            self._line.value = note_html(f"Laying out {count:,} tracks …")
            in_background(
                lambda: self._wb.maps.lay_out_here(self._watch.table), self._show_if_wanted, self._refused
            )
            return
        self._line.value = note_html(
            f"Laying out {count:,} tracks. This takes up to a minute; you can use or leave the page in the meantime."
        )
        in_background(lambda: self._wb.queue.submit("map", {}), self._follow_layout, self._refused)

    def _show_if_wanted(self, made: NeighborMap) -> None:
        self._again.disabled = False
        self._line.value = ""
        if self.layout_choice.index == 1:
            self._show_neighbors(made)

    def _follow_layout(self, job: QueuedJob) -> None:
        self._layout_job = FollowedJob(self._wb.queue, job)
        self._pulse.seconds = PULSE_S
        self._look_at_layout()

    def _look_at_layout(self) -> None:
        job = self._layout_job
        if job is None or not job.done():
            return
        self._layout_job, self._pulse.seconds = None, 0
        progress, kept = job.progress, self._wb.maps.neighbors()
        if progress.state == "done" and kept is not None and self.layout_choice.index == 1:
            self._show_neighbors(kept)
        else:
            self._again.disabled = False
            self._line.value = ""
        if progress.state == "failed":
            self.messages.problem(f"The layout did not finish: {progress.note or 'no reason given'}")

    def _show_neighbors(self, kept: NeighborMap) -> None:
        self._again.disabled = False
        table = self._watch.table
        stale = kept.snapshot != table.version
        positions, missing = kept.positions_of(table.ids[table.analyzed])
        left_out = f"{missing:,} tracks came later and lie in the middle. " if missing else ""
        self._line.value = note_html(
            f"{left_out}The library has changed since this was laid out." if stale else ""
        )
        self._draw(
            positions, "Neighbors stay neighbors (t-SNE); directions and distances far apart mean nothing"
        )

    def _refused(self, message: str) -> None:
        self._again.disabled = False
        self._line.value = ""
        self.messages.problem(message)

    def _draw(self, positions: npt.NDArray[np.float32], axes: str) -> None:
        self.map.fill(self._watch.table, positions, axes=axes)
        self.map.draw_path(self._playlist_ids())

    def _playlist_ids(self) -> list[int]:
        chosen = self.playlist.value
        return [] if not chosen else self._wb.playlists.get(chosen).track_ids

    def _trace(self) -> None:
        ids = self._playlist_ids()
        self.map.draw_path(ids)
        self.map.choose(ids)
        if self.map.color.value == "playlist":
            self.map.recolor()

    def _in_playlist(self, table: LibraryTable) -> list[str | None]:
        wanted = set(self._playlist_ids())
        return [self.playlist.label if track_id in wanted else None for track_id in table.ids.tolist()]

    def _principal(self, table: LibraryTable) -> tuple[npt.NDArray[np.float32], str]:
        positions, (first, second) = self._wb.maps.principal(table)
        if not len(positions):
            return positions, ""
        return (
            positions,
            f"Right: first principal component ({first:.0%} of the variance) · up: second ({second:.0%})",
        )
