"""Show kept playlists as cards, of which one can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style


class Shelf(anywidget.AnyWidget):
    """Cards in a grid.

    Parameters
    ----------
    on_open : callable
        Called when the chosen card is opened by double click or Enter.

    Attributes
    ----------
    value : str
        The name of the chosen playlist, or an empty text. Observe it, or set it.
    """

    _esm = script("shelf")
    _css = style("shelf")
    cards: traitlets.List[Any] = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, label: str, empty: str, on_open: Callable[[], None]) -> None:
        super().__init__(label=label, empty=empty)
        self._on_open = on_open
        self.on_msg(self._receive)

    def show(self, cards: Sequence[dict[str, Any]]) -> None:
        """Show cards, each with ``name, facts, made, pinned``; keep the chosen one if it is among them."""
        names = [card["name"] for card in cards]
        with self.hold_sync():
            self.cards = list(cards)
            if self.value not in names:
                self.value = next(iter(names), "")

    def _receive(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        if content.get("kind") == "open" and self.value:
            self._on_open()
