"""Cue points: the start of the music, of sections and of the loudest part, and the fade at the end.

Only measured moments have names. The analysis finds the starts of sections, but not which one is an intro or a drop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_MOST_SECTIONS = 8  # as many as the pads of a controller; the clearest ones
_SAME_S = 2.0  # set by hand: two cue points nearer than this are one


class CuePoint(NamedTuple):
    """A named moment; ``pad`` is the number of its hot cue, from 0, or ``None`` for a memory cue."""

    name: str
    at_s: float
    pad: int | None = None


def cue_points(
    scalars: Mapping[str, Any], series: Mapping[str, npt.NDArray[Any]], grid_s: npt.NDArray[np.floating]
) -> list[CuePoint]:
    """Return the cue points of a track, ascending.

    Parameters
    ----------
    scalars : mapping
        The known values of ``duration_s``, ``leading_silence_s``, ``trailing_silence_s``, ``fade_out_s`` and
        ``preview_start_s``.
    series : mapping
        ``sections_s`` and ``section_novelty``.
    grid_s : float array
        The beats. Sections start at the nearest beat.
    """
    start = scalars.get("leading_silence_s") or 0.0
    named = [CuePoint("Start", start, 0)]
    if loudest := scalars.get("preview_start_s"):
        named.append(CuePoint("Loudest part", _on_beat(loudest, grid_s), 1))
    if fade := scalars.get("fade_out_s"):
        end = (scalars.get("duration_s") or 0.0) - (scalars.get("trailing_silence_s") or 0.0)
        if end - fade > start:
            named.append(CuePoint("Fade out", end - fade, 2))
    sections = [
        CuePoint(f"Section {number}", at_s)
        for number, at_s in _sections(series, grid_s)
        if all(abs(at_s - cue.at_s) >= _SAME_S for cue in named)
    ]
    return sorted([*named, *sections], key=lambda cue: cue.at_s)


def _sections(
    series: Mapping[str, npt.NDArray[Any]], grid_s: npt.NDArray[np.floating]
) -> Sequence[tuple[int, float]]:
    """Return number and start of the clearest sections after the first one, which starts with the track."""
    starts = np.asarray(series.get("sections_s", ()), np.float64)[1:]
    clear = np.asarray(series.get("section_novelty", ()), np.float64)[1:]
    if len(clear) != len(starts):
        return []
    kept = np.sort(np.argsort(-clear, kind="stable")[:_MOST_SECTIONS])
    return [(int(index) + 2, _on_beat(float(starts[index]), grid_s)) for index in kept]


def _on_beat(at_s: float, grid_s: npt.NDArray[np.floating]) -> float:
    """Return the nearest beat, or the time itself if no beat is within a second."""
    if not len(grid_s):
        return at_s
    nearest = float(grid_s[np.argmin(np.abs(grid_s - at_s))])
    return nearest if abs(nearest - at_s) <= 1 else at_s
