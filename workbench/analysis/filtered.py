"""Apply SciPy's filters to long curves in pieces, because SciPy copies a whole curve to float64 twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, uniform_filter1d

_PIECE = 1 << 16  # half a megabyte of float64; set by hand

Curve = npt.NDArray[np.float32]


def moving_mean(curve: Curve, width: int) -> Curve:
    """Return the mean of the ``width`` values around each one; the first and last values are repeated beyond the ends.

    Parameters
    ----------
    curve : float32 array, shape (n,)
    width : int
    """
    return _in_pieces(uniform_filter1d, curve, width)


def moving_maximum(curve: Curve, width: int) -> Curve:
    """Return the largest of the ``width`` values around each one.

    Parameters
    ----------
    curve : float32 array, shape (n,)
    width : int
    """
    return _in_pieces(maximum_filter1d, curve, width)


def _in_pieces(filter1d: Callable[..., Any], curve: Curve, width: int) -> Curve:
    result = np.empty_like(curve)
    for start in range(0, len(curve), _PIECE):
        first = max(0, start - width)
        stop = min(start + _PIECE, len(curve))
        around = filter1d(curve[first : stop + width], width, mode="nearest")
        result[start:stop] = around[start - first : stop - first]
    return result
