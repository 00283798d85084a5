"""Figures of a whole library, for notebooks and reports. Views of a literal table: no database here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.analysis.features import TrackFeatures
    from workbench.playlists.playlist import Playlist
    from workbench.store.library.library_table import LibraryTable

# Okabe & Ito (2008), distinguishable with every common color vision.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"


def library_overview(table: LibraryTable) -> Figure:
    """Draw tempo, key, loudness and timbre of every analyzed track.

    Parameters
    ----------
    table : LibraryTable
        An empty one gives a figure that says what to do.
    """
    import matplotlib.pyplot as plt

    known = table.take(table.analyzed)
    if not len(known):
        return _empty("No analyzed track yet: run wb.analyze(folder) first.")
    figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    _histogram(axes[0, 0], known["bpm"], "tempo (BPM)", BLUE)
    _keys(axes[0, 1], known)
    _histogram(axes[1, 0], known["loudness_lufs"], "integrated loudness (LUFS)", GREEN)
    axes[1, 1].scatter(known["bpm"], known["spectral_centroid_hz"], color=VERMILLION, alpha=0.7, s=24)
    axes[1, 1].set(xlabel="tempo (BPM)", ylabel="spectral centroid (Hz)", title="tempo and brightness")
    figure.suptitle(f"{len(known)} analyzed tracks")
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
    for axis, name, label, color in (
        (axes[0], "bpm", "tempo (BPM)", BLUE),
        (axes[1], "loudness_lufs", "loudness (LUFS)", GREEN),
    ):
        axis.plot(places, table[name][rows], marker="o", color=color)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[1].set_xlabel("place in the playlist")
    figure.suptitle(playlist.name)
    plt.close(figure)
    return figure


def track_curves(features: TrackFeatures | None) -> Figure:
    """Draw loudness, level and pitch classes of one track over time, sections dashed."""
    import matplotlib.pyplot as plt
    import numpy as np

    from workbench.audio.pitch_names import PITCH_NAMES

    if features is None:
        return _empty("Not analyzed yet: run wb.analyze(folder) first.")
    figure, axes = plt.subplots(3, 1, figsize=(11, 7), sharex=True, layout="constrained")
    for axis, curve, label, color in (
        (axes[0], features.loudness_curve_lufs, "short-term loudness\n(LUFS)", BLUE),
        (axes[1], features.energy_curve_db, "level (dBFS)", GREEN),
    ):
        axis.plot(np.arange(len(curve)), np.where(curve > -70, curve, np.nan), color=color)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    if len(features.chroma_curve):
        extent = (0, features.duration_s, -0.5, 11.5)
        axes[2].imshow(features.chroma_curve.T, aspect="auto", origin="lower", extent=extent, cmap="cividis")
        axes[2].set_yticks(range(12), PITCH_NAMES, fontsize=7)
    axes[2].set(xlabel="time (s)", ylabel="pitch class")
    for axis in axes:
        for start in features.sections_s.tolist():
            axis.axvline(start, color=VERMILLION, linestyle="--", linewidth=1)
    plt.close(figure)
    return figure


def performance_history(history: Sequence[tuple[float, Mapping[str, Any]]]) -> Figure:
    """Draw what the workbench did between the samples of its counters.

    Parameters
    ----------
    history : sequence of (time, counters)
        As ``library.activity.metrics()`` returns it; fewer than two samples give a figure that says what to do.
    """
    import matplotlib.pyplot as plt

    from workbench.performance.live_series import rates

    lines = rates(history)
    if not lines["at"]:
        return _empty("No history yet: it is kept while `workbench serve` or `workbench lab` runs.")
    figure, axes = plt.subplots(3, 1, figsize=(11, 6), sharex=True, layout="constrained")
    times = [datetime.fromtimestamp(at).astimezone() for at in lines["at"]]
    for axis, (name, label, color) in zip(axes, _RATES, strict=True):
        axis.plot(times, lines[name], color=color)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    figure.autofmt_xdate()
    axes[-1].set_xlabel("time of day")
    plt.close(figure)
    return figure


_RATES = (
    ("tracks per minute", "tracks/min", BLUE),
    ("queries per second", "queries/s", GREEN),
    ("hit rate", "cache hits (%)", VERMILLION),
)


def _histogram(axis: Axes, values: Any, label: str, color: str) -> None:
    import numpy as np

    axis.hist(values[np.isfinite(values)], bins=20, color=color, edgecolor="white")
    axis.set(xlabel=label, ylabel="tracks", title=label.partition(" (")[0])


def _keys(axis: Axes, table: LibraryTable) -> None:
    codes = [f"{number}{letter}" for number in range(1, 13) for letter in "AB"]
    present = list(table["camelot"])
    counts = [present.count(code) for code in codes]
    colors = [BLUE if code.endswith("A") else ORANGE for code in codes]
    axis.bar(codes, counts, color=colors)
    axis.tick_params(axis="x", labelrotation=90, labelsize=8)
    axis.set(xlabel="key (Camelot code; A minor, B major)", ylabel="tracks", title="key")


def _empty(text: str) -> Figure:
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 2))
    axis.text(0.5, 0.5, text, ha="center", va="center")
    axis.set_axis_off()
    plt.close(figure)
    return figure
