"""Functions that all plots use. Matplotlib is imported when the first plot is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_figure(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float], **options: Any
) -> tuple[Figure, Any]:
    """Return a figure and its axes. A notebook shows the figure only as the value of a cell.

    Parameters
    ----------
    size : tuple of float
        Width and height, inches.
    options
        Further options of ``matplotlib.pyplot.subplots``.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", **options)
    plt.close(figure)  # otherwise, the notebook would show it a second time
    return figure, axes


def message_figure(text: str) -> Figure:
    """Return a figure with a text that explains why there is nothing to draw."""
    figure, axis = new_figure(size=(8, 2))
    axis.text(0.5, 0.5, text, ha="center", va="center")
    axis.set_axis_off()
    return figure


def draw_lines(axes: Sequence[Axes], x: Any, lines: Sequence[tuple[Any, str, str]], **options: Any) -> None:
    """Draw one line on each of the axes, with a common x.

    Parameters
    ----------
    lines : sequence of (values, label of the y axis, color)
    options
        Further options of ``Axes.plot``.
    """
    for axis, (values, label, color) in zip(axes, lines, strict=True):
        axis.plot(x, values, color=color, **options)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
