"""Choose a folder below the allowed ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, offer, problem_html, row
from workbench.errors import WorkbenchError
from workbench.session.allowed_paths import allowed_folder

MOST_SHOWN = 500  # set by hand: a longer list would be hard to read


class FolderPicker(widgets.VBox):  # type: ignore[misc]
    """A field for a path and a list of its subfolders, never outside ``roots``.

    Attributes
    ----------
    folder : Path
        The chosen folder.
    """

    def __init__(self, roots: Sequence[Path], *, start: Path | None = None) -> None:
        self._roots = [root for root in roots if root.is_dir()]
        wide = widgets.Layout(flex="1 1 300px", width="auto")
        self._path = widgets.Text(
            description="Folder", continuous_update=False, layout=wide, placeholder="a folder of music"
        )
        self._below = widgets.Dropdown(description="Go to", layout=wide)
        self._problem = widgets.HTML()
        self.folder = start or (self._roots[0] if self._roots else Path.cwd())
        self._path.observe(lambda change: self.go(Path(change["new"])), "value")
        self._below.observe(self._step, "value")
        super().__init__(
            [
                row(self._path, self._below, button("Up", self._up, tooltip="To the folder above")),
                self._problem,
            ]
        )
        self.go(self.folder)

    def go(self, folder: Path) -> None:
        """Choose a folder. If it does not exist or is outside the roots, show a message and keep the old one."""
        try:
            self.folder = allowed_folder(str(folder), self._roots)
            below = _folders(self.folder)
        except (WorkbenchError, OSError) as error:
            self._problem.value = problem_html(str(error))
            return
        self._problem.value = ""
        self._path.value = str(self.folder)
        choose = f"{len(below)} folders here" if below else "no folder below this one"
        self._below.value = None
        offer(self._below, [(choose, ""), *((path.name, str(path)) for path in below)])
        self._below.value = ""

    def _step(self, change: dict[str, str]) -> None:
        if change["new"]:  # options come with their first, empty, value
            self.go(Path(change["new"]))

    def _up(self) -> None:
        self.go(self.folder.parent)


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        found = [Path(entry.path) for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    return sorted(found, key=lambda path: path.name.casefold())[:MOST_SHOWN]
