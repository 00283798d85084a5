"""Thumbs up and down for the shown track; a tagger can learn the user's taste from them."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

CHOICES = (("Like", 1.0), ("Not rated", None), ("Dislike", -1.0))


class RatingView(widgets.ToggleButtons):  # type: ignore[misc]
    """Like, dislike, or neither.

    Parameters
    ----------
    on_rate : callable
        Called with the id of the track and 1.0, -1.0 or ``None`` when the user chooses.
    """

    def __init__(self, on_rate: Callable[[int, float | None], None]) -> None:
        self._on_rate = on_rate
        self._track_id: int | None = None
        super().__init__(
            options=CHOICES,
            value=None,
            description="Rating",
            tooltips=[
                "I like this track",
                "Take the rating back",
                "I do not like this track",
            ],
            style={"button_width": "auto"},
        )
        self.layout.display = "none"
        self.observe(self._chosen, "value")

    def show(self, track_id: int, rating: float | None) -> None:
        """Show the rating of a track."""
        self._track_id = None
        self.value = rating
        self._track_id = track_id
        self.layout.display = ""

    def _chosen(self, change: dict[str, float | None]) -> None:
        if self._track_id is not None:
            self._on_rate(self._track_id, change["new"])
