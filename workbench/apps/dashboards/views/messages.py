"""The messages of an app: notes and problems, which stay until they are dismissed."""

from __future__ import annotations

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, classed, note_html, problem_html

MOST = 5  # set by hand: few enough that the page stays visible; the oldest is removed first


class Messages(widgets.VBox):  # type: ignore[misc]
    """Messages, the newest last, each with a button that dismisses it. The same text is shown once."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("pw-messages")
        self._shown: dict[str, widgets.HBox] = {}

    def tell(self, text: str) -> None:
        """Show a note."""
        self._add(text, note_html(text))

    def problem(self, text: str) -> None:
        """Show a problem."""
        self._add(text, problem_html(text))

    def dismiss(self, text: str) -> None:
        """Remove a message."""
        self._shown.pop(text, None)
        self._draw()

    def _add(self, text: str, html: str) -> None:
        if not text or text in self._shown:
            return
        close = button("Dismiss", lambda: self.dismiss(text), tooltip="Takes this message away")
        self._shown[text] = classed(widgets.HBox([widgets.HTML(html), close]), "pw-message")
        while len(self._shown) > MOST:
            del self._shown[next(iter(self._shown))]
        self._draw()

    def _draw(self) -> None:
        self.children = list(self._shown.values())
