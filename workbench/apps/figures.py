"""Figures of a whole library, for notebooks and reports. Views of a literal table: no database here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.playlists.playlist import Playlist
    from workbench.store.library_table import LibraryTable

# Okabe & Ito (2008), distinguishable with every common colour vision.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"


def library_overview(table: LibraryTable) -> Figure:
    """Draw tempo, key, loudness and timbre of every analysed track.

    Parameters
    ----------
    table : LibraryTable
        An empty one gives a figure that says what to do.
    """
    import matplotlib.pyplot as plt

    known = table.take(table.analyzed)
    if not len(known):
        return _empty("No analysed track yet: run wb.analyze(folder) first.")
    figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    _histogram(axes[0, 0], known["bpm"], "tempo (BPM)", BLUE)
    _keys(axes[0, 1], known)
    _histogram(axes[1, 0], known["loudness_lufs"], "integrated loudness (LUFS)", GREEN)
    axes[1, 1].scatter(known["bpm"], known["spectral_centroid_hz"], color=VERMILLION, alpha=0.7, s=24)
    axes[1, 1].set(xlabel="tempo (BPM)", ylabel="spectral centroid (Hz)", title="tempo and brightness")
    figure.suptitle(f"{len(known)} analysed tracks")
    plt.close(figure)
    return figure


def playlist_curves(playlist: Playlist, table: LibraryTable) -> Figure:
    """Draw tempo and loudness along a playlist, track by track."""
    import matplotlib.pyplot as plt

    rows = [row for row in (table.index_of(track.id) for track in playlist.tracks) if row is not None]
    if not rows:
        return _empty("The playlist is empty.")
    figure, axes = plt.subplots(2, 1, figsize=(11, 5), sharex=True, layout="constrained")
    places = range(1, len(rows) + 1)
    for axis, name, label, colour in ((axes[0], "bpm", "tempo (BPM)", BLUE),
                                      (axes[1], "loudness_lufs", "loudness (LUFS)", GREEN)):
        axis.plot(places, table[name][rows], marker="o", color=colour)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[1].set_xlabel("place in the playlist")
    figure.suptitle(playlist.name)
    plt.close(figure)
    return figure


def _histogram(axis: Axes, values: Any, label: str, colour: str) -> None:
    import numpy as np

    axis.hist(values[np.isfinite(values)], bins=20, color=colour, edgecolor="white")
    axis.set(xlabel=label, ylabel="tracks", title=label.partition(" (")[0])


def _keys(axis: Axes, table: LibraryTable) -> None:
    codes = [f"{number}{letter}" for number in range(1, 13) for letter in "AB"]
    present = list(table["camelot"])
    counts = [present.count(code) for code in codes]
    colours = [BLUE if code.endswith("A") else ORANGE for code in codes]
    axis.bar(codes, counts, color=colours)
    axis.tick_params(axis="x", labelrotation=90, labelsize=8)
    axis.set(xlabel="key (Camelot code; A minor, B major)", ylabel="tracks", title="key")


def _empty(text: str) -> Figure:
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 2))
    axis.text(0.5, 0.5, text, ha="center", va="center")
    axis.set_axis_off()
    plt.close(figure)
    return figure
