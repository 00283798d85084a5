"""A list that shows itself as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from workbench.cards.card import card, note, table
from workbench.cards.html import plain
from workbench.readable import counted

T = TypeVar("T")

_LINES = 3


class Rows(list[T]):
    """A list of records: a table in a notebook, some lines as text.

    Parameters
    ----------
    items : iterable
    noun : str
        What one of them is called, such as ``"playlist"``.
    several : str
        Its plural, where that is more than an "s".
    columns : mapping of str to callable
        Heading of each column → function from a record to what it shows.
    right : sequence of str
        Columns that are set to the right.
    empty : str
        What to say if the list is empty, with advice.
    """

    def __init__(
        self,
        items: Iterable[T],
        noun: str,
        columns: Mapping[str, Callable[[T], Any]],
        *,
        several: str = "",
        right: tuple[str, ...] = (),
        empty: str = "",
    ) -> None:
        super().__init__(items)
        self._noun, self._several, self._empty = noun, several, empty
        self._columns, self._right = columns, right

    def __repr__(self) -> str:
        lines = [" · ".join(plain(show(item)) for show in self._columns.values()) for item in self[:_LINES]]
        more = [f"… and {len(self) - _LINES:,} more"] if len(self) > _LINES else []
        return "\n".join([self._title(), *lines, *more])

    def _repr_html_(self) -> str:
        if not self:
            return card(self._title(), note(self._empty))
        cells = [[show(item) for show in self._columns.values()] for item in self]
        return card(self._title(), table(list(self._columns), cells, right=self._right))

    def _title(self) -> str:
        return counted(len(self), self._noun, self._several)
