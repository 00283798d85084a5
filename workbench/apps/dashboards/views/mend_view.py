"""Actions on tracks with a problem: play, show, tag, exclude from playlists, move to the trash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import (
    button,
    classed,
    note,
    note_html,
    problem_html,
    row,
    table_html,
)
from workbench.readable import counted

if TYPE_CHECKING:
    from workbench.session.problems import Mend
    from workbench.session.ratings import Ratings
    from workbench.session.tags.changes import FileChange, TagPlan
    from workbench.session.tags.tags import Tags
    from workbench.session.track_files import TrackFiles

ACTIONS: Mapping[Mend, str] = {
    "show": "Show in folder",
    "tags": "Change tags …",
    "gain": "Write ReplayGain …",
    "exclude": "Keep out of playlists",
    "allow": "Allow in playlists",
    "trash": "Move to trash …",
    "none": "",
}
NO_DESKTOP = "Show the path"
TAGS = {"artist": "Artist", "genre": "Genre"}


class MendView(widgets.VBox):  # type: ignore[misc]
    """Actions on the selected tracks. An action that changes files is first shown, and confirmed by a second click.

    Parameters
    ----------
    on_play : callable
        Called with the id of the track to play.
    on_done : callable
        Called when the library has changed.
    """

    def __init__(
        self,
        tags: Tags,
        ratings: Ratings,
        files: TrackFiles,
        *,
        on_play: Callable[[int], None],
        on_done: Callable[[], None],
    ) -> None:
        self._tags, self._ratings, self._files, self._on_done = tags, ratings, files, on_done
        self._ids: list[int] = []
        self._rows: Mapping[int, Mapping[str, Any]] = {}
        begin: dict[Mend, Callable[[], None]] = {
            "show": self._show,
            "tags": self._ask_tags,
            "gain": self._plan_gain,
            "exclude": self._exclude,
            "allow": self._allow,
            "trash": self._ask_trash,
        }
        self._begin = begin
        self.play = button("Play", lambda: on_play(self._ids[0]))
        self.buttons = {mend: button(self.name(mend), act) for mend, act in begin.items()}
        self.fields = {name: widgets.Text(description=label) for name, label in TAGS.items()}
        self._form, self.line = classed(widgets.VBox(), "pw-mend-form"), widgets.HTML()
        self._undo: Callable[[], None] = lambda: None
        self.undo = button("Undo", lambda: self._undo())
        self._hint = note("Choose tracks in the list.")
        self.actions = row(self.play, *self.buttons.values(), self._hint)
        super().__init__([self.actions, self._form, row(self.line, self.undo)])
        self._tell("")
        self.select({})

    def name(self, mend: Mend) -> str:
        """Return the name of an action on this machine."""
        return NO_DESKTOP if mend == "show" and not self._files.can_show else ACTIONS[mend]

    def select(self, rows: Mapping[int, Mapping[str, Any]]) -> None:
        """Set the selected tracks: the path and the suggested tags of each by id."""
        if list(rows) != self._ids:
            self._form.children = []
        self._ids, self._rows = list(rows), rows
        for each in (self.play, *self.buttons.values()):
            each.disabled = not rows
        self._hint.layout.display = "none" if rows else ""
        excluded = bool(rows) and all(row.get("excluded") == 1 for row in rows.values())
        self.buttons["exclude"].layout.display = "none" if excluded else ""
        self.buttons["allow"].layout.display = "" if excluded else "none"

    def begin(self, mend: Mend) -> None:
        """Start an action, as its button does."""
        if self._ids and mend in self._begin:
            self._begin[mend]()

    def _show(self) -> None:
        track_id = self._ids[0]
        if self._files.can_show:
            in_background(lambda: self._files.show(track_id), lambda _: None, self._refused)
            return
        path = widgets.Text(str(self._rows[track_id]["path"]), description="Path")
        self._ask(
            note("This server has no desktop, so it cannot show the folder. Copy the path of the file:"), path
        )

    def _ask_tags(self) -> None:
        for name, text in self.fields.items():
            said = {str(self._rows[track_id].get(name) or "") for track_id in self._ids}
            text.value = said.pop() if len(said) == 1 else ""
            text.placeholder = "as they are" if said else ""
        self._ask(
            note(f"New tags of {counted(len(self._ids), 'file')}. An empty field stays as it is."),
            row(*self.fields.values()),
            row(button("Show what would change", self._plan_tags, primary=True), self._cancel()),
        )

    def _plan_tags(self) -> None:
        ids, values = list(self._ids), {name: text.value for name, text in self.fields.items()}
        in_background(lambda: self._tags.plan_by_hand(*ids, **values), self._ask_plan, self._refused)

    def _plan_gain(self) -> None:
        paths = [str(self._rows[track_id]["path"]) for track_id in self._ids]
        in_background(lambda: self._tags.plan(*paths, fields=("replaygain",)), self._ask_plan, self._refused)

    def _ask_plan(self, plan: TagPlan) -> None:
        changes = [(PurePath(file.path).name, one) for file in plan.files for one in file.changes]
        kept = sum(len(file.kept) for file in plan.files)
        told = [*plan.notes, f"{counted(kept, 'value')} of your own stay." if kept else ""]
        problems = [file.problem for file in plan.files if file.problem]
        lines = [(name, one.field.replace("_", " "), one.old or "", str(one.new)) for name, one in changes]
        shown = widgets.HTML(
            table_html(("File", "Tag", "Is", "Becomes"), lines)
            if lines
            else note_html("The files say everything already.")
        )
        write = button(f"Write into {counted(len(plan), 'file')}", partial(self._write, plan), primary=True)
        self._ask(
            shown,
            *(note(text) for text in told if text),
            *(widgets.HTML(problem_html(text)) for text in problems),
            row(*([write] if lines else []), self._cancel()),
        )

    def _write(self, plan: TagPlan) -> None:
        in_background(lambda: self._tags.write(plan), self._written, self._refused)

    def _written(self, files: Sequence[FileChange]) -> None:
        failed = [file.problem for file in files if file.problem]
        if failed:
            self._refused(" ".join(failed))
            return
        self._done(f"Tags of {counted(len(files), 'file')} are written.", self._put_back)

    def _put_back(self) -> None:
        in_background(self._tags.restore, lambda _: self._done("The tags are as before."), self._refused)

    def _exclude(self) -> None:
        ids, told = list(self._ids), f"{counted(len(self._ids), 'track')} kept out of playlists."
        undo = partial(self._allow_these, ids)
        in_background(lambda: self._ratings.exclude(*ids), lambda _: self._done(told, undo), self._refused)

    def _allow(self) -> None:
        self._allow_these(list(self._ids))

    def _allow_these(self, ids: Sequence[int]) -> None:
        told = f"{counted(len(ids), 'track')} allowed in playlists."
        in_background(lambda: self._ratings.allow(*ids), lambda _: self._done(told), self._refused)

    def _ask_trash(self) -> None:
        ids = list(self._ids)
        names = [(PurePath(str(self._rows[track_id]["path"])).name,) for track_id in ids]
        move = button("Move to trash", lambda: self._trash(ids))
        move.button_style = "danger"
        question = f"Move {counted(len(ids), 'file')} to the trash of this machine? You can put them back from there."
        self._ask(note(question), widgets.HTML(table_html(("File",), names)), row(move, self._cancel()))

    def _trash(self, ids: Sequence[int]) -> None:
        def move() -> int:
            return len([self._files.trash(track_id) for track_id in ids])

        in_background(
            move, lambda moved: self._done(f"{counted(moved, 'file')} moved to the trash."), self._refused
        )

    def _cancel(self) -> widgets.Button:
        return button("Cancel", lambda: self._ask())

    def _ask(self, *children: widgets.Widget) -> None:
        self._tell("")
        self._form.children = list(children)

    def _done(self, told: str, undo: Callable[[], None] | None = None) -> None:
        self._ask()
        self._tell(note_html(told), undo)
        self._on_done()

    def _refused(self, message: str) -> None:
        self._tell(problem_html(message))
        self._on_done()

    def _tell(self, html: str, undo: Callable[[], None] | None = None) -> None:
        self.line.value = html
        self.undo.layout.display = "none" if undo is None else ""
        self._undo = undo or (lambda: None)
