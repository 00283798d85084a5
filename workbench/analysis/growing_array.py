"""An array that grows: meters append rows while a stream is read, and read the whole array at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class GrowingArray:
    """Rows of one shape, appended in pieces and concatenated once."""

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

    def array(self, stop: int | None = None) -> npt.NDArray[Any]:
        """Return the rows before ``stop``, shape (n, …); empty when nothing was appended."""
        if not self._pieces:
            return np.zeros(0, self._dtype)
        if len(self._pieces) > 1:
            self._pieces = [np.concatenate(self._pieces)]
        return self._pieces[0][:stop]
