"""The common base of the repositories."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from workbench.errors import StoreError
from workbench.store.sqlite.stored_text import is_marked, restored, storable

if TYPE_CHECKING:
    from workbench.store.database_pool import DatabasePool

T = TypeVar("T")

SAID = "UPDATE meta SET value = value + 1 WHERE key = 'said'"
PLAYED = "UPDATE meta SET value = value + 1 WHERE key = 'played'"
"""The statements that count changes of ratings and plays; these do not make a new snapshot of the library."""

_log = logging.getLogger(__name__)

_VALUES_PER_STATEMENT = 500  # half of the 999 that SQLite allowed before 3.32


class Repository:
    """Reads and writes one kind of record through a pool that it shares with the others.

    Parameters
    ----------
    now : callable
        Clock for the times that are stored, in seconds since the epoch.
    """

    def __init__(self, pool: DatabasePool, now: Callable[[], float] = time.time) -> None:
        self.pool = pool
        self._now = now
        self._said: set[str] = set()

    def _say_once(self, sentences: Iterable[str]) -> None:
        """Log each of these sentences about damage as a warning, unless it was logged before."""
        for sentence in set(sentences) - self._said:
            self._said.add(sentence)
            _log.warning("%s", sentence[0].upper() + sentence[1:])

    def _stars(self, query: str, hashes: Iterable[str]) -> dict[str, float]:
        """Return the stars of these contents from a query that gives contents and stars; those without are left out."""
        found: dict[str, float] = {}
        with self.pool.reading() as connection:
            for group, marks in in_groups(list(hashes)):
                some = (
                    f"SELECT content_hash, stars FROM ({query}) WHERE stars > 0 AND content_hash IN ({marks})"
                )
                found.update(connection.execute(some, group).fetchall())
        return found


def to_json(value: Any) -> str:
    """Write JSON text; NumPy numbers and short arrays are allowed, NaN and infinities become null."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(value, option=options, default=_plain).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(storable(value), option=options, default=_plain).decode()


def from_json(text: str | bytes) -> Any:
    """Read JSON text.

    Raises
    ------
    StoreError
        The text is not JSON, because the database is damaged.
    """
    try:
        value = orjson.loads(text)
        return restored(value) if is_marked(text) else value
    except orjson.JSONDecodeError as error:
        raise StoreError(f"A stored value is damaged: {error}. Run `workbench db check`.") from error


def in_groups(values: list[T]) -> Iterator[tuple[list[T], str]]:
    """Split a list into groups that fit one statement, each with its question marks."""
    for start in range(0, len(values), _VALUES_PER_STATEMENT):
        group = values[start : start + _VALUES_PER_STATEMENT]
        yield group, ",".join("?" * len(group))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if hasattr(value, "__fspath__"):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
