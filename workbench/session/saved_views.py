"""``wb.views``: filters, words, order and columns of the table that the user keeps under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.store.library.library import Library

_KEY = "table_views"


@dataclass(frozen=True)
class SavedView:
    """How the table of the Library app looks: what it is filtered by, in which order, with which columns."""

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
        """Return every view by its name, in order of name."""
        kept: Mapping[str, dict[str, Any]] = self._library.activity.value(_KEY, {})
        return {
            name: SavedView(**kept[name] | {"columns": tuple(kept[name]["columns"])})
            for name in sorted(kept, key=str.casefold)
        }

    def save(self, name: str, view: SavedView) -> None:
        """Keep a view under a name, in place of an earlier one."""
        self._set(self.all() | {name: view})

    def delete(self, name: str) -> None:
        """Forget a view; one that does not exist is fine."""
        self._set({known: view for known, view in self.all().items() if known != name})

    def _set(self, views: Mapping[str, SavedView]) -> None:
        self._library.activity.set_value(_KEY, {name: asdict(view) for name, view in views.items()})
