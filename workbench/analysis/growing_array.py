"""An array that grows: meters append rows while a stream is read, and take the whole array at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class GrowingArray:
    """Rows of one shape, appended in pieces and taken once."""

    def __init__(self, dtype: npt.DTypeLike = np.float32) -> None:
        self._dtype = np.dtype(dtype)
        self._pieces: list[npt.NDArray[np.generic]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def extend(self, rows: npt.ArrayLike) -> None:
        """Append rows, all of one shape."""
        piece = np.array(rows, self._dtype)
        self._pieces.append(piece)
        self._length += len(piece)

    def take(self, stop: int | None = None) -> npt.NDArray[Any]:
        """Return the rows before ``stop``, shape (n, …), and forget them; empty when nothing was appended."""
        pieces, self._pieces, self._length = self._pieces, [], 0
        return np.concatenate(pieces)[:stop] if pieces else np.zeros(0, self._dtype)
