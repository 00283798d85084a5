"""Widgets for parameters, made from their descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import columns
from workbench.apps.dashboards.views.track_chooser import TrackChooser

if TYPE_CHECKING:
    from workbench.store.library.library_table import LibraryTable
    from workbench.values import Value

_STYLE = {"description_width": "140px"}
_LAYOUT = widgets.Layout(width="100%")


class ParameterForm(widgets.VBox):  # type: ignore[misc]
    """One field for each parameter, with its help as a tooltip; an empty field means the default.

    Parameters
    ----------
    parameters : mapping of str to Value
    table : LibraryTable
        Where tracks are looked up.
    """

    def __init__(self, parameters: Mapping[str, Value], table: LibraryTable) -> None:
        self._defaults = {name: parameter.default for name, parameter in parameters.items()}
        self.fields = {name: field(parameter, table) for name, parameter in parameters.items()}
        super().__init__([columns(*self.fields.values())])

    def values(self) -> dict[str, Any]:
        """Return the values that differ from the defaults, by name."""
        given = {
            name: widget.chosen if isinstance(widget, TrackChooser) else widget.value
            for name, widget in self.fields.items()
        }
        return {
            name: value
            for name, value in given.items()
            if value not in (None, "") and value != self._defaults[name]
        }


def field(parameter: Value, table: LibraryTable) -> widgets.Widget:
    """Return the widget for one parameter."""
    label = parameter.name.replace("_", " ") + (" *" if parameter.required else "")
    options = {"description": label, "tooltip": parameter.help, "style": _STYLE, "layout": _LAYOUT}
    default = None if parameter.required else parameter.default
    if parameter.kind == "track":
        chooser = TrackChooser(table, label, tooltip=parameter.help)
        chooser.style.description_width, chooser.layout.width = _STYLE["description_width"], "100%"
        return chooser
    if parameter.choices and parameter.kind == "text":
        return widgets.Dropdown(
            options=[("any", ""), *((c, c) for c in parameter.choices)]
            if default is None
            else list(parameter.choices),
            value=default or "",
            **options,
        )
    if parameter.kind == "boolean":
        return widgets.Checkbox(value=bool(default), indent=True, **options)
    if parameter.kind in ("integer", "number") and default is not None:
        kind = widgets.BoundedIntText if parameter.kind == "integer" else widgets.BoundedFloatText
        low, high = (parameter.low, parameter.high)
        return kind(
            value=default, min=-1e9 if low is None else low, max=1e9 if high is None else high, **options
        )
    return widgets.Text(value="" if default is None else str(default), placeholder=parameter.help, **options)
