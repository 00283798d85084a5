"""Plot a playlist, track by track."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.palette import BLUE, GREEN
from workbench.plots.drawing import draw_lines, message_figure, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def playlist_curves(columns: Any, title: str = "") -> Figure:
    """Draw tempo and loudness along a playlist.

    Parameters
    ----------
    columns : mapping of str to sequence, or pandas.DataFrame
        ``bpm`` and ``loudness_lufs`` of the tracks in their order: ``wb.tracks.loc[playlist.track_ids]``.
    title : str
        The name of the playlist.
    """
    tempo, loudness = columns["bpm"], columns["loudness_lufs"]
    if not len(tempo):
        return message_figure("The playlist is empty.")
    figure, axes = new_figure(2, 1, size=(11, 5), sharex=True)
    lines = ((tempo, "tempo (BPM)", BLUE), (loudness, "loudness (LUFS)", GREEN))
    draw_lines(axes, range(1, len(tempo) + 1), lines, marker="o")
    axes[1].xaxis.get_major_locator().set_params(integer=True)
    axes[1].set_xlabel("place in the playlist")
    figure.suptitle(title)
    return figure
