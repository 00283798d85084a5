"""The start of a page of a sorted listing, given by the sort values and the id of the row before it.

Unlike a number of rows to skip, this stays correct when the library changes between two pages.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from workbench.errors import ParameterValueError

Cursor = int | str
"""The id of a track in a listing in order of id; a text in any other order."""

SORTED_CHARACTERS = 200
"""Only this many characters of a text are compared; equal ones are in order of id. Set by hand, so that a URL can
contain several texts."""

Place = tuple[str | float | None, ...]
"""The values that a row is sorted by, the id last."""


class Order(NamedTuple):
    """A column that a listing is sorted by; equal rows are sorted by the next column, and finally by id.

    Attributes
    ----------
    name : str
        The name is part of every cursor, so that a cursor of another order is refused.
    values : array, shape (tracks of the library,)
        Numbers, or texts, which sort regardless of case. NaN and ``None`` come last in both directions.
    """

    name: str
    values: npt.NDArray[Any]
    descending: bool = False

    def at(self, row: int) -> str | float | None:
        value = self.values[row]
        if value is None or value != value:
            return None
        return sorted_text(value) if self.values.dtype == object else float(value)


def sorted_text(text: Any) -> str:
    """Return the sort key of a text."""
    return str(text).casefold()[:SORTED_CHARACTERS]


def cursor_at(row: int, ids: npt.NDArray[np.int64], orders: Sequence[Order]) -> Cursor:
    """Return the cursor of the page after a row."""
    if not orders:
        return int(ids[row])
    place = json.dumps([_names(orders), *_place(row, ids, orders)], ensure_ascii=False)
    return base64.urlsafe_b64encode(place.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()


def rows_before(
    cursor: Cursor, rows: npt.NDArray[np.int64], ids: npt.NDArray[np.int64], orders: Sequence[Order]
) -> int:
    """Return how many of the sorted rows come before the page that a cursor begins.

    Raises
    ------
    ParameterValueError
        The cursor is damaged, or belongs to a listing in another order.
    """

    def compare(one: Place, other: Place) -> int:
        for mine, theirs, descending in zip(
            one, other, [*(order.descending for order in orders), False], strict=True
        ):
            if mine != theirs:
                if mine is None or theirs is None:
                    return 1 if mine is None else -1
                return 1 if (mine > theirs) != descending else -1  # type: ignore[operator]
        return 0

    key = cmp_to_key(compare)
    after, sorted_rows = key(_read(cursor, orders)), cast(Sequence[int], rows)
    return bisect_right(sorted_rows, after, key=lambda row: key(_place(row, ids, orders)))


def _place(row: int, ids: npt.NDArray[np.int64], orders: Sequence[Order]) -> Place:
    return (*(order.at(row) for order in orders), int(ids[row]))


def _names(orders: Sequence[Order]) -> list[str]:
    return [("-" if order.descending else "") + order.name for order in orders]


def _read(cursor: Cursor, orders: Sequence[Order]) -> Place:
    if not orders and str(cursor).isdecimal():
        return (int(cursor),)
    try:
        text = str(cursor)
        names, *place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        kinds = [str if order.values.dtype == object else float for order in orders]
        if names == _names(orders) and all(
            value is None or type(value) is kind for value, kind in zip(place[:-1], kinds, strict=True)
        ):
            return (*place[:-1], int(place[-1]))
    except (ValueError, TypeError, IndexError):
        pass
    raise ParameterValueError(
        "after does not belong to tracks in this order. Give next of the page before, with the same sort and query.",
        name="after",
    )
