"""Plot one track over time.

``track`` is a mapping of descriptor names to values, such as ``vars(features)`` of ``TrackFeatures``: numbers or
``None``, and arrays, which are empty if unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.audio.pitch_names import PITCH_NAMES
from workbench.palette import BLUE, GREEN, ORANGE, VERMILLION
from workbench.plots.drawing import draw_lines, new_figure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUIETEST_LUFS = -70.0  # the absolute gate of ITU-R BS.1770-4: below it, a curve shows a gap


def waveform(track: Mapping[str, Any], *, start_s: float = 0.0, end_s: float | None = None) -> Figure:
    """Draw the waveform with sections (dashed), the start of the preview, and beats.

    Parameters
    ----------
    track : mapping
        ``duration_s``, ``waveform_peaks`` (shape (n, 2), full scale = 1), ``beats_s``, ``sections_s``,
        ``preview_start_s``.
    start_s, end_s : float
        Part of the track, seconds; by default, the whole track.
    """
    end_s = track["duration_s"] if end_s is None else end_s
    peaks, beats = track["waveform_peaks"], track["beats_s"]
    times = (np.arange(len(peaks)) + 0.5) * track["duration_s"] / max(1, len(peaks))
    figure, axis = new_figure(size=(11, 3))
    axis.fill_between(times, peaks[:, 0], peaks[:, 1], color=BLUE, linewidth=0)
    beats = beats[(beats >= start_s) & (beats <= end_s)]
    axis.plot(beats, np.full(len(beats), -1.08), "|", color=ORANGE, label="beats")
    _draw_sections([axis], track)
    if track["preview_start_s"] is not None:
        axis.plot(track["preview_start_s"], 1.08, "v", color="black", label="preview")
    axis.set(xlim=(start_s, end_s), ylim=(-1.15, 1.15), xlabel="time (s)", ylabel="amplitude (full scale)")
    axis.legend(loc="upper right", ncols=3, fontsize=8)
    return figure


def tempo_candidates(track: Mapping[str, Any]) -> Figure:
    """Draw the tempo candidates and, beside them, the tempo between beats.

    Parameters
    ----------
    track : mapping
        ``bpm``, ``tempo_candidates_bpm``, ``tempo_candidates_weight``, ``beats_s``.
    """
    figure, (left, right) = new_figure(1, 2, size=(11, 3), width_ratios=(1, 2))
    names = [f"{bpm:.1f}" for bpm in track["tempo_candidates_bpm"]]
    left.bar(names, track["tempo_candidates_weight"], color=BLUE)
    left.set(xlabel="tempo (beats/min)", ylabel="weight (best = 1)")
    beats, bpm = np.asarray(track["beats_s"], np.float64), track["bpm"]
    right.plot(beats[1:], 60 / np.diff(beats), ".", color=ORANGE)
    if bpm is not None:
        right.axhline(bpm, color=VERMILLION, label=f"{bpm:.1f} beats/min")
        right.set_ylim(0.5 * bpm, 1.5 * bpm)
        right.legend(loc="upper right", fontsize=8)
    right.set(xlabel="time (s)", ylabel="tempo from beat to beat\n(beats/min)")
    return figure


def track_curves(track: Mapping[str, Any]) -> Figure:
    """Draw loudness, level and pitch classes over time; sections are dashed.

    Parameters
    ----------
    track : mapping
        ``duration_s``, ``loudness_curve_lufs``, ``energy_curve_db`` (one value a second), ``chroma_curve``
        (shape (n, 12)), ``sections_s``.
    """
    figure, axes = new_figure(3, 1, size=(11, 7), sharex=True)
    for axis, name, label, color in (
        (axes[0], "loudness_curve_lufs", "short-term loudness\n(LUFS)", BLUE),
        (axes[1], "energy_curve_db", "level (dBFS)", GREEN),
    ):
        curve = track[name]
        draw_lines(
            [axis], np.arange(len(curve)), [(np.where(curve > QUIETEST_LUFS, curve, np.nan), label, color)]
        )
    if len(track["chroma_curve"]):
        extent = (0, track["duration_s"], -0.5, 11.5)
        axes[2].imshow(track["chroma_curve"].T, aspect="auto", origin="lower", extent=extent, cmap="cividis")
        axes[2].set_yticks(range(12), PITCH_NAMES, fontsize=7)
    axes[2].set(xlabel="time (s)", ylabel="pitch class")
    _draw_sections(axes, track)
    return figure


def _draw_sections(axes: Iterable[Axes], track: Mapping[str, Any]) -> None:
    for axis in axes:
        for number, start in enumerate(track["sections_s"].tolist()):
            label = None if number else "sections"  # one entry in the legend
            axis.axvline(start, color=VERMILLION, linestyle="--", linewidth=1, label=label)
