"""A line chart that follows the theme of the page and is fast to update."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style

MOST_POINTS = 600  # about one for each pixel pair of a chart; set by hand


class Chart(anywidget.AnyWidget):
    """Named lines over one axis.

    Parameters
    ----------
    title, x_label, y_label : str
        The labels name the units.
    x_kind : {"number", "clock", "time"}
        Format of values on the x axis: numbers, minutes and seconds, or time of day (Unix seconds).
    x_names : sequence of str, optional
        Names of the values 0, 1, … on the x axis; the chart then has bars.
    y_low, y_high : float, optional
        Ends of the y axis; computed from the values by default.
    """

    _esm = script("chart")
    _css = style("chart")
    title = traitlets.Unicode().tag(sync=True)
    x_label = traitlets.Unicode().tag(sync=True)
    y_label = traitlets.Unicode().tag(sync=True)
    x_kind = traitlets.Enum(("number", "clock", "time"), "number").tag(sync=True)
    y_low = traitlets.Float(None, allow_none=True).tag(sync=True)
    y_high = traitlets.Float(None, allow_none=True).tag(sync=True)
    height = traitlets.Int(190).tag(sync=True)
    x_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    dots = traitlets.Bool(False).tag(sync=True)
    empty = traitlets.Unicode("Nothing to draw yet").tag(sync=True)
    x: traitlets.List[Any] = traitlets.List().tag(sync=True)
    series: traitlets.List[Any] = traitlets.List().tag(sync=True)
    marks: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, title: str, x_label: str, y_label: str, **options: Any) -> None:
        super().__init__(title=title, x_label=x_label, y_label=y_label, **options)

    def draw(self, x: Any, lines: Mapping[str, Any], *, marks: Sequence[float] = ()) -> None:
        """Show lines by name; NaN and ``None`` leave a gap. Long lines get fewer points."""
        step = max(1, math.ceil(len(x) / MOST_POINTS))
        with self.hold_sync():
            self.x = _plain(x, step)
            self.series = [{"name": name, "values": _plain(values, step)} for name, values in lines.items()]
            self.marks = [float(mark) for mark in marks]


def _plain(values: Any, step: int) -> list[float | None]:
    array = np.array([math.nan if value is None else value for value in values], np.float64)[::step]
    return [None if not math.isfinite(value) else round(value, 6) for value in array.tolist()]
