"""Plot the training and the reliability of a tagger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.palette import BLUE, GRAY, ORANGE
from workbench.plots.drawing import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NUMBERED = 25  # with more classes, the counts no longer fit into the cells


def learning_curves(history: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the network's loss and accuracy, epoch by epoch.

    Parameters
    ----------
    history : mapping of str to sequence of float
        ``loss`` and ``accuracy`` on the tracks that it learned from; ``val_loss`` and ``val_accuracy`` on those for
        early stopping. One value per epoch; empty if no network was trained.
    """
    figure, axes = new_figure(1, 2, size=(11, 3.5))
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        for key, label, color in ((name, "learned from", BLUE), (f"val_{name}", "stopped by", ORANGE)):
            values = history.get(key, [])
            axis.plot(range(1, len(values) + 1), values, marker=".", color=color, label=label)
        axis.set(xlabel="epoch", title=f"{name} of the network")
        axis.grid(alpha=0.3)
        axis.legend()
    return figure


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], *, label: str) -> Figure:
    """Draw held-out tracks by label (row) and prediction (column), as shares of the row, with counts.

    Parameters
    ----------
    counts : array-like of int, shape (n, n)
    classes : sequence of str, length n
        The order of rows and columns.
    label : str
        The learned label, such as ``genre``.
    """
    table = np.array(counts)
    shares = table / np.maximum(1, table.sum(axis=1, keepdims=True))
    side = 2.5 + 0.45 * len(classes)
    figure, axis = new_figure(size=(side + 1, side))
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(classes)), classes, rotation=60, ha="right")
    axis.set_yticks(range(len(classes)), classes)
    axis.set(xlabel="predicted", ylabel=f"{label} as labeled", title="artists that were kept apart")
    if len(classes) <= MOST_NUMBERED:
        for row, column in np.argwhere(table > 0):
            color = "white" if shares[row, column] > 0.5 else "black"
            axis.text(column, row, str(table[row, column]), ha="center", va="center", color=color)
    figure.colorbar(image, ax=axis, label="share of the row", shrink=0.8)
    return figure


def reliability(bins: Mapping[str, Sequence[Any]]) -> Figure:
    """Draw how often predictions with each confidence are right. On the diagonal, probabilities can be trusted.

    Parameters
    ----------
    bins : mapping of str to sequence
        Bins of equal width from 0 to 1: ``counts``, ``confidence`` and ``accuracy`` (``None`` in an empty bin), as in
        ``vars(report.reliability)``.
    """
    counts = bins["counts"]
    points = [pair for pair in zip(bins["confidence"], bins["accuracy"], strict=True) if pair[0] is not None]
    figure, axes = new_figure(2, 1, size=(5, 5.5), height_ratios=(3, 1), sharex=True)
    axes[0].plot([0, 1], [0, 1], color=GRAY, linestyle="--", label="perfectly calibrated")
    axes[0].plot(*zip(*points, strict=True), marker="o", color=BLUE, label="this tagger")
    axes[0].set(ylabel="share that is correct", title="reliability on held-out artists", ylim=(0, 1.03))
    axes[0].legend()
    width = 1 / len(counts)
    axes[1].bar(
        [(place + 0.5) * width for place in range(len(counts))], counts, width=0.9 * width, color=BLUE
    )
    axes[1].set(xlabel="probability of the predicted class", ylabel="tracks", xlim=(0, 1))
    return figure
