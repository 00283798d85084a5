"""A curve that the user draws, or whose points are moved with the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style

POINTS = 11  # set by hand: a point every tenth of the playlist


class CurveField(anywidget.AnyWidget):
    """Heights at equal steps.

    Attributes
    ----------
    value : list of float or None
        The heights that were drawn; ``None`` while the ready curve is shown. Observe it, or set it.
    """

    _esm = script("curve_field")
    _css = style("curve_field")
    description = traitlets.Unicode().tag(sync=True)
    tooltip = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    low = traitlets.Float(0.0).tag(sync=True)
    high = traitlets.Float(1.0).tag(sync=True)
    heights = traitlets.List(traitlets.Float()).tag(sync=True)
    drawn = traitlets.Bool(False).tag(sync=True)
    value = traitlets.Any(None)

    def __init__(self, **shown: str) -> None:
        self._ready: list[float] = [0.0] * POINTS
        super().__init__(heights=self._ready, **shown)

    def start_from(self, heights: Sequence[float], low: float, high: float, *, unit: str) -> None:
        """Show a ready curve in place of a drawn one."""
        self._ready = _spread(heights)
        self.drawn = False
        with self.hold_sync():
            self.low, self.high, self.unit, self.heights = low, high, unit, self._ready

    @traitlets.observe("heights", "drawn")
    def _was_drawn(self, change: Any) -> None:
        if not self.drawn and self.heights != self._ready:
            self.heights = self._ready
        self.value = list(self.heights) if self.drawn else None

    @traitlets.observe("value")
    def _was_given(self, change: Any) -> None:
        if self.value is None:
            self.drawn = False
        elif self.value != list(self.heights):
            heights = _spread(self.value)
            with self.hold_trait_notifications():
                self.drawn, self.heights = True, heights


def _spread(heights: Sequence[float]) -> list[float]:
    """Return one height for each point that can be moved."""
    along = np.linspace(0, len(heights) - 1, POINTS)
    return [round(float(height), 3) for height in np.interp(along, np.arange(len(heights)), heights)]
