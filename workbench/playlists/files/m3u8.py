"""M3U8: one location a line, ``#EXTINF`` before it, UTF-8.

References
----------
https://en.wikipedia.org/wiki/M3U
"""

from __future__ import annotations

import math

from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, Line, Listing, one_line
from workbench.playlists.files.locations import as_line
from workbench.playlists.files.text import decode_text

MARK = f"# Made by {MADE_BY}"


def encode(listing: Listing) -> bytes:
    """Return the bytes of an M3U8 file."""
    lines = ["#EXTM3U", f"#PLAYLIST:{one_line(listing.title)}", MARK]
    for line in listing.lines:
        lines += [f"#EXTINF:{_seconds(line)},{_label(line)}", as_line(line.location, line.path)]
    return ("\n".join(lines) + "\n").encode()


def _seconds(line: Line) -> int:
    return -1 if line.duration_s is None else round(line.duration_s)


def _label(line: Line) -> str:
    return " - ".join(filter(None, (one_line(line.artist), one_line(line.title))))


def decode(data: bytes) -> Decoded:
    """Read M3U or M3U8; a label ``artist - title`` is split at its first `` - ``."""
    entries: list[Entry] = []
    seconds, label, artist, album = None, "", "", ""
    for raw in decode_text(data).split("\n"):
        line = raw.removesuffix("\r")
        if line.startswith("#EXTINF:"):
            head, _, label = line.removeprefix("#EXTINF:").partition(",")
            seconds = _number(head.split(" ")[0])
        elif line.startswith("#EXTART:"):
            artist = line.removeprefix("#EXTART:").strip()
        elif line.startswith("#EXTALB:"):
            album = line.removeprefix("#EXTALB:").strip()
        elif line.strip() and not line.startswith("#"):
            named, dash, title = label.partition(" - ")
            entries.append(
                Entry(
                    line,
                    title=(title if dash else label) or None,
                    artist=artist or (named if dash else "") or None,
                    album=album or None,
                    duration_s=seconds,
                )
            )
            seconds, label, artist = None, "", ""
    return Decoded(entries)


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds > 0 and math.isfinite(seconds) else None
