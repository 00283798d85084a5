"""Keep a playlist in the library, and write it to a file that any player opens."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.views.page import button, note_html, problem_html, row
from workbench.errors import WorkbenchError
from workbench.playlists import FORMATS, render

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
            options=list(FORMATS), description="Format", layout=widgets.Layout(width="190px")
        )
        self._save = button("Save", self.save, tooltip="Keep it in the library")
        self._export = button("Export file", self.export, tooltip=f"Write a file into {folder}")
        self.download = widgets.HTML()
        self.line = widgets.HTML()
        for field in (self.name, self.format):
            field.observe(lambda _: self._link(), "value")
        super().__init__([row(self.name, self._save, self.format, self._export, self.download), self.line])
        self.offer(None)

    def offer(self, playlist: Playlist | None) -> None:
        """Make this the playlist to be saved."""
        self.playlist = playlist
        self._save.disabled = self._export.disabled = playlist is None
        if playlist is not None:
            self.name.value = playlist.name
        self._link()
        self.line.value = ""

    def save(self) -> None:
        """Keep the playlist under its name."""
        self._do(lambda playlist: (self._keep(playlist), f"Saved as {playlist.name!r}.")[1])

    def export(self) -> None:
        """Write the playlist to a file named like it."""
        self._do(lambda playlist: f"Written to {playlist.save(self._folder / self._file_name(playlist))}")

    def _link(self) -> None:
        """Offer the file to the browser; it is in the link itself, so this works on any server and in any notebook."""
        if self.playlist is None:
            self.download.value = ""
            return
        chosen = FORMATS[self.format.value]
        data = b64encode(render(self._named(self.playlist), format=chosen.name)).decode()
        name = escape(self._file_name(self._named(self.playlist)), quote=True)
        self.download.value = (
            f"<a class='jupyter-button pw-download' download='{name}' href='data:{chosen.media_type};base64,{data}'>"
            "Download</a>"
        )

    def _named(self, playlist: Playlist) -> Playlist:
        return replace(playlist, name=self.name.value.strip() or playlist.name)

    def _do(self, act: Callable[[Playlist], str]) -> None:
        if self.playlist is None:
            return
        try:
            said = act(self._named(self.playlist))
        except (WorkbenchError, OSError) as error:
            self.line.value = problem_html(str(error))
        else:
            self.line.value = note_html(said)

    def _file_name(self, playlist: Playlist) -> str:
        stem = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", playlist.name).strip(" .")[:100]
        return f"{stem or 'playlist'}.{self.format.value}"
