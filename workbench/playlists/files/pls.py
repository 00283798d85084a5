"""PLS: numbered ``File``, ``Title`` and ``Length`` lines.

References
----------
https://en.wikipedia.org/wiki/PLS_(file_format)
"""

from __future__ import annotations

import re
from collections import defaultdict

from workbench.errors import PlaylistFileError
from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, Listing, one_line, split_label
from workbench.playlists.files.locations import as_line, as_text
from workbench.playlists.files.text import decode_text, lines_of, number_in, unquoted

MARK = f"X-Made-By={MADE_BY}"
_LINE = re.compile(r"(File|Title|Length)(\d{1,9})\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)


def encode(listing: Listing) -> bytes:
    """Return the bytes of a PLS file, UTF-8."""
    lines = ["[playlist]", MARK, f"X-Title={one_line(listing.title)}"]
    for number, line in enumerate(listing.lines, start=1):
        seconds = -1 if line.duration_s is None else round(line.duration_s)
        lines += [
            f"File{number}={as_line(as_text(line.location, line.path), line.path)}",
            f"Title{number}={line.label}",
            f"Length{number}={seconds}",
        ]
    return "\n".join([*lines, f"NumberOfEntries={len(listing.lines)}", "Version=2"]).encode() + b"\n"


def decode(data: bytes | str) -> Decoded:
    """Read PLS; entries are in order of their numbers.

    Raises
    ------
    PlaylistFileError
        The file has neither ``[playlist]`` nor an entry.
    """
    text = decode_text(data)
    fields: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for line in lines_of(text):
        if match := _LINE.fullmatch(line):
            fields[int(match[2])][match[1].lower()] = match[3]
    if not fields and "[playlist]" not in text.lower():
        raise PlaylistFileError("It is not PLS: it has no line [playlist] and no File1=.")
    return Decoded([_entry(fields[number]) for number in sorted(fields) if fields[number].get("file")])


def _entry(fields: dict[str, str]) -> Entry:
    artist, title = split_label(fields.get("title", ""))
    return Entry(
        unquoted(fields["file"]),
        title=title,
        artist=artist,
        duration_s=number_in(fields.get("length")) or None,
    )
