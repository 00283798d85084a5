"""Plot the work of the workbench in the last hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.palette import BLUE, GREEN, VERMILLION
from workbench.plots.drawing import draw_lines, message_figure, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES = (
    ("tracks per minute", "tracks/min", BLUE),
    ("queries per second", "queries/s", GREEN),
    ("hit rate", "cache hits (%)", VERMILLION),
)


def performance_history(rates: Mapping[str, Sequence[float]]) -> Figure:
    """Draw tracks, queries and cache hits over time.

    Parameters
    ----------
    rates : mapping of str to sequence of float
        ``at`` (Unix seconds), ``tracks per minute``, ``queries per second``, ``hit rate`` (percent), from
        ``workbench.performance.live_series.rates``. Without a value, the figure says what to do.
    """
    if not rates["at"]:
        return message_figure("No history yet: it is kept while `workbench serve` or `workbench lab` runs.")
    figure, axes = new_figure(3, 1, size=(11, 6), sharex=True)
    times = [datetime.fromtimestamp(at).astimezone() for at in rates["at"]]
    draw_lines(axes, times, [(rates[name], label, color) for name, label, color in _LINES])
    for axis in axes:
        axis.set_ylim(0, max(1.0, axis.get_ylim()[1]))
    figure.autofmt_xdate()
    axes[-1].set_xlabel("time of day")
    return figure
