"""M3U8: one location a line, ``#EXTINF`` before it, UTF-8.

References
----------
https://en.wikipedia.org/wiki/M3U
"""

from __future__ import annotations

import re

from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, Line, Listing, one_line, split_label
from workbench.playlists.files.locations import as_line
from workbench.playlists.files.text import decode_text, lines_of, number_in, unquoted

MARK = f"# Made by {MADE_BY}"
# Seconds, with a decimal comma where another comma follows; attributes such as tvg-id="a,b"; a comma; the label.
_INFO = re.compile(
    r'#EXTINF:\s*(?P<seconds>[-+]?\d*(?:\.\d+|,\d+(?=,))?)(?:\s+[\w-]+=(?:"[^"]*"|[^\s,]*))*\s*(?:,(?P<label>.*))?',
    re.IGNORECASE,
)


def encode(listing: Listing) -> bytes:
    """Return the bytes of an M3U8 file."""
    lines = ["#EXTM3U", f"#PLAYLIST:{one_line(listing.title)}", MARK]
    for line in listing.lines:
        lines += [f"#EXTINF:{_seconds(line)},{line.label}", as_line(line.location, line.path)]
    return ("\n".join(lines) + "\n").encode()


def _seconds(line: Line) -> int:
    return -1 if line.duration_s is None else round(line.duration_s)


def decode(data: bytes) -> Decoded:
    """Read M3U or M3U8; a label ``artist - title`` is split at its first `` - ``."""
    entries: list[Entry] = []
    seconds, label, artist, album = None, "", "", ""
    for line in lines_of(decode_text(data)):
        if match := _INFO.fullmatch(line):
            seconds, label = (
                number_in(match["seconds"].replace(",", ".")) or None,
                (match["label"] or "").strip(),
            )
        elif line.startswith("#EXTART:"):
            artist = line.removeprefix("#EXTART:").strip()
        elif line.startswith("#EXTALB:"):
            album = line.removeprefix("#EXTALB:").strip()
        elif line and not line.startswith("#"):
            named, title = split_label(label)
            entries.append(
                Entry(
                    unquoted(line),
                    title=title,
                    artist=artist or named,
                    album=album or None,
                    duration_s=seconds,
                )
            )
            seconds, label, artist = None, "", ""
    return Decoded(entries)
