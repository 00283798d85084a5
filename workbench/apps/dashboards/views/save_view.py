"""Keep a playlist in the library, write it to a file for any player, and send it to a media server."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.page import button, classed, note_html, offer, problem_html, row
from workbench.errors import WorkbenchError
from workbench.playlists import FORMATS, render
from workbench.readable import counted, track_name

if TYPE_CHECKING:
    from workbench.playlists.playlist import Playlist
    from workbench.session.media.media import Media
    from workbench.session.media.sent import Sent


MPD = ("MPD", "mpd")
NAMED = 5  # tracks named of those that a server does not have


class SaveView(widgets.VBox):  # type: ignore[misc]
    """A field for the name, and buttons to save, export and send.

    Parameters
    ----------
    keep : callable
        Stores a playlist in the library.
    folder : Path
        The folder for files.
    media : Media
        The media servers that a playlist can be sent to.
    """

    def __init__(self, keep: Callable[[Playlist], object], folder: Path, media: Media) -> None:
        self._keep, self._folder, self._media = keep, folder, media
        self.playlist: Playlist | None = None
        self.name = widgets.Text(
            description="Name", continuous_update=False, layout=widgets.Layout(width="220px")
        )
        self.format = widgets.Dropdown(
            options=list(FORMATS), description="Format", layout=widgets.Layout(width="190px")
        )
        self._save = button("Save", self.save, tooltip="Keep it in the library")
        self._export = button("Export file", self.export, tooltip=f"Write a file into {folder}")
        self.server = widgets.Dropdown(
            options=_servers(media),
            description="Send to",
            tooltip="MPD is the one on this machine, or at MPD_HOST",
            layout=widgets.Layout(width="250px"),
        )
        self.replace = widgets.Checkbox(
            description="Replace a playlist of this name",
            tooltip="Also one that was not sent from here",
            indent=False,
            layout=widgets.Layout(width="auto"),
        )
        self.send_button = classed(
            button("Send", self.send_to_server, tooltip="Store the playlist on the media server"), "pw-icon"
        )
        self.send_button.add_class("pw-icon-send")
        self.download = widgets.HTML()
        self.line = widgets.HTML()
        for field in (self.name, self.format):
            field.observe(lambda _: self._link(), "value")
        sending = row(self.server, self.replace, self.send_button)
        super().__init__(
            [row(self.name, self._save, self.format, self._export, self.download), sending, self.line]
        )
        self.offer(None)

    def offer(self, playlist: Playlist | None) -> None:
        """Make this the playlist to be saved."""
        self.playlist = playlist
        self._save.disabled = self._export.disabled = self.send_button.disabled = playlist is None
        offer(self.server, _servers(self._media))
        if playlist is not None:
            self.name.value = playlist.name
        self._link()
        self.line.value = ""

    def save(self) -> None:
        """Keep the playlist under its name."""
        self._do(lambda playlist: (self._keep(playlist), f"Saved as {playlist.name!r}.")[1])

    def export(self) -> None:
        """Write the playlist to a file with its name."""
        self._do(lambda playlist: f"Written to {playlist.save(self._folder / self._file_name(playlist))}")

    def send_to_server(self) -> None:
        """Send the playlist to the chosen media server, and tell which tracks the server does not have."""
        if self.playlist is None:
            return
        playlist, server, force = self._named(self.playlist), self.server.value, self.replace.value
        self.send_button.disabled = True
        self.line.value = note_html(f"Sending {playlist.name} …")
        in_background(
            lambda: self._media.send(playlist, server, force=force),
            self._sent,
            lambda said: self._told(problem_html(said)),
        )

    def _sent(self, sent: Sent) -> None:
        said = f"{sent.server} has {sent.name} now, with {counted(sent.stored, 'track')}."
        if sent.unknown:
            names = ", ".join(track_name(vars(track)) for track in sent.unknown[:NAMED])
            said += f" It does not know {counted(len(sent.unknown), 'track')}: {names}."
        self._told(note_html(said))

    def _told(self, html: str) -> None:
        self.send_button.disabled = False
        self.line.value = html

    def _link(self) -> None:
        """Show a link that contains the file, so that the download works on any server and in any notebook."""
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


def _servers(media: Media) -> list[tuple[str, str]]:
    """Return the servers that accept playlists; Jellyfin only reads files."""
    return [*((server.name, server.name) for server in media.servers() if server.kind != "jellyfin"), MPD]
