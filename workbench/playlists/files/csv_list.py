"""CSV: one row for each track, for spreadsheets and for listening histories of other programs.

A spreadsheet reads a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, and anybody can write a tag. So
such titles, artists and albums get an apostrophe in front, which is removed when the file is read. Paths begin with
``/``, ``.`` or a drive and need no apostrophe.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping

from workbench.errors import PlaylistFileError
from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, Listing
from workbench.playlists.files.locations import as_text
from workbench.playlists.files.text import clock_seconds, decode_text, number_in
from workbench.readable import valid

COLUMNS = ("position", "path", "title", "artist", "album", "duration_s", "id", f"made by {MADE_BY}")
MARK = COLUMNS[-1]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
# Names of columns in the notation of `plain_name`: those of this program, Exportify, Soundiiz, TuneMyMusic, Apple
# Music, YouTube Music, Last.fm, ListenBrainz and Spotify.
_NAMES = {
    "path": ("path", "location", "file", "filename", "file path", "filepath", "url", "uri"),
    "title": ("title", "track", "name", "song", "track name", "track title", "song title", "song name",
              "recording name", "master metadata track name", "titel", "titre", "titulo", "titolo"),
    "artist": ("artist", "artists", "artist name", "artist names", "creator", "track artist", "performer",
               "master metadata album artist name", "interpret", "kunstler", "artiste", "artista"),
    "album": ("album", "album name", "album title", "release name", "master metadata album album name"),
    "duration_s": ("duration s", "duration", "length", "seconds", "time", "track duration", "duration ms",
                   "track duration ms", "total time"),
    "weight": ("weight", "play count", "playcount", "plays", "count", "scrobbles", "rating", "score"),
}  # fmt: skip

_SEPARATOR_LINE = re.compile(r"\Asep=.\r?\n")  # as Excel writes it


def encode(listing: Listing) -> bytes:
    """Return the bytes of a CSV file (RFC 4180, UTF-8)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for position, line in enumerate(listing.lines, start=1):
        duration = "" if line.duration_s is None else f"{line.duration_s:.3f}"
        writer.writerow(
            [
                position,
                as_text(line.location, line.path),
                safe_cell(line.title),
                safe_cell(line.artist),
                safe_cell(line.album),
                duration,
                "" if line.id is None else line.id,
                "",
            ]
        )
    return buffer.getvalue().encode()


def safe_cell(text: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    plain = valid(text or "").replace("\0", " ")
    return "'" + plain if plain.startswith(_FORMULA) else plain


def decode(data: bytes | str) -> Decoded:
    """Read a CSV whose header line has a path or a title column; play counts or ratings become weights.

    Raises
    ------
    PlaylistFileError
        The file has no header with such columns, or is not CSV.
    """
    text = _SEPARATOR_LINE.sub("", decode_text(data)).lstrip("\r\n")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text)))
    except csv.Error as error:
        raise PlaylistFileError(f"It is not a CSV file: {error}.") from error
    header = [plain_name(name) for name in rows[0]] if rows else []
    keys = [_key(name) for name in header]
    places = {
        field: keys.index(_key(name))
        for field, names in _NAMES.items()
        for name in reversed(names)
        if _key(name) in keys
    }
    if "path" not in places and "title" not in places:
        raise PlaylistFileError(
            "Its first line has no path or title column, such as: path,title,artist,plays."
        )
    ours = plain_name(MARK) in header
    in_ms = "duration_s" in places and header[places["duration_s"]].endswith(" ms")
    return Decoded(
        [
            _entry(
                {
                    field: row[place].strip() if field != "path" else row[place]
                    for field, place in places.items()
                    if place < len(row)
                },
                ours=ours,
                in_ms=in_ms,
            )
            for row in rows[1:]
            if any(row)
        ]
    )


def delimiter_of(text: str) -> str:
    """Return the character that separates the cells of the first line: a comma, a semicolon, a tab or a bar."""
    head = text.partition("\n")[0]
    return max(",;\t|", key=head.count)


def plain_name(name: str) -> str:
    """Return the name of a column without case, brackets and underscores: ``Artist Name(s)`` is ``artist names``."""
    return " ".join(name.casefold().replace("(s)", "s").translate(str.maketrans("_()", "   ")).split())


def _key(name: str) -> str:
    """Return a column name without accents, blanks and signs: ``trackTitle`` and ``Track-Title`` are the same."""
    decomposed = unicodedata.normalize("NFKD", plain_name(name))
    return "".join(char for char in decomposed if char.isalnum())


def _seconds(text: str | None, *, in_ms: bool) -> float | None:
    """Return the seconds of ``245000`` in a column of milliseconds, or of a time such as ``4:05``."""
    return (number_in(text) or 0.0) / 1000 or None if in_ms else clock_seconds(text)


def _entry(fields: Mapping[str, str], *, ours: bool, in_ms: bool) -> Entry:
    def plain(name: str) -> str | None:
        text = fields.get(name, "")
        return (text[1:] if ours and text[:1] == "'" and text[1:].startswith(_FORMULA) else text) or None

    weight = number_in(fields.get("weight"))
    return Entry(
        fields.get("path", ""),
        title=plain("title"),
        artist=plain("artist"),
        album=plain("album"),
        duration_s=_seconds(fields.get("duration_s"), in_ms=in_ms),
        weight=1.0 if weight is None else weight,
    )
