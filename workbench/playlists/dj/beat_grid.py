"""Find beat grids: the few points and tempos that represent all beats of a track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Largest distance of a beat from the grid, chosen: listeners hear two onsets that are 20 to 30 ms apart as two.
_CLOSE_S = 0.02
# Share of the beats that must be that close; the others may be soft onsets, whose beats are less exact. Set by hand.
_MOST = 0.9
_FEWEST = 4  # one bar; shorter parts would make a grid of every unsteady beat


class GridPoint(NamedTuple):
    """A point of a beat grid. The beats from here to the next point are even.

    Attributes
    ----------
    at_s : float
        Time of a beat.
    bpm : float
        Rounded to 0.01, as DJ programs keep it.
    beat : int
        Number of this beat in the bar, if the first beat of the track is 1.
    """

    at_s: float
    bpm: float
    beat: int


def beat_grid(beats_s: Sequence[float] | npt.NDArray[np.floating], beats_per_bar: int = 4) -> list[GridPoint]:
    """Return the fewest points of a grid that most of the beats are close to, found from left to right.

    Parameters
    ----------
    beats_s : float array, shape (n,)
        Seconds. Fewer than four beats have no grid.
    beats_per_bar : int

    Returns
    -------
    list of GridPoint
        One for a steady track; several where the tempo changes or drifts.
    """
    beats = np.unique(np.asarray(beats_s, np.float64))  # two beats at one time would have an infinite tempo
    beats = beats[np.isfinite(beats)]
    points: list[GridPoint] = []
    start = 0
    while len(beats) - start >= _FEWEST:
        count = _longest(beats[start:])
        bpm, at_s = _line(beats[start : start + count])
        points.append(GridPoint(at_s, bpm, start % beats_per_bar + 1))
        start += count
    return points


def _longest(beats: npt.NDArray[np.float64]) -> int:
    """Return how many of the first beats lie on one line; the count is halved until they do, then refined."""
    fits = too_many = len(beats)
    while fits > _FEWEST and not _is_even(beats[:fits]):
        fits, too_many = max(_FEWEST, fits // 2), fits
    while too_many - fits > 1:
        trial = (fits + too_many) // 2
        fits, too_many = (trial, too_many) if _is_even(beats[:trial]) else (fits, trial)
    return _without_next(beats, fits) if len(beats) - fits >= _FEWEST else len(beats)


def _without_next(beats: npt.NDArray[np.float64], count: int) -> int:
    """Return the count without the last beats off the line, because these are the first ones of the next tempo."""
    while count > _FEWEST and not _are_close(beats[:count])[-1]:
        count -= 1
    return count


def _is_even(beats: npt.NDArray[np.float64]) -> bool:
    return bool(np.mean(_are_close(beats)) >= _MOST)


def _are_close(beats: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which of the beats are on the line that is nearest to all of them."""
    bpm, at_s = _line(beats)
    return np.abs(beats - at_s - np.arange(len(beats)) * 60 / bpm) <= _CLOSE_S


def _line(beats: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the tempo and the first beat of the even beats that are nearest to these beats."""
    numbers = np.arange(len(beats))
    centered = numbers - (len(beats) - 1) / 2
    bpm = round(60 / float(centered @ beats / (centered @ centered)), 2)
    return bpm, max(0.0, float(np.median(beats - numbers * 60 / bpm)))
