"""Compare two playlists side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import note_html, offer, problem_html, row
from workbench.apps.dashboards.views.result_view import card_html
from workbench.errors import WorkbenchError
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist


class CompareView(widgets.VBox):  # type: ignore[misc]
    """Compare the current playlist with an earlier one.

    Parameters
    ----------
    earlier : callable
        Returns names and ids of kept playlists, newest first.
    load : callable
        Returns a kept playlist by id.
    """

    def __init__(
        self, earlier: Callable[[], Sequence[tuple[str, int]]], load: Callable[[int], Playlist]
    ) -> None:
        self._earlier, self._load = earlier, load
        self._current: Playlist | None = None
        self.other = widgets.Dropdown(description="Compare with", style={"description_width": "110px"})
        self._out = widgets.HTML()
        self.other.observe(lambda _: self._draw(), "value")
        super().__init__([row(self.other), self._out])
        self.renew()

    def renew(self) -> None:
        """Read the list of kept playlists again."""
        kept = list(self._earlier())
        offer(self.other, [("nothing" if kept else "no playlist is saved yet", 0), *kept])

    def show(self, playlist: Playlist) -> None:
        """Set the current playlist."""
        self._current = playlist
        self._draw()

    def _draw(self) -> None:
        if self._current is None or not self.other.value:
            self._out.value = ""
            return
        try:
            other = self._load(self.other.value)
        except WorkbenchError as error:
            self._out.value = problem_html(str(error))
            return
        shared = set(self._current.track_ids) & set(other.track_ids)
        self._out.value = card_html({"this one": self._current.card, other.name: other.card}) + note_html(
            f"{counted(len(shared), 'track')} in both."
        )
