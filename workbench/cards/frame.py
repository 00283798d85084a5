"""A pandas DataFrame that shows numbers with few digits and missing numbers as blanks."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

_DIGITS = 4  # of the largest value in a column: the tempo as 128.0, the loudness as -9.34; set by hand


class ShownFrame(pd.DataFrame):
    """A DataFrame. Selections from it are shown in the same way; ``pd.DataFrame(frame)`` is a plain DataFrame."""

    @property
    def _constructor(self) -> Callable[..., ShownFrame]:
        return ShownFrame

    def _repr_html_(self) -> str:
        shown: str = self.to_html(
            formatters=self._formatters(),
            na_rep="",
            max_rows=self._most_rows(),
            max_cols=pd.get_option("display.max_columns"),
            show_dimensions=self._is_cut(),
            notebook=True,
        )
        return shown

    def __repr__(self) -> str:
        shown: str = self.to_string(
            formatters=self._formatters(),
            na_rep="",
            max_rows=self._most_rows(),
            max_cols=pd.get_option("display.max_columns"),
            line_width=pd.get_option("display.width"),
            show_dimensions=self._is_cut(),
        )
        return shown

    def _is_cut(self) -> bool:
        return len(self) > (pd.get_option("display.max_rows") or math.inf)

    def _most_rows(self) -> int | None:
        most: int | None = pd.get_option("display.min_rows" if self._is_cut() else "display.max_rows")
        return most

    def _formatters(self) -> list[Any]:
        return [_formatter(self.iloc[:, place]) for place in range(self.shape[1])]


def _formatter(column: pd.Series) -> Callable[[Any], str] | None:
    if column.dtype.kind != "f":
        return None
    largest = column.abs().max()
    whole = 1 + math.floor(math.log10(largest)) if 1 <= largest < math.inf else 1
    return partial(_number, digits=3 if largest <= 1 else min(2, max(0, _DIGITS - whole)))


def _number(value: float, digits: int) -> str:
    return "" if pd.isna(value) else f"{value:.{digits}f}"
