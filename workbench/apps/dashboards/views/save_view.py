"""Keep a playlist in the library, and write it to a file that any player opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, note_html, problem_html, row
from workbench.errors import WorkbenchError
from workbench.playlists import FORMATS

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist


class SaveView(widgets.VBox):  # type: ignore[misc]
    """A field for the name, and buttons to save and export.

    Parameters
    ----------
    keep : callable
        Stores a playlist in the library.
    folder : Path
        Where files are written.
    """

    def __init__(self, keep: Callable[[Playlist], object], folder: Path) -> None:
        self._keep, self._folder = keep, folder
        self.playlist: Playlist | None = None
        self.name = widgets.Text(description="Name", continuous_update=False)
        self.format = widgets.Dropdown(
            options=tuple(FORMATS), description="Format", layout=widgets.Layout(width="190px")
        )
        self._save = button("Save", self.save, tooltip="Keep it in the library")
        self._export = button("Export file", self.export, tooltip=f"Write a file into {folder}")
        self.line = widgets.HTML()
        super().__init__([row(self.name, self._save, self.format, self._export), self.line])
        self.offer(None)

    def offer(self, playlist: Playlist | None) -> None:
        """Make this the playlist to be saved."""
        self.playlist = playlist
        self._save.disabled = self._export.disabled = playlist is None
        if playlist is not None:
            self.name.value = playlist.name
        self.line.value = ""

    def save(self) -> None:
        """Keep the playlist under its name."""
        self._do(lambda playlist: (self._keep(playlist), f"Saved as {playlist.name!r}.")[1])

    def export(self) -> None:
        """Write the playlist to a file named like it."""
        self._do(lambda playlist: f"Written to {playlist.save(self._folder / self._file_name(playlist))}")

    def _do(self, act: Callable[[Playlist], str]) -> None:
        if self.playlist is None:
            return
        try:
            said = act(replace(self.playlist, name=self.name.value.strip() or self.playlist.name))
        except (WorkbenchError, OSError) as error:
            self.line.value = problem_html(str(error))
        else:
            self.line.value = note_html(said)

    def _file_name(self, playlist: Playlist) -> str:
        stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", playlist.name).strip(" .")[:100]
        return f"{stem or 'playlist'}.{self.format.value}"
