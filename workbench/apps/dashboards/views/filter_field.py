"""A field for the text of a filter, with a filter builder and the number of tracks that match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets
import traitlets

from workbench.apps.dashboards.views.after_typing import after_typing
from workbench.apps.dashboards.views.filter_builder import FilterBuilder
from workbench.apps.dashboards.views.page import note_html, problem_html, section
from workbench.errors import QuerySyntaxError
from workbench.playlists.query.query_match import compile_query
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.apps.dashboards.views.suggestions import Suggestions


class FilterField(widgets.VBox):  # type: ignore[misc]
    """The text of a filter.

    Attributes
    ----------
    value : str
        The filter; it may be incomplete while someone types. Observe it, or set it.
    """

    value = traitlets.Unicode("")

    def __init__(self, suggestions: Suggestions, *, description: str, tooltip: str, placeholder: str) -> None:
        self._suggestions = suggestions
        self.text = widgets.Text(
            description=description,
            tooltip=tooltip,
            placeholder=placeholder,
            layout=widgets.Layout(width="100%"),
        )
        self.said = widgets.HTML()
        self.builder = FilterBuilder(suggestions)
        self._count = after_typing(self.count)
        super().__init__([self.text, self.said, section(f"Build: {description}", self.builder)])
        traitlets.link((self, "value"), (self.text, "value"))
        traitlets.link((self, "value"), (self.builder, "value"))
        self.add_class("pw-filter")
        self.observe(lambda _: self._count(), "value")

    def count(self) -> None:
        """Show how many tracks match the filter, or its error."""
        if not self.value.strip():
            self.said.value = ""
            return
        table = self._suggestions.table
        try:
            many = int(compile_query(self.value, table).matches().sum())
        except QuerySyntaxError as error:
            self.said.value = problem_html(str(error))
        else:
            self.said.value = note_html(f"{many:,} of {counted(len(table), 'track')} match.")
