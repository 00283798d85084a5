"""Plot the keys of a library around the Camelot wheel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from workbench.palette import CYCLIC
from workbench.plots.drawing import message_figure, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The rings from the center: the start and the width of each.
_RINGS = {"A": (0.45, 0.5), "B": (1.0, 0.5)}


def key_wheel(camelot: Iterable[str | None]) -> Figure:
    """Draw the number of tracks in each key, minor in the inner ring and major in the outer one. Neighbors mix well.

    Parameters
    ----------
    camelot : iterable of str
        A code such as ``8A`` for each track; ``None`` where unknown.
    """
    counts = Counter(code for code in camelot if code)
    if not counts:
        return message_figure("No key is known yet.")
    figure, axis = new_figure(size=(5.5, 5.5), subplot_kw={"projection": "polar"})
    axis.set_theta_zero_location("N")
    axis.set_theta_direction(-1)
    most = max(counts.values())
    for number in range(1, 13):
        angle = 2 * np.pi * (number % 12) / 12
        for letter, (start, width) in _RINGS.items():
            count = counts[f"{number}{letter}"]
            strength = 0.12 + 0.88 * count / most if count else 0.05
            axis.bar(
                angle,
                width,
                2 * np.pi / 12,
                start,
                color=CYCLIC[number - 1],
                alpha=strength,
                edgecolor="white",
            )
            color = "white" if strength > 0.6 else "black"
            text = f"{number}{letter}\n{count}" if count else f"{number}{letter}"
            axis.text(angle, start + width / 2, text, ha="center", va="center", color=color, fontsize=9)
    axis.set_ylim(0, 1.5)
    axis.set_axis_off()
    axis.set_title("Tracks by key: A minor, B major")
    return figure
