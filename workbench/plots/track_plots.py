"""One track as figures and as a table. Matplotlib and pandas are imported when used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.analysis.descriptors import DESCRIPTORS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from workbench.analysis.features import TrackFeatures

# Okabe & Ito 2008: told apart by color-blind eyes
_BLUE, _ORANGE, _VERMILLION = "#0072B2", "#E69F00", "#D55E00"


def waveform(features: TrackFeatures, *, start_s: float = 0.0, end_s: float | None = None) -> Figure:
    """Draw the waveform with sections (dashed), the start of the preview, and beats where there is room for them.

    Parameters
    ----------
    features : TrackFeatures
    start_s, end_s : float
        Part of the track, seconds; all of it by default.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    end_s = features.duration_s if end_s is None else end_s
    peaks = features.waveform_peaks
    times = (np.arange(len(peaks)) + 0.5) * features.duration_s / max(1, len(peaks))
    figure, axis = plt.subplots(figsize=(11, 3), layout="constrained")
    axis.fill_between(times, peaks[:, 0], peaks[:, 1], color=_BLUE, linewidth=0)
    beats = features.beats_s[(features.beats_s >= start_s) & (features.beats_s <= end_s)]
    axis.plot(beats, np.full(len(beats), -1.08), "|", color=_ORANGE, label="beats")
    for number, section in enumerate(features.sections_s.tolist()):
        axis.axvline(section, color=_VERMILLION, linestyle="--", label="sections" if number == 0 else None)
    if features.preview_start_s is not None:
        axis.plot(features.preview_start_s, 1.08, "v", color="black", label="preview")
    axis.set(xlim=(start_s, end_s), ylim=(-1.15, 1.15), xlabel="time (s)", ylabel="amplitude (full scale)")
    axis.legend(loc="upper right", ncols=3, fontsize=8)
    plt.close(figure)
    return figure


def tempo_candidates(features: TrackFeatures) -> Figure:
    """Draw the tempo candidates and, beside them, the tempo from beat to beat."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3), width_ratios=(1, 2), layout="constrained")
    bpms = features.tempo_candidates_bpm
    left.bar([f"{bpm:.1f}" for bpm in bpms], features.tempo_candidates_weight, color=_BLUE)
    left.set(xlabel="tempo (beats/min)", ylabel="weight (best = 1)")
    if len(features.beats_s) > 1:
        right.plot(
            features.beats_s[1:], 60 / np.diff(features.beats_s.astype(np.float64)), ".", color=_ORANGE
        )
    if features.bpm is not None:
        right.axhline(features.bpm, color=_VERMILLION, label=f"{features.bpm:.1f} beats/min")
        right.set_ylim(0.5 * features.bpm, 1.5 * features.bpm)
        right.legend(loc="upper right", fontsize=8)
    right.set(xlabel="time (s)", ylabel="tempo from beat to beat\n(beats/min)")
    plt.close(figure)
    return figure


def descriptor_table(features: TrackFeatures) -> pd.DataFrame:
    """Return name, value, unit, meaning and source of every number and word; unknown ones are left out."""
    import pandas as pd

    rows = [
        {
            "descriptor": d.name,
            "value": getattr(features, d.name),
            "unit": d.unit,
            "meaning": d.meaning,
            "source": d.source,
        }
        for d in DESCRIPTORS
        if d.kind in ("scalar", "text", "perceptual") and getattr(features, d.name) is not None
    ]
    return pd.DataFrame(rows, columns=["descriptor", "value", "unit", "meaning", "source"]).set_index(
        "descriptor"
    )
