"""A list that a notebook shows as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from workbench.cards.card import card, note, table
from workbench.cards.html import plain
from workbench.readable import counted

T = TypeVar("T")

_LINES = 3


class Rows(list[T]):
    """A list of records, shown as a table in a notebook and as lines in text.

    Parameters
    ----------
    items : iterable
    noun : str
        The name of a record, such as ``"playlist"``.
    several : str
        The plural, if it is not formed with "s".
    columns : mapping of str to callable
        For the heading of each column, a function from a record to the value that is shown.
    right : sequence of str
        Columns that are aligned to the right.
    empty : str
        Text with advice that is shown if the list is empty.
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
