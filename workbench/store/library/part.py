"""What the parts of the library have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

if TYPE_CHECKING:
    from workbench.store.database_pool import DatabasePool

T = TypeVar("T")

_CHUNK = 500


class Part:
    """One part of the library: queries on the same pool."""

    def __init__(self, pool: DatabasePool, *, now: Callable[[], float] = time.time) -> None:
        self.pool = pool
        self._now = now

    def batch(self) -> AbstractContextManager[Any]:
        """Return a context manager that makes everything written inside it one transaction."""
        return self.pool.writing()


def to_json(value: Any) -> str:
    """Write JSON text; NumPy numbers and short arrays are taken, NaN and infinities become null."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(value, option=options, default=_plain).decode()


def from_json(text: str) -> Any:
    """Read JSON text."""
    return orjson.loads(text)


def chunks(values: list[T]) -> Iterator[tuple[list[T], str]]:
    """Cut a list into parts that fit a statement, each with its question marks."""
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK]
        yield part, ",".join("?" * len(part))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if hasattr(value, "__fspath__"):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON-able")
