"""The kept playlists: open, rename, duplicate, refresh, pin and delete them, and go back to an earlier version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import (
    button,
    classed,
    note_html,
    offer,
    problem_html,
    row,
)
from workbench.apps.dashboards.widgets.shelf import Shelf
from workbench.errors import WorkbenchError
from workbench.readable import counted, track_name

if TYPE_CHECKING:
    from workbench.playlists import Playlist, Refreshed
    from workbench.session.kept_playlists import Discarded
    from workbench.session.playlists import Playlists

EMPTY = "No playlist is kept yet. Make one below, and press Save."
NAMED = 5  # tracks of a refresh that are named; the others are counted


class KeptView(widgets.VBox):  # type: ignore[misc]
    """The list of kept playlists, and the actions on the chosen one.

    Parameters
    ----------
    on_open : callable
        Called with the playlist to show.
    """

    def __init__(self, playlists: Playlists, on_open: Callable[[Playlist], None]) -> None:
        self._playlists, self._on_open = playlists, on_open
        self._deleted: Discarded | None = None  # for put_back
        self._shown: object = None
        self.list = Shelf(label="Kept playlists", empty=EMPTY, on_open=self.open_chosen)
        self.version = widgets.Dropdown(description="Version")
        self.name = widgets.Text(description="New name")
        self.pin = _action("pin", self._pin, "Show this playlist first")
        self.undo = button("Undo", self._undo, tooltip="Bring the deleted playlist back")
        self.undo.layout.display = "none"
        self.line = widgets.HTML()
        self._actions = [
            _action("open", self.open_chosen, "Show and change this playlist", primary=True),
            _action("refresh", self.refresh, "Keep what still fits, and add new tracks"),
            _action("duplicate", self.duplicate, "Keep a copy under another name"),
            self.pin,
            _action("delete", self.delete, "Delete this playlist with its earlier versions"),
            _action("rename", self.rename, "Give this playlist the name in the field"),
        ]
        self.list.observe(lambda _: self._choose(), "value")
        *actions, rename = self._actions
        naming = row(self.version, self.name, rename)
        super().__init__([self.list, row(*actions, self.undo), naming, self.line])
        self.add_class("pw-kept")
        self.renew()

    def renew(self) -> None:
        """Read the list again, and show it if it has changed."""
        pinned, newest = self._playlists.pinned, self._playlists()
        if (pinned, newest) == self._shown:
            return
        self._shown = (pinned, newest)
        kept = sorted(newest, key=lambda one: one.name not in pinned)
        self.list.show([_card(one, pinned=one.name in pinned) for one in kept])
        self._choose()

    def open_chosen(self) -> None:
        """Show the chosen version."""
        self._do(lambda name: self._on_open(self._playlists.get(self.version.value or name)))

    def rename(self) -> None:
        """Give the chosen playlist the name in the field."""

        def act(name: str) -> str:
            new = self.name.value.strip()
            self._playlists.rename(name, new)
            return f"{name} is now {new}."

        self._do(act)

    def duplicate(self) -> None:
        """Keep a copy under a free name."""
        self._do(lambda name: f"Kept as {self._playlists.duplicate(name).name}.")

    def refresh(self) -> None:
        """Refresh the chosen playlist, show it, and tell what has changed."""
        name = self.list.value
        if not name:
            return
        try:
            old = self._playlists.get(name)
        except WorkbenchError as error:  # it was deleted elsewhere
            self._refused(str(error))
            return
        self.line.value = note_html(f"Refreshing {name} …")
        in_background(
            lambda: self._playlists.refresh(name), lambda new: self._refreshed(old, new), self._refused
        )

    def delete(self) -> None:
        """Delete the chosen playlist; Undo restores it."""

        def act(name: str) -> str:
            self._deleted = self._playlists.discard(name)
            return f"{name} is deleted."

        self._do(act)
        self.undo.layout.display = "" if self._deleted else "none"

    def _undo(self) -> None:
        back = self._deleted

        if back is None:
            return

        def act(name: str) -> str:
            self._playlists.put_back(back)
            self._deleted = None
            self.undo.layout.display = "none"
            return f"{name} is back."

        self._do(act, name=back.name)

    def _pin(self) -> None:
        def act(name: str) -> None:
            self._playlists.pin(name, pinned=name not in self._playlists.pinned)

        self._do(act)

    def _do(self, act: Callable[[str], str | None], *, name: str | None = None) -> None:
        chosen = name or self.list.value
        if not chosen:
            return
        try:
            said = act(chosen)
        except WorkbenchError as error:
            self._refused(str(error))
        else:
            self.line.value = note_html(said) if said else ""
            self.renew()

    def _refreshed(self, old: Playlist, new: Refreshed) -> None:
        names = {track.id: track_name(vars(track)) for track in [*old, *new.playlist]}
        parts = [f"{counted(len(new.kept), 'track')} kept"]
        for word, ids in (("added", new.added), ("removed", new.removed)):
            parts.append(f"{len(ids)} {word}" + _listed([names[track] for track in ids]))
        self.renew()
        self._on_open(new.playlist)
        self.line.value = note_html("; ".join(parts) + ".")

    def _refused(self, message: str) -> None:
        self.line.value = problem_html(message)

    def _choose(self) -> None:
        name = self.list.value or None
        for action in self._actions:
            action.disabled = name is None
        self.name.value = name or ""
        self.pin.description = "Unpin" if name in self._playlists.pinned else "Pin"
        history = [] if name is None else self._playlists(name)
        offer(self.version, [(_when(one), one.id) for one in history])
        if history:
            self.version.value = history[0].id


def _action(name: str, act: Callable[[], None], help: str, *, primary: bool = False) -> widgets.Button:
    """Return a button with an icon before its name."""
    made = button(name.capitalize(), act, tooltip=help, primary=primary)
    return classed(classed(made, "pw-icon"), f"pw-icon-{name}")


def _card(kept: Any, *, pinned: bool) -> dict[str, Any]:
    facts = f"{counted(kept.size, 'track')} · {kept.method.replace('_', ' ')}"
    return {"name": kept.name, "facts": facts, "made": _when(kept), "pinned": pinned}


def _when(kept: Any) -> str:
    return datetime.fromtimestamp(kept.created_at).strftime("%Y-%m-%d %H:%M")


def _listed(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f" ({', '.join(names[:NAMED])}{more})"
