"""Choose a playlist method and its parameters; every field is made from the method's own description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.views.after_typing import after_typing
from workbench.apps.dashboards.views.page import classed, note, note_html, problem_html, section
from workbench.apps.dashboards.views.parameter_form import ParameterForm
from workbench.errors import WorkbenchError
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.suggestions import Suggestions
    from workbench.playlists.making.registry import Method
    from workbench.values import Value

SHOWN_FIRST = ("size", "order")
TITLES = {
    "similarity": "Similar to a track",
    "radio": "Radio: drift from track to track",
    "path": "From one track to another",
    "journey": "Journey past several tracks",
    "alchemy": "Like these, unlike those",
    "harmonic": "Harmonic mix",
    "curve": "Follow a curve that you draw",
    "time_based": "For a time of day",
    "tag_based": "One genre, artist, album, decade or mood",
    "query": "Everything that matches a filter",
    "fingerprint": "From what you listen to",
    "cache_based": "In the style of a playlist",
    "kmeans": "A group of similar tracks (k-means)",
    "hdbscan": "A dense group of tracks (HDBSCAN)",
    "feature_group": "Low, middle or high tempo and energy",
    "mixed": "Several methods in turn",
    "all": "Every method in turn",
    "random": "Any tracks",
}


class MethodForm(widgets.VBox):  # type: ignore[misc]
    """The form for a method and its parameters.

    Parameters
    ----------
    methods : mapping of str to Method
    common : mapping of str to Value
        The parameters of every method.
    suggestions : Suggestions
        The choices of pickers.
    count : callable
        Takes the values of the form and returns how many tracks may be chosen.
    """

    def __init__(
        self,
        methods: Mapping[str, Method],
        common: Mapping[str, Value],
        suggestions: Suggestions,
        *,
        count: Callable[..., int],
    ) -> None:
        self._methods, self._suggestions, self._count = methods, suggestions, count
        self._forms: dict[str, ParameterForm] = {}
        self._given: dict[tuple[str, str], Any] = {}  # by name and kind
        self.own = ParameterForm({}, suggestions)
        self._changed = after_typing(self.say_count)
        first = "similarity" if "similarity" in methods else next(iter(methods))
        self.method = widgets.Dropdown(
            options=[(TITLES.get(name, name.replace("_", " ").capitalize()), name) for name in methods],
            value=first,
            description="Method",
            layout=widgets.Layout(width="100%"),
        )
        self.random_state = widgets.Text(
            description="Random state",
            placeholder="drawn; the same number makes the same playlist",
            layout=widgets.Layout(width="100%"),
        )
        self._help, self._own, self.fitting = note(), widgets.VBox(), widgets.HTML()
        self.first = self._form({name: common[name] for name in SHOWN_FIRST})
        self.limits = self._form({name: p for name, p in common.items() if name not in SHOWN_FIRST})
        self.method.observe(lambda _: self._change(), "value")
        top = classed(widgets.VBox([self.method, self._help]), "pw-form")
        super().__init__(
            [
                top,
                self._own,
                self.first,
                classed(widgets.VBox([self.random_state]), "pw-form"),
                section("Limits and filter", self.limits),
                self.fitting,
            ]
        )
        self.add_class("pw-form")
        self._change()

    def _form(self, parameters: Mapping[str, Value]) -> ParameterForm:
        return ParameterForm(parameters, self._suggestions, lambda: self._changed())

    def _change(self) -> None:
        name = self.method.value
        chosen = self._methods[name]
        self._help.value = note_html(f"{chosen.help} In commands: {name}.")
        if name not in self._forms:
            self._forms[name] = self._form(chosen.parameters)
        self._remember()
        self.own = self._forms[name]
        given = {each[0]: self._given.get(each) for each in self.own.kinds().items()}
        self.own.fill({name: value for name, value in given.items() if value is not None})
        self._own.children = [self.own]
        self._changed()

    def _remember(self) -> None:
        """Keep the values of the fields, for other methods with the same parameters."""
        given = self.own.values()
        self._given |= {each: given.get(each[0]) for each in self.own.kinds().items()}

    def say_count(self) -> None:
        """Show how many tracks the method may choose from, or which value is wrong."""
        try:
            many = self._count(**self.values(), table=self._suggestions.table)
        except WorkbenchError as error:
            self.fitting.value = problem_html(str(error))
            return
        of = counted(len(self._suggestions.table), "track")
        self.fitting.value = note_html(f"Chooses from {many:,} of {of}.")

    def choose_start(self, track_id: int) -> None:
        """Fill in a start track if the method needs one and the field is empty."""
        start = self.own.fields.get("start")
        if start is not None and not start.value:
            start.value = track_id

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of ``generate``."""
        state = self.random_state.value.strip()
        return {
            "method": self.method.value,
            **({"random_state": state} if state else {}),
            **self.first.values(),
            **self.limits.values(),
            **self.own.values(),
        }

    def fill(self, method: str, values: Mapping[str, Any]) -> None:
        """Show a method and its values, and clear all earlier ones."""
        self.method.value = method
        for form in (self.first, self.limits, self.own):
            form.clear()
            form.fill(values)
        self.random_state.value = str(values.get("random_state") or "")
