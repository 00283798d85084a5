"""Find a track by typing part of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.readable import track_name

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable

SUGGESTIONS = 15  # set by hand: what fits under the field on a laptop


class TrackChooser(widgets.Combobox):  # type: ignore[misc]
    """A text field that suggests tracks; ``chosen`` is the id, the typed text, or ``None``."""

    def __init__(self, table: LibraryTable, description: str, *, tooltip: str = "") -> None:
        super().__init__(
            description=description,
            tooltip=tooltip,
            placeholder="type a title or an artist",
            ensure_option=False,
            continuous_update=True,
        )
        self._table = table
        self._ids: dict[str, int] = {}
        self._search: list[str] | None = None
        self.observe(self._suggest, "value")
        self._offer(range(min(len(table), SUGGESTIONS)))

    @property
    def chosen(self) -> int | str | None:
        return self._ids.get(self.value, self.value.strip() or None)

    def choose(self, track_id: int) -> None:
        """Fill in a track."""
        index = self._table.index_of(track_id)
        if index is not None:
            self._offer([index])
            self.value = next(iter(self._ids))

    def _suggest(self, change: Any) -> None:
        text = change["new"].casefold().strip()
        if change["new"] in self._ids:
            return
        if self._search is None:
            titles, artists = self._table["title"], self._table["artist"]
            self._search = [f"{t or ''} {a or ''}".casefold() for t, a in zip(titles, artists, strict=True)]
        found = (index for index, name in enumerate(self._search) if text in name)
        self._offer([index for index, _ in zip(found, range(SUGGESTIONS), strict=False)])

    def _offer(self, rows: Any) -> None:
        names = [(track_name(self._table.row(index)), int(self._table.ids[index])) for index in rows]
        self._ids = {f"{name} · {track_id}": track_id for name, track_id in names}
        self.options = tuple(self._ids)
