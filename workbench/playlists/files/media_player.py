"""WPL, ZPL, ASX, WAX and WVX: playlists of Windows Media Player and Zune. They are only read.

References
----------
https://learn.microsoft.com/windows/win32/wmp/windows-media-metafile-elements-reference: case does not matter, and many
programs omit end tags and escapes, so the files are parsed as HTML.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from workbench.errors import PlaylistFileError
from workbench.playlists.files.listing import Decoded, Entry
from workbench.playlists.files.text import clock_seconds, decode_text, number_in

_FIRST_VERSION = re.compile(r"^Ref\d+\s*=\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)


def decode(data: bytes) -> Decoded:
    """Read the entries of a playlist of Windows Media Player.

    Raises
    ------
    PlaylistFileError
        The file has no element of such playlists.
    """
    text = decode_text(data)
    if not re.search(r"<\s*(smil|asx)\b", text, re.IGNORECASE):
        found = _FIRST_VERSION.findall(text)
        if not found:
            raise PlaylistFileError("It has no <smil> or <asx>, as playlists of Windows Media Player do.")
        return Decoded([Entry(location) for location in found])
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.end_entry()
    return Decoded(reader.entries)


class _Reader(HTMLParser):
    """Collects entries. The parser gives names of elements and attributes in lower case."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self._entry: dict[str, str] | None = None
        self._element = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        self._element = tag
        if tag == "media":
            self.entries.append(_media(values))
        elif tag == "entry":
            self.end_entry()
            self._entry = {}
        elif self._entry is not None and tag == "ref":
            self._entry.setdefault("href", values.get("href", ""))
        elif self._entry is not None and tag == "duration":
            self._entry["duration"] = values.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._entry is not None and self._element in ("title", "author"):
            self._entry[self._element] = self._entry.get(self._element, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._element = ""
        if tag in ("entry", "asx"):
            self.end_entry()

    def end_entry(self) -> None:
        if self._entry is not None:
            self.entries.append(_asx_entry(self._entry))
        self._entry = None


def _media(values: dict[str, str]) -> Entry:
    return Entry(
        values.get("src", ""),
        title=values.get("tracktitle") or None,
        artist=values.get("trackartist") or values.get("albumartist") or None,
        album=values.get("albumtitle") or None,
        duration_s=(number_in(values.get("duration")) or 0.0) / 1000 or None,
    )


def _asx_entry(fields: dict[str, str]) -> Entry:
    return Entry(
        fields.get("href", ""),
        title=fields.get("title", "").strip() or None,
        artist=fields.get("author", "").strip() or None,
        duration_s=clock_seconds(fields.get("duration")),
    )
