"""M3U8: one location per line, with an ``#EXTINF`` line before it, in UTF-8.

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

_ENCODING = re.compile(rb"#EXTENC:\s*([\w-]+)", re.IGNORECASE)
_MINUTES = re.compile(r"(\d+):(\d\d)$")


def encode(listing: Listing) -> bytes:
    """Return the bytes of an M3U8 file. A name that is not UTF-8 keeps its bytes, because players expect that."""
    lines = ["#EXTM3U", f"#PLAYLIST:{one_line(listing.title)}", MARK]
    for line in listing.lines:
        lines += [f"#EXTINF:{_seconds(line)},{line.label}", as_line(line.location, line.path)]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def _seconds(line: Line) -> int:
    return -1 if line.duration_s is None else round(line.duration_s)


def _text(data: bytes | str) -> str:
    """Decode a file with the encoding of its ``#EXTENC`` line, or without one like any text."""
    if isinstance(data, str) or not (named := _ENCODING.search(data[:1024])):
        return decode_text(data)
    try:
        return data.decode(named[1].decode())
    except (LookupError, UnicodeDecodeError):
        return decode_text(data)


def _odd_information(text: str) -> tuple[float | None, str]:
    """Read irregular information such as ``4:05,Artist - Title``: the label follows a comma or a blank."""
    length, _, label = text.strip().partition("," if "," in text else " " if " " in text else "\t")
    minutes = _MINUTES.match(length.strip())
    return (60 * float(minutes[1]) + float(minutes[2]) if minutes else None), label.strip()


def decode(data: bytes | str) -> Decoded:
    """Read M3U or M3U8; a label ``artist - title`` is split at its first `` - ``."""
    entries: list[Entry] = []
    text = _text(data)
    seconds, label, artist, album = None, "", "", ""
    for line in lines_of(text):
        if match := _INFO.fullmatch(line):
            seconds, label = (
                number_in(match["seconds"].replace(",", ".")) or None,
                (match["label"] or "").strip(),
            )
        elif line[:8].upper() == "#EXTINF:":
            seconds, label = _odd_information(line[8:])
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
