"""Plot a whole library in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.palette import BLUE, GREEN, ORANGE, VERMILLION
from workbench.plots.drawing import message_figure, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def library_overview(columns: Any) -> Figure:
    """Draw tempo, key, loudness and brightness of every analyzed track.

    Parameters
    ----------
    columns : mapping of str to sequence, or pandas.DataFrame
        ``bpm``, ``camelot``, ``loudness_lufs`` and ``spectral_centroid_hz``, one value per track, NaN or ``None``
        where unknown: ``wb.tracks`` or ``LibraryTable.columns``. Without a known value, the figure says what to do.
    """
    values = {name: _numbers(columns, name) for name in ("bpm", "loudness_lufs", "spectral_centroid_hz")}
    known = np.isfinite(values["spectral_centroid_hz"])
    if not known.any():
        return message_figure("No track is analyzed yet: run wb.analyze(folder) first.")
    figure, axes = new_figure(2, 2, size=(11, 7))
    _histogram(axes[0, 0], values["bpm"], "tempo (BPM)", BLUE)
    _keys(axes[0, 1], list(columns["camelot"]))
    _histogram(axes[1, 0], values["loudness_lufs"], "integrated loudness (LUFS)", GREEN)
    axes[1, 1].scatter(values["bpm"], values["spectral_centroid_hz"], color=VERMILLION, alpha=0.7, s=24)
    axes[1, 1].set(xlabel="tempo (BPM)", ylabel="spectral centroid (Hz)", title="tempo and brightness")
    figure.suptitle(f"{known.sum():,} analyzed tracks")
    return figure


def _numbers(columns: Any, name: str) -> Any:
    return np.asarray(columns.get(name, []), np.float64)


def _histogram(axis: Axes, values: Any, label: str, color: str) -> None:
    axis.hist(values[np.isfinite(values)], bins=20, color=color, edgecolor="white")
    axis.set(xlabel=label, ylabel="tracks", title=label.partition(" (")[0])
    axis.locator_params(axis="y", integer=True)


def _keys(axis: Axes, camelot: Sequence[str | None]) -> None:
    codes = [f"{number}{letter}" for number in range(1, 13) for letter in "AB"]
    colors = [BLUE if code.endswith("A") else ORANGE for code in codes]
    axis.bar(codes, [camelot.count(code) for code in codes], color=colors)
    axis.tick_params(axis="x", labelrotation=90, labelsize=8)
    axis.set(xlabel="key (Camelot code; A minor, B major)", ylabel="tracks", title="key")


def tempo_and_loudness(columns: Any) -> Figure:
    """Draw the number of tracks with each tempo and loudness; ``columns`` as for :func:`library_overview`."""
    values = [_numbers(columns, name) for name in ("bpm", "loudness_lufs")]
    if not any(np.isfinite(known).any() for known in values):
        return message_figure("No track is analyzed yet: run wb.analyze(folder) first.")
    figure, axes = new_figure(1, 2, size=(11, 3.5))
    _histogram(axes[0], values[0], "tempo (BPM)", BLUE)
    _histogram(axes[1], values[1], "integrated loudness (LUFS)", GREEN)
    return figure
