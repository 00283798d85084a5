"""Make widgets for parameters from their descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np

from workbench.apps.dashboards.views.filter_field import FilterField
from workbench.apps.dashboards.views.page import classed, columns
from workbench.apps.dashboards.widgets.curve_field import CurveField
from workbench.apps.dashboards.widgets.picker import Picker

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.suggestions import Suggestions
    from workbench.values import Value

_LAYOUT = widgets.Layout(width="100%")
_TITLE = "type a title or an artist"


class ParameterForm(widgets.VBox):  # type: ignore[misc]
    """One field for each parameter, with its help as a tooltip; an empty field means the default.

    Parameters
    ----------
    parameters : mapping of str to Value
    suggestions : Suggestions
        The choices of pickers.
    on_change : callable, optional
        Called when a value has changed.
    """

    def __init__(
        self,
        parameters: Mapping[str, Value],
        suggestions: Suggestions,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._parameters, self._suggestions = parameters, suggestions
        self.fields: dict[str, widgets.Widget] = {}
        for name, parameter in parameters.items():
            self.fields[name] = self._field(parameter)
        for each in self.fields.values():
            each.observe(lambda _: on_change(), "value")
        self._empty = {name: field.value for name, field in self.fields.items()}
        super().__init__([columns(*self.fields.values())])
        self.add_class("pw-form")

    def values(self) -> dict[str, Any]:
        """Return the values that differ from the defaults, by name."""
        return {
            name: field.value
            for name, field in self.fields.items()
            if field.value not in (None, "", []) and field.value != self._parameters[name].default
        }

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show values by name; values without a field are ignored."""
        for name in self.fields.keys() & values.keys():
            field, value = self.fields[name], values[name]
            if isinstance(field, widgets.Text) and not isinstance(value, str):
                value = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            field.value = value

    def clear(self) -> None:
        """Show the defaults."""
        for name, field in self.fields.items():
            field.value = self._empty[name]

    def kinds(self) -> dict[str, str]:
        """Return the kind of each parameter by name."""
        return {name: parameter.kind for name, parameter in self._parameters.items()}

    def _field(self, parameter: Value) -> widgets.Widget:
        """Return the widget for one parameter."""
        find = self._finder(parameter)
        shown = {"description": parameter.title + (" *" if parameter.required else "")}
        shown["tooltip"] = parameter.help
        if find is not None:
            several = parameter.kind in ("tracks", "history", "texts") and parameter.names != "playlist"
            hint = _TITLE if parameter.kind in ("track", "tracks", "history") else ""
            hint = "choose one" if parameter.names == "playlist" else hint
            return Picker(
                find,
                describe=self._suggestions.label,
                several=several,
                placeholder=hint or f"for example {parameter.example}",
                **shown,
            )
        if parameter.names == "curve":
            return self._curve(shown)
        if parameter.names == "filter":
            return FilterField(self._suggestions, placeholder=f"for example {parameter.example}", **shown)
        return plain_field(parameter, shown)

    def _finder(self, parameter: Value) -> Callable[[str], Any] | None:
        """Return the function that finds values of a parameter in the library, if the parameter names values there."""
        offered = self._suggestions
        if parameter.names == "genre":
            return partial(offered.values, "genre")
        if parameter.names == "tag":
            return lambda text: offered.values(self.fields["tag"].value, text)
        if parameter.names == "playlist":
            return offered.playlists
        kinds = {"track": offered.tracks, "tracks": offered.tracks, "history": offered.history}
        return kinds.get(parameter.kind)

    def _curve(self, shown: Mapping[str, str]) -> CurveField:
        """Return a curve field that starts with the ready curve of the fields ``feature`` and ``shape``."""
        from workbench.playlists.methods.curve import shaped, usual_span

        curve = CurveField(**shown)
        feature, shape = self.fields["feature"], self.fields["shape"]

        def begin(_: Any = None) -> None:
            bpm = self._suggestions.table.numbers("bpm")
            known = bpm[np.isfinite(bpm)]
            low, high = usual_span(feature.value, known if len(known) else np.array([60.0, 180.0]))
            unit = "BPM" if feature.value == "tempo" else ""
            curve.start_from(shaped(shape.value, low, high), low, high, unit=unit)

        feature.observe(begin, "value")
        shape.observe(begin, "value")
        begin()
        return curve


def plain_field(parameter: Value, shown: Mapping[str, str]) -> widgets.Widget:
    """Return the widget for a parameter that does not name anything in the library."""
    options = {**shown, "layout": _LAYOUT}
    default = None if parameter.required else parameter.default
    if parameter.choices and parameter.kind == "text":
        words = [(choice.replace("_", " "), choice) for choice in parameter.choices]
        return widgets.Dropdown(
            options=words if default is not None else [("any", ""), *words], value=default or "", **options
        )
    if parameter.kind == "boolean":
        return classed(widgets.Checkbox(value=bool(default), indent=False, **options), "pw-check")
    if parameter.kind in ("integer", "number") and default is not None:
        kind = widgets.BoundedIntText if parameter.kind == "integer" else widgets.BoundedFloatText
        low, high = (parameter.low, parameter.high)
        return kind(
            value=default, min=-1e9 if low is None else low, max=1e9 if high is None else high, **options
        )
    hint = f"for example {parameter.example}" if parameter.example else parameter.help
    return widgets.Text(
        value="" if default is None else str(default), placeholder=hint, continuous_update=False, **options
    )
