"""Choose, save and delete views of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, offer, row
from workbench.session.saved_views import SavedView

ALL = "All tracks"


class Views(Protocol):
    """The storage of views."""

    def all(self) -> Mapping[str, SavedView]: ...
    def save(self, name: str, view: SavedView) -> None: ...
    def delete(self, name: str) -> None: ...


class ViewsBar(widgets.HBox):  # type: ignore[misc]
    """A list of saved views, and a field for the name under which the current view is saved.

    Parameters
    ----------
    views : Views
    now : callable
        Returns the view that the table shows.
    show : callable
        Called with the view that was chosen.
    """

    def __init__(self, views: Views, now: Callable[[], SavedView], show: Callable[[SavedView], None]) -> None:
        self._views, self._now, self._show = views, now, show
        self.choice = widgets.Dropdown(description="View", layout=widgets.Layout(width="240px"))
        self.name = widgets.Text(
            description="Save as", placeholder="a name", layout=widgets.Layout(width="220px")
        )
        self._delete = button("Delete view", self.delete)
        bar = row(self.choice, self._delete, self.name, button("Save view", self.save))
        super().__init__([bar])
        self.add_class("pw-views")
        self._renew()
        self.choice.observe(lambda _: self._chosen(), "value")

    def save(self) -> None:
        """Save the view of the table under the name."""
        name = self.name.value.strip()
        if name and name != ALL:
            self._views.save(name, self._now())
            self._renew()
            self.choice.value = name

    def delete(self) -> None:
        """Delete the chosen view; the table does not change."""
        self._views.delete(self.choice.value)
        self._renew()

    def _chosen(self) -> None:
        self._delete.disabled = self.choice.value == ALL
        view = self._views.all().get(self.choice.value, SavedView())
        if view != self._now():
            self._show(view)

    def _renew(self) -> None:
        offer(self.choice, [(name, name) for name in (ALL, *self._views.all())])
        self._delete.disabled = self.choice.value == ALL
