"""A column of texts in a file, of which only the requested rows become Python texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class TextColumn:
    """Texts with ``None`` where absent. It can be used like an ``object`` array of texts.

    Parameters
    ----------
    codes : int32 array, shape (n,)
        Which of the distinct texts each row has; -1 for none.
    ends : int64 array, shape (distinct,)
        Where each distinct text ends in ``data``. They are in the order of their bytes.
    data : uint8 array
        The distinct texts as UTF-8, one after the other.
    """

    def __init__(
        self, codes: npt.NDArray[np.int32], ends: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]
    ) -> None:
        self.codes, self.ends, self.data = codes, ends, data
        self._objects: npt.NDArray[np.object_] | None = None

    @classmethod
    def of(cls, texts: Sequence[str | None] | npt.NDArray[np.object_]) -> Self:
        """Return a column of these texts."""
        import numpy as np

        encoded = {text: text.encode("utf-8", "surrogatepass") for text in set(texts) - {None}}
        distinct = sorted(encoded.items(), key=lambda pair: pair[1])
        code_of: dict[str | None, int] = {text: code for code, (text, _) in enumerate(distinct)}
        code_of[None] = -1
        codes = np.fromiter(map(code_of.__getitem__, texts), np.int32, len(texts))
        ends = np.cumsum(np.fromiter((len(part) for _, part in distinct), np.int64, len(distinct)))
        return cls(codes, ends, np.frombuffer(b"".join(part for _, part in distinct), np.uint8))

    @property
    def dtype(self) -> np.dtype[np.object_]:
        import numpy as np

        return np.dtype(object)

    @property
    def shape(self) -> tuple[int]:
        return (len(self.codes),)

    ndim = 1

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Any:
        import numpy as np

        if self._objects is not None:
            return self._objects[rows]
        if isinstance(rows, int | np.integer):
            return self._text(int(self.codes[rows]))
        codes = self.codes[rows]
        if len(codes) == len(self):
            return np.asarray(self)[rows]
        distinct, places = np.unique(codes, return_inverse=True)
        texts = np.empty(len(distinct), object)
        texts[:] = [self._text(code) for code in distinct.tolist()]
        return texts[places]

    def __iter__(self) -> Iterator[str | None]:
        return iter(self.tolist())

    def __array__(
        self,
        dtype: Any = None,
        copy: bool | None = None,  # noqa: FBT001 (NumPy's protocol)
    ) -> npt.NDArray[np.object_]:
        """Return all texts as an array, which is kept; equal texts are one object."""
        import numpy as np

        if self._objects is None:
            texts = np.empty(len(self.ends) + 1, object)
            texts[:-1] = self._distinct()
            self._objects = texts[self.codes]  # the last one, at -1, is None
            self._objects.flags.writeable = False
        return self._objects.astype(dtype) if dtype not in (None, object) else self._objects

    def __eq__(self, text: object) -> Any:
        if not isinstance(text, str):
            import numpy as np

            return np.asarray(self) == text
        return self.codes == self._code(text)

    def __ne__(self, text: object) -> Any:
        return ~(self == text)

    __hash__ = None  # type: ignore[assignment]

    def tolist(self) -> list[str | None]:
        """Return all texts as a list."""
        import numpy as np

        found: list[str | None] = np.asarray(self).tolist()
        return found

    def rows_of(self, texts: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Yield each row that has one of these texts, with its text; the texts are found by binary search."""
        import numpy as np

        by_code = {self._code(text): text for text in texts}
        for row in np.flatnonzero(np.isin(self.codes, list(by_code))).tolist():
            yield by_code[int(self.codes[row])], row

    def astype(self, dtype: Any) -> npt.NDArray[Any]:
        """Return all texts as an array of another type."""
        import numpy as np

        return np.asarray(self).astype(dtype)

    def _text(self, code: int) -> str | None:
        return None if code < 0 else self._encoded(code).decode("utf-8", "surrogatepass")

    def _encoded(self, code: int) -> bytes:
        return self.data[self.ends[code - 1] if code else 0 : self.ends[code]].tobytes()

    def _code(self, text: str) -> int:
        """Return the code of a text by binary search; -2 if no row has it."""
        wanted, low, high = text.encode("utf-8", "surrogatepass"), 0, len(self.ends)
        while low < high:
            middle = (low + high) // 2
            if self._encoded(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.ends) and self._encoded(low) == wanted else -2

    def _distinct(self) -> list[str]:
        whole, ends = self.data.tobytes(), self.ends.tolist()
        starts = [0, *ends][:-1]
        if whole.isascii():
            text = whole.decode("ascii")
            return [text[start:end] for start, end in zip(starts, ends, strict=True)]
        return [
            whole[start:end].decode("utf-8", "surrogatepass") for start, end in zip(starts, ends, strict=True)
        ]
