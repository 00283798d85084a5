"""Make a playlist of the selected tracks, or add them to a kept playlist."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import button, note_html, offer, problem_html, row
from workbench.readable import clock, counted

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.save_view import SaveView
    from workbench.playlists.playlist import Playlist
    from workbench.session.playlists import Playlists

ORDERS = ("smooth", "harmonic", "ramp_up", "ramp_down", "none", "shuffle")


class SelectionView(widgets.VBox):  # type: ignore[misc]
    """Makes a playlist of the selected tracks, or adds them to a kept one.

    Parameters
    ----------
    actions : mapping of str to callable, optional
        Further actions: the text of a button, and a function that takes the ids and returns a sentence about the
        result.
    """

    def __init__(
        self,
        playlists: Playlists,
        save: SaveView,
        actions: Mapping[str, Callable[[Sequence[int]], str]] = MappingProxyType({}),
    ) -> None:
        self._playlists, self.save = playlists, save
        self._others = [button(name, partial(self._do, act)) for name, act in actions.items()]
        self._ids: list[int] = []
        self.order = widgets.Dropdown(
            options=ORDERS, description="Order", layout=widgets.Layout(width="190px")
        )
        self.button = button("Playlist of the selection", self.make)
        self._line = widgets.HTML()
        save.layout.display = "none"
        self.target = widgets.Dropdown(description="Kept playlist", style={"description_width": "100px"})
        self.add_button = button(
            "Add to it", self.add, tooltip="Append the selected tracks to this kept playlist"
        )
        made, added = row(self.button, self.order, *self._others), row(self.target, self.add_button)
        super().__init__([made, added, self._line, save])
        self.select([])

    def select(self, ids: Sequence[int]) -> None:
        """Set the selected tracks."""
        self._ids = list(ids)
        kept = [(one.name, one.name) for one in self._playlists()]
        offer(self.target, kept or [("none yet", None)])
        for each in (self.button, *self._others):
            each.disabled = not self._ids
        self.add_button.disabled = not (self._ids and kept)
        self.button.description = (
            f"Playlist of {counted(len(self._ids), 'selected track')}"
            if self._ids
            else ("Playlist of the selection")
        )

    def make(self) -> None:
        """Make the playlist and offer to save it."""
        ids, order = list(self._ids), self.order.value
        if ids:
            in_background(lambda: self._playlists.of_tracks(ids, order), self._made, self._refused)

    def add(self) -> None:
        """Append the selected tracks to the kept playlist that is chosen."""
        ids, name = list(self._ids), self.target.value
        if ids and name:
            in_background(lambda: self._playlists.add(name, ids), self._added, self._refused)

    def _added(self, playlist: Playlist) -> None:
        self._line.value = note_html(f"{playlist.name} now has {counted(len(playlist), 'track')}.")

    def _do(self, act: Callable[[Sequence[int]], str]) -> None:
        ids = list(self._ids)
        in_background(lambda: act(ids), self._done, self._refused)

    def _done(self, told: str) -> None:
        self._line.value = note_html(told)

    def _made(self, playlist: Playlist) -> None:
        self._line.value = note_html(
            f"{counted(len(playlist), 'track')}, {clock(playlist.duration_s)}: name it, then save "
            "it or export a file."
        )
        self.save.layout.display = ""
        self.save.offer(playlist)

    def _refused(self, message: str) -> None:
        self._line.value = problem_html(message)
