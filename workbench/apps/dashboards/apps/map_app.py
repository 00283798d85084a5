"""The Music map app: every track a point, near what it sounds like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.layouts import neighbor_map, principal_components
from workbench.apps.dashboards.views.library_actions import (
    LibraryWatch,
    details,
    playlist_of,
    playlists_folder,
)
from workbench.apps.dashboards.views.map_view import MapView
from workbench.apps.dashboards.views.page import (
    button,
    halves,
    note,
    note_html,
    offer,
    page,
    problem_html,
    row,
)
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.selection_view import SelectionView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench
    from workbench.store.library.library_table import LibraryTable

CLUSTERS = 6
LAYOUT = ("map", "neighbors")


class MapApp(widgets.VBox):  # type: ignore[misc]
    """The map with what can be done on it."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._watch = LibraryWatch(wb, self._fill, self._list_playlists)
        self.track = TrackView(
            self.open_track,
            advice="Click a point, or go from point to point with the arrow keys and press Enter.",
        )
        save = SaveView(wb.shelf.keep, playlists_folder(wb))
        self.selection = SelectionView(lambda ids, order: playlist_of(wb.table(), ids, order), save)
        self._line = note()
        self.layout_choice = widgets.ToggleButtons(
            options=["Principal components", "Neighbors"], style={"button_width": "auto"}
        )
        self.layout_choice.observe(lambda _: self._place(), "value")
        self.playlist = widgets.Dropdown(description="Playlist", layout=widgets.Layout(width="300px"))
        self.playlist.observe(lambda _: self._trace(), "value")
        table = self._watch.table
        positions, axes = _principal(table)
        self.map = MapView(
            table,
            positions,
            axes=axes,
            on_open=self.open_track,
            on_select=self.selection.select,
            groups={"cluster": _clusters, "playlist": self._in_playlist},
        )
        self._again = button("Lay out again", self._compute, tooltip="Needed after many tracks were added")
        self._again.layout.display = "none"
        self._list_playlists()
        super().__init__(
            [
                page(
                    row(self.layout_choice, self._again, self.playlist),
                    self._line,
                    halves(widgets.VBox([self.map, self.selection]), self.track),
                    self._watch,
                )
            ]
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
            self._draw(*_principal(table))
            return
        kept = self._wb.library.artifacts.get(*LAYOUT)
        if kept is None:
            self._compute()
            return
        self._show_neighbors(kept.value, stale=kept.snapshot != table.version)

    def _compute(self) -> None:
        """Lay the tracks out in a worker, remember it, show it."""
        table = self._watch.table
        known = table.take(table.analyzed)
        if not len(known):
            return
        self._again.disabled = True
        self._line.value = note_html(
            f"Laying out {len(known):,} tracks in a worker: up to a minute. You can go on."
        )

        def work() -> dict[str, npt.NDArray[Any]]:
            client = self._wb.cluster.client
            positions = client.submit(neighbor_map, known.vectors, pure=False).result()
            value = {"ids": known.ids, "positions": positions}
            self._wb.library.artifacts.save(*LAYOUT, value, snapshot=table.version)
            return value

        in_background(work, self._show_neighbors, self._refused)

    def _show_neighbors(self, value: dict[str, npt.NDArray[Any]], *, stale: bool = False) -> None:
        self._again.disabled = False
        known = self._watch.table.take(self._watch.table.analyzed)
        positions, missing = positions_of(known.ids, value["ids"], value["positions"])
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
        return [] if not chosen else self._wb.shelf.get(chosen).track_ids

    def _trace(self) -> None:
        ids = self._playlist_ids()
        self.map.draw_path(ids)
        self.map.choose(ids)
        if self.map.color.value == "playlist":
            self.map.recolor()

    def _in_playlist(self, table: LibraryTable) -> list[str | None]:
        wanted = set(self._playlist_ids())
        return [self.playlist.label if track_id in wanted else None for track_id in table.ids.tolist()]


def positions_of(
    ids: npt.NDArray[np.int64], kept_ids: npt.NDArray[np.int64], kept: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], int]:
    """Return where these tracks lie in a kept layout, and how many are not in it: those are put in the middle."""
    found = np.isin(ids, kept_ids)
    positions = np.tile(kept.mean(axis=0), (len(ids), 1)).astype(np.float32)
    positions[found] = kept[np.searchsorted(kept_ids, ids[found])]
    return positions, int((~found).sum())


def _principal(table: LibraryTable) -> tuple[npt.NDArray[np.float32], str]:
    positions, (first, second) = principal_components(table.vectors[table.analyzed])
    if not len(positions):
        return positions, ""
    return (
        positions,
        f"Right: first principal component ({first:.0%} of the variance) · up: second ({second:.0%})",
    )


def _clusters(table: LibraryTable) -> list[str | None]:
    from workbench.playlists.sound.clusters import cluster_name, kmeans_clusters

    labels = kmeans_clusters(table, np.arange(len(table)), CLUSTERS, 0).labels
    names = {int(label): cluster_name(table, np.flatnonzero(labels == label)) for label in np.unique(labels)}
    return [names[int(label)] for label in labels]
