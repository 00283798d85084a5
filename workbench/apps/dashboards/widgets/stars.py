"""Five stars with which the user rates a track."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from workbench.apps.dashboards.widgets.static_file import plain_style, script, style


class Stars(anywidget.AnyWidget):
    """The rating of a track; hidden until :meth:`show`.

    Parameters
    ----------
    on_rate : callable
        Called with the id of the track and 1 to 5 stars, or ``None`` if the user removes the rating.

    Attributes
    ----------
    value : float or None
        The user's own stars. Setting it rates the track.
    """

    _esm = script("stars")
    _css = style("player") + plain_style("player_bar")
    track_id = traitlets.Int(0).tag(sync=True)
    rating = traitlets.Float(None, allow_none=True).tag(sync=True)
    value = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, on_rate: Callable[[int, float | None], None]) -> None:
        super().__init__()
        self._on_rate = on_rate
        self._showing = False
        self.observe(self._chosen, "value")

    def show(self, track_id: int, rating: float | None, own_rating: float | None) -> None:
        """Show the rating that counts for a track, and the user's own."""
        self._showing = True
        with self.hold_sync():
            self.track_id, self.rating, self.value = track_id, rating, own_rating
        self._showing = False

    def _chosen(self, change: dict[str, Any]) -> None:
        if self.track_id and not self._showing:
            self._on_rate(self.track_id, change["new"])
