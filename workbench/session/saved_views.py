"""``wb.views``: saved views of the library table: filter, words, order and columns under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.store.library.library import Library

_KEY = "table_views"


@dataclass(frozen=True)
class SavedView:
    """A view of the table in the Library app: its filter, its order and its columns."""

    query: str = ""
    words: str = ""
    sort_column: str = ""
    descending: bool = False
    columns: tuple[str, ...] = ()


class SavedViews:
    """The views of one library, by name."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def all(self) -> dict[str, SavedView]:
        """Return every view by its name, sorted by name."""
        kept: Mapping[str, dict[str, Any]] = self._library.activity.value(_KEY, {})
        return {
            name: SavedView(**kept[name] | {"columns": tuple(kept[name]["columns"])})
            for name in sorted(kept, key=str.casefold)
        }

    def save(self, name: str, view: SavedView) -> None:
        """Keep a view under a name, in place of an earlier one."""
        self._set(self.all() | {name: view})

    def delete(self, name: str) -> None:
        """Forget a view; do nothing if it does not exist."""
        self._set({known: view for known, view in self.all().items() if known != name})

    def _set(self, views: Mapping[str, SavedView]) -> None:
        self._library.activity.set_value(_KEY, {name: asdict(view) for name, view in views.items()})
