"""Text files, which are only read: a table of a service, or a track in each line, as ``Artist - Title`` or a path."""

from __future__ import annotations

import re

from workbench.audio.formats import AUDIO_EXTENSIONS
from workbench.errors import PlaylistFileError
from workbench.playlists.files import csv_list
from workbench.playlists.files.listing import Decoded, Entry, split_label
from workbench.playlists.files.text import clock_seconds, decode_text, lines_of, unquoted

_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d\d"
# "1. ", "01) ", "• ", "[12:34] ": the number of a track, or its start in a mix.
_BEFORE = re.compile(rf"^(?:[-*•]\s+|\d{{1,3}}\s*[.)]\s+|[\[(]?{_CLOCK}[\])]?\s+(?:[-–—]\s+)?)+")
_LENGTH = re.compile(rf"\s+[\[(]?({_CLOCK})[\])]?$")
_COMMENT = ("#", "//", ";")


def decode(data: bytes | str) -> Decoded:
    """Read a table with a header line, or else one track from each line."""
    try:
        return csv_list.decode(data)
    except PlaylistFileError:
        lines = lines_of(decode_text(data))
        return Decoded([_entry(line) for line in lines if line and not line.startswith(_COMMENT)])


def _entry(line: str) -> Entry:
    location = unquoted(line)
    if location.lower().endswith(tuple(AUDIO_EXTENSIONS)):
        return Entry(location)
    line = _BEFORE.sub("", line)
    length = _LENGTH.search(line)
    label = line[: length.start()] if length else line
    artist, title = split_label(label.strip().replace("\t", " - ", 1))
    return Entry("", title=title, artist=artist, duration_s=clock_seconds(length[1]) if length else None)
