"""A playlist of the tracks that are selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import button, note_html, problem_html, row
from workbench.readable import clock, counted

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.save_view import SaveView
    from workbench.playlists.playlist import Playlist

ORDERS = ("smooth", "harmonic", "ramp_up", "ramp_down", "none", "shuffle")


class SelectionView(widgets.VBox):  # type: ignore[misc]
    """Makes a playlist of the selected tracks.

    Parameters
    ----------
    make : callable
        Ids and an order → playlist; called on a thread.
    """

    def __init__(self, make: Callable[[Sequence[int], str], Playlist], save: SaveView) -> None:
        self._make, self.save = make, save
        self._ids: list[int] = []
        self.order = widgets.Dropdown(
            options=ORDERS, description="Order", layout=widgets.Layout(width="190px")
        )
        self.button = button("Playlist of the selection", self.make)
        self._line = widgets.HTML()
        save.layout.display = "none"
        super().__init__([row(self.button, self.order), self._line, save])
        self.select([])

    def select(self, ids: Sequence[int]) -> None:
        """Set the selected tracks."""
        self._ids = list(ids)
        self.button.disabled = not self._ids
        self.button.description = (
            f"Playlist of {counted(len(self._ids), 'selected track')}"
            if self._ids
            else ("Playlist of the selection")
        )

    def make(self) -> None:
        """Make the playlist and offer to save it."""
        ids, order = list(self._ids), self.order.value
        if ids:
            in_background(lambda: self._make(ids, order), self._made, self._refused)

    def _made(self, playlist: Playlist) -> None:
        self._line.value = note_html(
            f"{counted(len(playlist), 'track')}, {clock(playlist.duration_s)}: name it, then save "
            "it or export a file."
        )
        self.save.layout.display = ""
        self.save.offer(playlist)

    def _refused(self, message: str) -> None:
        self._line.value = problem_html(message)
