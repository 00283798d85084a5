"""A timer in the page, which ends when the tab is closed, and pauses while the tab is hidden."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.apps.dashboards.widgets.static_file import script

_log = logging.getLogger(__name__)


class Pulse(anywidget.AnyWidget):
    """Calls ``look`` every ``seconds`` while the page is visible; 0 pauses it.

    Parameters
    ----------
    ask_server : bool
        Whether the page requests ``api/v1/health`` from the server each time.

    Attributes
    ----------
    health : mapping
        The last answer of the server; empty if there was no request or no answer.
    took_ms : float or None
        Time from the last message of the browser to the answer of the kernel, which is how long a click waits.
    """

    _esm = script("pulse")
    seconds = traitlets.Float(0.0).tag(sync=True)
    ask_server = traitlets.Bool(False).tag(sync=True)

    def __init__(self, look: Callable[[], None], seconds: float = 0.0, *, ask_server: bool = False) -> None:
        super().__init__(seconds=seconds, ask_server=ask_server)
        self._look = look
        self.health: Mapping[str, Any] = {}
        self.took_ms: float | None = None
        self.on_msg(self._receive)

    def _receive(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        self.took_ms = content.get("took_ms")
        self.health = content.get("health") or {}
        try:
            self._look()
        except Exception:  # noqa: BLE001 - logged; the page must be answered, or it asks no more
            _log.exception("A view could not be refreshed")
        finally:
            self.send({"kind": "seen"})
