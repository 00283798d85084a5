"""The Music map app: every track is a point, close to tracks that sound similar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.library_actions import LibraryWatch, details, playlists_folder
from workbench.apps.dashboards.views.map_view import MapView
from workbench.apps.dashboards.views.page import (
    button,
    halves,
    note,
    note_html,
    offer,
    problem_html,
    row,
)
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.selection_view import SelectionView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.session.maps import NeighborMap
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable


class MapApp(SessionApp):
    """The map and its actions."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._watch = LibraryWatch(wb, self._fill, self._list_playlists)
        self.track = TrackView(
            self.open_track,
            advice="Click a point, or go from point to point with the arrow keys and press Enter.",
        )
        save = SaveView(wb.playlists.keep, playlists_folder(wb))
        self.selection = SelectionView(wb.playlists.of_tracks, save)
        self._line = note()
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
            groups={"cluster": wb.maps.clusters, "playlist": self._in_playlist},
        )
        self._again = button("Lay out again", self._compute, tooltip="Needed after many tracks were added")
        self._again.layout.display = "none"
        self._list_playlists()
        super().__init__(
            wb,
            row(self.layout_choice, self._again, self.playlist),
            self._line,
            halves(widgets.VBox([self.map, self.selection]), self.track),
            self._watch,
        )

    def _list_playlists(self) -> None:
        kept = [(summary.name, summary.id) for summary in self._wb.playlists()]
        offer(self.playlist, [("none" if kept else "none saved yet", 0), *kept])

    def open_track(self, track_id: int) -> None:
        """Show a track and play it."""
        try:
            self.track.show(*details(self._wb, self._watch.table, track_id))
        except WorkbenchError as error:
            self._line.value = problem_html(str(error))
            return
        self.track.player.play()

    def _fill(self, table: LibraryTable) -> None:
        self._place()

    def _place(self) -> None:
        self._again.layout.display = "none" if self.layout_choice.index == 0 else ""
        table = self._watch.table
        if self.layout_choice.index == 0:
            self._line.value = ""
            self._draw(*self._principal(table))
            return
        kept = self._wb.maps.neighbors()
        if kept is None:
            self._compute()
            return
        self._show_neighbors(kept)

    def _compute(self) -> None:
        """Lay out the tracks in a worker, then save and show the layout."""
        table = self._watch.table
        count = int(table.analyzed.sum())
        if not count:
            return
        self._again.disabled = True
        self._line.value = note_html(
            f"Laying out {count:,} tracks in a worker. This takes up to a minute; you can use the page in the meantime."
        )
        in_background(lambda: self._wb.maps.lay_out(table), self._show_neighbors, self._refused)

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
        self._line.value = problem_html(message)

    def _draw(self, positions: npt.NDArray[np.float32], axes: str) -> None:
        self.map.fill(self._watch.table, positions, axes=axes)
        self._trace()

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
