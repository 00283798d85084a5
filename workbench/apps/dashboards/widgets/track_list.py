"""Show a playlist as a list whose tracks can be reordered, locked and played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style


class TrackList(anywidget.AnyWidget):
    """A list of tracks.

    Parameters
    ----------
    on_play, on_cross : callable
        Called with the id of a track to play, or of a track whose transition to the next is to be played.

    Attributes
    ----------
    order : list of int
        Ids in the order of the user; observe it.
    locked : list of int
        Ids of tracks that are kept when the others are chosen again.
    """

    _esm = script("track_list")
    _css = style("track_list")
    entries: traitlets.List[Any] = traitlets.List().tag(sync=True)
    order = traitlets.List(traitlets.Int()).tag(sync=True)
    locked = traitlets.List(traitlets.Int()).tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, *, on_play: Callable[[int], None], on_cross: Callable[[int], None], empty: str
    ) -> None:
        super().__init__(empty=empty)
        self._on_play, self._on_cross = on_play, on_cross
        self.on_msg(self._receive)

    def show(self, entries: Sequence[dict[str, Any]]) -> None:
        """Show entries, each with ``id, title, artist, facts, reason, details``; tracks that are kept stay locked."""
        with self.hold_sync():
            self.entries = list(entries)
            self.order = [entry["id"] for entry in entries]
            self.locked = [track_id for track_id in self.locked if track_id in self.order]

    def _receive(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        match content:
            case {"kind": "play", "id": int(track_id)} if track_id in self.order:
                self._on_play(track_id)
            case {"kind": "crossing", "id": int(track_id)} if track_id in self.order:
                self._on_cross(track_id)
