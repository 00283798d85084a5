"""Columns of a library table, and values derived from a table that are worth keeping while it lives."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T")

_derived: dict[int, dict[Hashable, Any]] = {}


def derived(table: LibraryTable, key: Hashable, compute: Callable[[], T]) -> T:
    """Return ``compute()``, computed once a table and key and dropped with the table.

    A table is a frozen snapshot without a hash of its own, so its identity is the key.
    """
    values = _derived.get(id(table))
    if values is None:
        values = _derived[id(table)] = {}
        weakref.finalize(table, _derived.pop, id(table), None)
    if key not in values:
        values[key] = compute()
    value: T = values[key]
    return value


def numbers(table: LibraryTable, name: str) -> Floats:
    """Return a numeric column, shape (n,); all NaN where the table has none of that name."""
    column = table.columns.get(name)
    if column is None or column.dtype == object:
        return derived(table, ("no column", name), lambda: np.full(len(table), np.nan))
    return column


def texts(table: LibraryTable, name: str) -> npt.NDArray[np.object_]:
    """Return a text column, shape (n,); all ``None`` where the table has none of that name."""
    column = table.columns.get(name)
    if column is None or column.dtype != object:
        return derived(table, ("no column", name), lambda: np.full(len(table), None, dtype=object))
    return column


def codes(table: LibraryTable, name: str) -> npt.NDArray[np.int64]:
    """Number the distinct texts of a column regardless of case, shape (n,); ``-1`` where absent."""

    def compute() -> npt.NDArray[np.int64]:
        known: dict[str, int] = {}
        return np.fromiter(
            (known.setdefault(text.casefold(), len(known)) if text else -1 for text in texts(table, name)),
            dtype=np.int64,
            count=len(table),
        )

    return derived(table, ("codes", name), compute)


def is_missing(table: LibraryTable) -> Mask:
    """Rows whose file is gone, as a mask of shape (n,)."""
    return derived(table, "missing", lambda: np.asarray(texts(table, "status") == "missing", dtype=bool))


def value_at(table: LibraryTable, name: str, row: int) -> float | None:
    """Return one number of a numeric column, ``None`` for NaN."""
    value = float(numbers(table, name)[row])
    return value if np.isfinite(value) else None


def text_at(table: LibraryTable, name: str, row: int) -> str | None:
    """Return one text of a text column, ``None`` where absent or empty."""
    value = texts(table, name)[row]
    return str(value) if value else None
