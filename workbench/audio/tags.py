"""Read the tags of a file under the same names for all formats."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.audio.source import file_stem

# Names of each tag in Vorbis comments, APEv2, MP4, ID3 frames, ASF, RIFF INFO and FFmpeg, in lower case; the first that
# a file has is used.
_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("title", "tit2", "©nam", "wm/title", "inam"),
    "artist": ("artist", "tpe1", "©art", "author", "wm/author", "iart"),
    "album": ("album", "talb", "©alb", "wm/albumtitle", "iprd"),
    "album_artist": (
        "albumartist", "album artist", "album_artist", "tpe2", "aart", "wm/albumartist", "ensemble",
    ),
    "genre": ("genre", "tcon", "©gen", "wm/genre", "ignr"),
    "year": (
        "date", "year", "tdrc", "tyer", "tdrl", "©day", "wm/year", "icrd",
        "originaldate", "originalyear", "tdor", "tory", "wm/originalreleaseyear",
    ),
    "track_number": ("tracknumber", "track", "trck", "trkn", "wm/tracknumber", "iprt", "itrk"),
}  # fmt: skip
# Four digits from 1600 to 2199, alone or followed by month and day without a separator.
_YEAR = re.compile(r"(?<!\d)((?:1[6-9]|20|21)\d\d)(?=(?:[01]\d(?:[0-3]\d)?)?(?!\d))")
_ID3V1_GENRE = re.compile(r"\(?(\d{1,3})\)?$")


@dataclass(frozen=True, kw_only=True)
class Tags:
    """The tags of a file; ``None`` for those that it does not have. Without a title, the file name is the title."""

    title: str
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    year: int | None = None
    track_number: int | None = None


def read_tags(path: str | os.PathLike[str]) -> Tags:
    """Read the tags of an audio file.

    Reads ID3v1 and v2, Vorbis comments, MP4 atoms, APEv2, ASF, RIFF INFO, AIFF chunks and Matroska tags. Several values
    of one tag are joined by ``"; "``.

    Parameters
    ----------
    path : path
        If the file is damaged or does not exist, everything but the title is ``None``; nothing is raised.

    Returns
    -------
    Tags
        Text without control characters and line breaks.
    """
    name = os.fspath(path)
    values = _by_mutagen(name) or _by_ffmpeg(name)
    texts = {field: _text(values.get(field, ())) for field in _NAMES}
    return Tags(
        title=texts["title"] or file_stem(name),
        artist=texts["artist"],
        album=texts["album"],
        album_artist=texts["album_artist"],
        genre=_genre(texts["genre"]),
        year=_year(values.get("year", ())),
        track_number=_track_number(texts["track_number"]),
    )


def _by_mutagen(path: str) -> dict[str, list[str]]:
    import mutagen

    try:
        file = mutagen.File(path)
        tags = None if file is None else file.tags
        return _sorted_by_field({} if tags is None else dict(tags.items()))
    except Exception:  # noqa: BLE001 - damaged files raise struct, Unicode and attribute errors in mutagen
        return {}


def _by_ffmpeg(path: str) -> dict[str, list[str]]:
    """Read the tags that mutagen cannot read: RIFF INFO, AIFF text chunks, Matroska."""
    import av

    from workbench.audio.ffmpeg_decoder import open_container
    from workbench.audio.source import open_file
    from workbench.errors import AudioError

    try:
        with open_file(path) as descriptor, open_container(descriptor) as container:
            found = dict(container.metadata)
            for stream in container.streams.audio:
                found |= stream.metadata
        return _sorted_by_field(found)
    except (AudioError, av.FFmpegError, ValueError):
        return {}


def _sorted_by_field(found: Mapping[str, Any]) -> dict[str, list[str]]:
    lowered = {str(name).partition("::")[0].lower(): value for name, value in found.items()}
    fields: dict[str, list[str]] = {}
    for field, names in _NAMES.items():
        values = [text for name in names if name in lowered for text in _strings(lowered[name])]
        if field != "year":  # the first name with a value is used; the year may be in any of the dates
            first = next((name for name in names if name in lowered and _text(_strings(lowered[name]))), None)
            values = _strings(lowered[first]) if first else []
        if values:
            fields[field] = values
    return fields


def _strings(value: Any) -> list[str]:
    """Return the texts of one tag, whatever class mutagen uses for it."""
    genres = getattr(value, "genres", None)  # ID3 genre frames: mutagen replaces numbers by names
    if genres:
        return [str(genre) for genre in genres]
    if hasattr(value, "text"):
        value = value.text
    if isinstance(value, str | bytes | int):
        value = [value]
    elif not isinstance(value, Iterable):
        value = [str(value)]
    return [_one_string(item) for item in value]


def _one_string(item: Any) -> str:
    if isinstance(item, tuple):  # MP4 track numbers are (number, total)
        return str(item[0]) if item and item[0] else ""
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    return str(item)


def _text(values: Iterable[str]) -> str | None:
    """Join the values of a tag into one line without control characters; ``None`` if nothing is left."""
    parts = [part for value in values for part in value.split("\0")]
    cleaned = [" ".join("".join(c if c.isprintable() else " " for c in part).split()) for part in parts]
    return "; ".join(dict.fromkeys(part for part in cleaned if part)) or None


def _genre(text: str | None) -> str | None:
    """Return the genre; an ID3v1 number is replaced by its name."""
    number = _ID3V1_GENRE.match(text) if text else None
    if number is None:
        return text
    from mutagen.id3 import TCON

    index = int(number[1])
    return str(TCON.GENRES[index]) if index < len(TCON.GENRES) else None


def _year(values: Iterable[str]) -> int | None:
    for value in values:
        if match := _YEAR.search(value):
            return int(match[1])
    return None


def _track_number(text: str | None) -> int | None:
    match = re.match(r"\D{0,8}(\d{1,6})", text or "")
    return int(match[1]) or None if match else None
