"""The live card of a running job in a notebook, with buttons to pause and to cancel the job.

The card is a widget. The page finds it again after a reload, because the kernel keeps it. A page without widgets shows
the HTML or the text that is sent with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets

from workbench.processing.job.task import Progress

SHOW_EVERY_S = 0.4  # set by hand: the card moves visibly, and a table of failures is not drawn too often
VIEW = "application/vnd.jupyter.widget-view+json"
BUTTONS = frozenset({"pause", "resume", "cancel"})


class ShownJob(Protocol):
    """The interface of a job that the card needs."""

    id: str

    @property
    def state(self) -> str: ...
    @property
    def can_pause(self) -> bool: ...
    def _repr_html_(self) -> str: ...
    def subscribe(self, callback: Callable[[Progress], None]) -> Callable[[], None]: ...


class LiveCard(anywidget.AnyWidget):
    """The card of one job, which is shared by all places that show the job.

    Attributes
    ----------
    html : str
        The current card.
    state : str
        See :attr:`Job.state`.
    job_id, can_pause
        See :class:`Job`.
    """

    _esm = Path(__file__).with_name("live_card.js").read_text("utf-8")
    html = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode().tag(sync=True)
    job_id = traitlets.Unicode().tag(sync=True)
    can_pause = traitlets.Bool().tag(sync=True)

    def __init__(self, job: ShownJob) -> None:
        super().__init__(html=job._repr_html_(), state=job.state, job_id=job.id, can_pause=job.can_pause)
        self._job = job
        self._show_at = 0.0
        self.on_msg(self._pressed)
        job.subscribe(self._show)

    def mime_bundle(self) -> dict[str, Any]:
        """Return the output for a notebook: the widget, and HTML and text for pages without widgets."""
        view = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        return {VIEW: view, "text/html": self._job._repr_html_(), "text/plain": repr(self._job)}

    def _show(self, progress: Progress) -> None:
        """Show the progress of the job; called on its thread."""
        now = time.monotonic()
        if now < self._show_at and progress.state == self.state:
            return
        self._show_at = now + SHOW_EVERY_S
        with self.hold_sync():
            self.html, self.state = self._job._repr_html_(), progress.state

    def _pressed(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        if (button := content.get("press")) in BUTTONS:
            getattr(self._job, button)()
            self.send({"heard": button})
