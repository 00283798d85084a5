"""Samples as the exact integers of a file, because coded sound changes with every bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
"""Shape (samples,): interleaved channels, full scale 2 ** 31."""


def as_integers(samples: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Copy samples of any type to 32 bits without loss, except floats with more than 24 bits and 64-bit samples."""
    if samples.dtype.kind == "f":
        samples = np.rint(np.clip(np.nan_to_num(samples).astype(np.float64), -1.0, 1.0 - 2.0**-31) * 2.0**31)
        return samples.astype(np.int32)
    if samples.dtype == np.uint8:
        samples = samples.view(np.int8) ^ np.int8(-128)
    if samples.dtype == np.int64:
        samples = samples >> 32
        return samples.astype(np.int32)
    wide: Integers = samples.astype(np.int32)
    return wide << 8 * (4 - samples.dtype.itemsize)
