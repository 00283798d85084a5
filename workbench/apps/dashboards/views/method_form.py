"""Choose a playlist method and its parameters; every field is made from the method's own description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import note, note_html, section
from workbench.apps.dashboards.views.parameter_form import ParameterForm

if TYPE_CHECKING:
    from workbench.playlists.making.registry import Method
    from workbench.store.library.library_table import LibraryTable
    from workbench.values import Value

SHOWN_FIRST = ("size", "order")


class MethodForm(widgets.VBox):  # type: ignore[misc]
    """The form for a method and its parameters.

    Parameters
    ----------
    methods : mapping of str to Method
    common : mapping of str to Value
        Those that every method takes.
    """

    def __init__(
        self, table: LibraryTable, methods: Mapping[str, Method], common: Mapping[str, Value]
    ) -> None:
        self._methods, self._table = methods, table
        first = "similarity" if "similarity" in methods else next(iter(methods))
        self.method = widgets.Dropdown(
            options=list(methods),
            value=first,
            description="Method",
            style={"description_width": "140px"},
            layout=widgets.Layout(width="100%"),
        )
        self.random_state = widgets.Text(
            description="random state",
            placeholder="drawn; the same number makes the same playlist",
            style={"description_width": "140px"},
            layout=widgets.Layout(width="100%"),
        )
        self._help, self._own = note(), widgets.VBox()
        self._first = ParameterForm({name: common[name] for name in SHOWN_FIRST}, table)
        self._limits = ParameterForm(
            {name: p for name, p in common.items() if name not in SHOWN_FIRST}, table
        )
        self.method.observe(lambda _: self._change(), "value")
        super().__init__(
            [
                self.method,
                self._help,
                self._own,
                self._first,
                self.random_state,
                section("Limits: duration, artists, genres, years, loudness, filter", self._limits),
            ]
        )
        self._change()

    def _change(self) -> None:
        chosen = self._methods[self.method.value]
        self._help.value = note_html(chosen.help)
        self.own = ParameterForm(chosen.parameters, self._table)
        self._own.children = [self.own]

    @property
    def size(self) -> int:
        return int(self._first.fields["size"].value)

    def choose_start(self, track_id: int) -> None:
        """Fill in a start track if the method needs one and the field is empty."""
        start = self.own.fields.get("start")
        if start is not None and not start.value:
            start.choose(track_id)

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of ``generate``."""
        state = self.random_state.value.strip()
        return {
            "method": self.method.value,
            **({"random_state": state} if state else {}),
            **self._first.values(),
            **self._limits.values(),
            **self.own.values(),
        }
