"""Build a filter from rows of conditions. The rows write the text of the filter, and show a text that was typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import traitlets

from workbench.apps.dashboards.views.page import button, note_html, row
from workbench.apps.dashboards.widgets.picker import Picker
from workbench.errors import QuerySyntaxError
from workbench.playlists.query.query_match import compile_query
from workbench.playlists.query.query_rows import Row, rows_of, rows_text

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.suggestions import Suggestions

PICKED = ("genre", "artist", "album")
NUMBERS = {
    "bpm": ("Tempo (BPM)", "120-128"),
    "year": ("Year", "1990-1999"),
    "energy": ("Energy (0 to 1)", "0.7"),
    "danceability": ("Danceability", "1"),
    "loudness_lufs": ("Loudness (LUFS)", "-14"),
    "duration_s": ("Length", "3:00"),
    "rating": ("Rating", "4"),
    "plays": ("Plays", "10"),
}
TEXTS = {
    "title": ("Title", "night"),
    "artist": ("Artist", "type a name"),
    "album": ("Album", "type a name"),
    "genre": ("Genre", "type a name"),
    "camelot": ("Key (Camelot)", "8A, 9A"),
    "key": ("Key", "A minor"),
    "path": ("Folder or file", "live"),
}
OF_TEXT = {"is": "=", "contains": "~", "is not": "!=", "does not contain": "!~"}
OF_NUMBERS = {
    "is": "=",
    "at least": ">=",
    "at most": "<=",
    "more than": ">",
    "less than": "<",
    "is not": "!=",
}
BROKEN = "Complete the text of the filter, and its conditions are shown here."


class FilterBuilder(widgets.VBox):  # type: ignore[misc]
    """Rows of conditions, joined by ``and`` or ``or``.

    Attributes
    ----------
    value : str
        The filter. Observe it, or set it.
    """

    value = traitlets.Unicode("")

    def __init__(self, suggestions: Suggestions) -> None:
        self._suggestions = suggestions
        self._rows: list[FilterRow] = []
        self.joined = widgets.Dropdown(
            options=[("all of these", "and"), ("any of these", "or")],
            description="Tracks must meet",
            layout=widgets.Layout(width="260px"),
        )
        self.add = button("Add a condition", self._add, tooltip="Adds a row to the filter")
        self._lines, self._said = widgets.VBox(), widgets.HTML()
        self.joined.observe(lambda _: self._write(), "value")
        super().__init__([row(self.joined, self.add), self._said, self._lines])
        self.add_class("pw-builder")

    @traitlets.observe("value")
    def _was_given(self, change: Any) -> None:
        if self.value.strip() == self._text():
            return
        try:
            joined, rows = self._read(self.value)
        except QuerySyntaxError:
            self._said.value = note_html(BROKEN)
            return
        self._said.value, self._rows = "", []  # so that no text is written meanwhile
        self.joined.value = joined
        self._rows = [self._row(each) for each in rows]
        self._draw()

    def _read(self, text: str) -> tuple[str, list[Row | str]]:
        return rows_of(compile_query(text, self._suggestions.table).tree) if text.strip() else ("and", [])

    def _row(self, shown: Row | str) -> FilterRow:
        return FilterRow(shown, self._suggestions, self._write, self._remove)

    def _add(self) -> None:
        self._rows = [*self._rows, self._row(Row("genre", "=", ()))]
        self._draw()

    def _remove(self, gone: FilterRow) -> None:
        self._rows = [each for each in self._rows if each is not gone]
        self._draw()
        self._write()

    def _draw(self) -> None:
        self._lines.children = self._rows

    def _text(self) -> str:
        return rows_text(self.joined.value, [each.shown() for each in self._rows])

    def _write(self) -> None:
        if self._rows or not self._lines.children:
            self._said.value = ""
            self.value = self._text()
        elif not self._said.value:
            self.value = ""


class FilterRow(widgets.HBox):  # type: ignore[misc]
    """A condition (field, operator, values), or a part of the filter as text."""

    def __init__(
        self,
        shown: Row | str,
        suggestions: Suggestions,
        on_change: Callable[[], None],
        on_remove: Callable[[FilterRow], None],
    ) -> None:
        self._suggestions, self._on_change = suggestions, on_change
        self.remove = button("Remove", lambda: on_remove(self), tooltip="Remove this condition")
        if isinstance(shown, str):
            self.what = None
            self.values = widgets.Text(
                value=shown,
                description="As text",
                continuous_update=False,
                layout=widgets.Layout(flex="1 1 260px"),
            )
            self.values.observe(lambda _: on_change(), "value")
            super().__init__([self.values, self.remove])
        else:
            known = {name: label for name, (label, _) in {**TEXTS, **NUMBERS}.items()}
            names = dict.fromkeys([*known, *suggestions.table.sound_tag_names, shown.field])
            options = [(known.get(name, name.replace("_", " ")), name) for name in names]
            self.what = widgets.Dropdown(
                options=options,
                value=shown.field,
                description="What",
                tooltip="What is compared",
                layout=widgets.Layout(width="170px"),
            )
            self.how = widgets.Dropdown(
                description="How", tooltip="How it is compared", layout=widgets.Layout(width="140px")
            )
            self._place = widgets.Box(layout=widgets.Layout(flex="1 1 180px", min_width="0"))
            self._begin(shown)
            self.what.observe(lambda _: self._begin(Row(self.what.value, "=", ())), "value")
            self.how.observe(lambda _: on_change(), "value")
            super().__init__([self.what, self.how, self._place, self.remove])
        self.add_class("pw-row")
        self.add_class("pw-condition")

    def shown(self) -> Row | str:
        """Return the current condition."""
        if self.what is None:
            return str(self.values.value)
        values = self.values.value
        texts = tuple(map(str, values)) if isinstance(values, list) else tuple(values.split(","))
        return Row(self.what.value, self.how.value, texts)

    def _begin(self, shown: Row) -> None:
        name = shown.field
        numeric = name in NUMBERS or name in self._suggestions.table.sound_tag_names
        ways = OF_NUMBERS if numeric else OF_TEXT
        ways = ways if shown.operator in ways.values() else {**ways, shown.operator: shown.operator}
        self.values = self._values(name, shown.values)
        self.values.observe(lambda _: self._on_change(), "value")
        self._place.children = [self.values]
        with self.hold_trait_notifications():
            self.how.options = list(ways.items())
            self.how.value = shown.operator

    def _values(self, name: str, values: tuple[str, ...]) -> widgets.Widget:
        label, example = {**TEXTS, **NUMBERS}.get(name, (name, "0.5"))
        if name in PICKED:
            picker = Picker(
                partial(self._suggestions.values, name), several=True, description=label, placeholder=example
            )
            picker.value = list(values)
            return picker
        return widgets.Text(
            value=", ".join(values),
            description=label,
            placeholder=f"for example {example}",
            tooltip=f"Values of {label}",
            continuous_update=False,
            layout=widgets.Layout(width="100%"),
        )
