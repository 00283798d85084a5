"""Figures of a tagger's report, for notebooks: learning curves, confusion matrix, reliability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.models.tagger.calibration import BINS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from workbench.models.tagger.training_report import TaggerReport
    from workbench.models.tagger.use import Evaluation

_BLUE, _ORANGE, _GRAY = "#0072B2", "#E69F00", "#666666"


def learning_curves(report: TaggerReport) -> Figure:
    """Draw the network's loss and accuracy, epoch by epoch, on what it learned from and what it was stopped by."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 3.5), layout="constrained")
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        for key, label, color in ((name, "learned from", _BLUE), (f"val_{name}", "stopped by", _ORANGE)):
            values = report.history.get(key, [])
            axis.plot(range(1, len(values) + 1), values, marker=".", color=color, label=label)
        axis.set(xlabel="epoch", title=f"{name} of the network")
        axis.grid(alpha=0.3)
        axis.legend()
    plt.close(figure)
    return figure


def confusion(report: TaggerReport | Evaluation) -> Figure:
    """Draw held-out tracks by label (row) and prediction (column), as shares of the row with counts."""
    import matplotlib.pyplot as plt
    import numpy as np

    counts = np.array(report.confusion)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = 2.5 + 0.45 * len(report.classes)
    figure, axis = plt.subplots(figsize=(side + 1, side), layout="constrained")
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(report.classes))
    axis.set_xticks(places, report.classes, rotation=60, ha="right")
    axis.set_yticks(places, report.classes)
    axis.set(xlabel="predicted", ylabel=f"{report.label} as labeled", title="artists that were kept apart")
    if len(report.classes) <= 25:
        for row, column in np.argwhere(counts > 0):
            color = "white" if shares[row, column] > 0.5 else "black"
            axis.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    figure.colorbar(image, ax=axis, label="share of the row", shrink=0.8)
    plt.close(figure)
    return figure


def reliability(report: TaggerReport | Evaluation) -> Figure:
    """Draw how often predictions of each confidence are right; on the diagonal, probabilities mean what they say."""
    import matplotlib.pyplot as plt

    found = report.reliability
    figure, axes = plt.subplots(
        2, 1, figsize=(5, 5.5), height_ratios=(3, 1), sharex=True, layout="constrained"
    )
    points = [
        (confidence, accuracy)
        for confidence, accuracy in zip(found.confidence, found.accuracy, strict=True)
        if confidence is not None
    ]
    axes[0].plot([0, 1], [0, 1], color=_GRAY, linestyle="--", label="perfectly calibrated")
    axes[0].plot(*zip(*points, strict=True), marker="o", color=_BLUE, label="this tagger")
    axes[0].set(ylabel="share that is right", title="reliability on held-out artists", ylim=(0, 1.03))
    axes[0].legend()
    axes[1].bar([(bin + 0.5) / BINS for bin in range(BINS)], found.counts, width=0.9 / BINS, color=_BLUE)
    axes[1].set(xlabel="probability of the predicted class", ylabel="tracks", xlim=(0, 1))
    plt.close(figure)
    return figure
