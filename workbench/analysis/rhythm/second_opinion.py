"""Other estimates of an uncertain tempo: by Essentia, and by a network, which chooses the octave where drums play."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.analysis.blocks import Samples
from workbench.analysis.minute import RATE
from workbench.errors import ImportOrderError, MissingPackageError
from workbench.lazy_imports import get_essentia

# The tolerance for a correct tempo in Gouyon et al. 2006.
_TOLERANCE = 0.04

Curve = npt.NDArray[np.float64]
Support = Callable[[Curve], Curve]
"""A function from tempos, beats a minute, to their probabilities, 0 to 1."""

Vote = Callable[[], Support | None]
"""Called after all samples have been read; returns ``None`` where there is no estimate."""


def percival_bpm(samples: Samples) -> float | None:
    """Estimate the tempo of mono samples at 44.1 kHz with Essentia; 0.2 s of CPU time for a minute.

    Returns
    -------
    float or None
        Beats a minute. ``None`` where nothing repeats, and where this process cannot load Essentia.

    References
    ----------
    Percival & Tzanetakis 2014, Streamlined tempo estimation based on autocorrelation and cross-correlation with pulses.
    """
    try:
        estimate = get_essentia().PercivalBpmEstimator(sampleRate=RATE)
        bpm = float(estimate(np.ascontiguousarray(samples)))
    except (ImportOrderError, MissingPackageError, RuntimeError):
        return None
    return bpm if bpm > 0 else None


def support(probabilities: npt.NDArray[np.float32], lowest_bpm: int) -> Support:
    """Return a function that gives the probability of all tempos within 4 % of a tempo.

    Parameters
    ----------
    probabilities : float32 array, shape (n,)
        The probabilities of ``lowest_bpm``, ``lowest_bpm`` + 1 and so on; they add up to 1.
    lowest_bpm : int
    """
    edges = lowest_bpm - 0.5 + np.arange(len(probabilities) + 1)
    below = np.concatenate(([0.0], np.cumsum(probabilities, dtype=np.float64)))

    def likely(bpms: Curve) -> Curve:
        upper, lower = bpms * (1 + _TOLERANCE), bpms * (1 - _TOLERANCE)
        return np.asarray(np.interp(upper, edges, below) - np.interp(lower, edges, below))

    return likely
