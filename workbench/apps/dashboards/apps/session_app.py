"""The base of all apps: shows when the session was closed, and offers to open it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, page, problem_html, row
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench

CLOSED = "The session of this app was closed, so it shows nothing more."


class SessionApp(widgets.VBox):  # type: ignore[misc]
    """An app over one session, made by ``type(self)(wb)``."""

    def __init__(self, wb: Workbench, *children: widgets.Widget) -> None:
        self._session = wb
        self._replacement: Self | None = None
        super().__init__([page(*children)])
        wb.when_closed(self._say_closed)

    def _say_closed(self, reason: str = CLOSED) -> None:
        self.children = [
            page(
                widgets.HTML(problem_html(reason)),
                row(button("Open it again", self._reopen, tooltip="Opens the session as well", primary=True)),
            )
        ]

    def _reopen(self) -> None:
        try:
            self._session.reopen()
            self._replacement = type(self)(self._session)
        except WorkbenchError as error:
            self._say_closed(error.message)
        else:
            self.children = self._replacement.children
