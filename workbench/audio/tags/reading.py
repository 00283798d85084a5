"""Read the tags of a file: every field from the best kind of tags that has it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.audio.source import file_stem, open_binary
from workbench.audio.tags import numbers
from workbench.audio.tags.fields import NAMES, Tags
from workbench.audio.tags.kinds import Kind, read_kinds
from workbench.audio.tags.text import decoded, lines, parts, split_names
from workbench.errors import AudioError

_CUT_AFTER = 30  # characters of a title in ID3v1, which some programs copy into other tags
_COVER_NAMES = ("cover", "folder", "front", "album", "albumart")
_COVER_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
# FAT stores times in steps of two seconds, so a later change can have the same time.
_SETTLED_NS = 2_000_000_000
_IDS_OF = {"artist": "musicbrainz_artist_id", "album_artist": "musicbrainz_album_artist_id"}
_MAX_LRC_BYTES = 1 << 20  # chosen by hand; the lyrics of a song have some kilobytes
_LRC_TIMES = re.compile(r"\[[\d:.]+\]|<[\d:.]+>")
_LRC_HEADER = re.compile(r"\[[a-z#]+:.*\]\s*", re.IGNORECASE)

_NUMBERS: dict[str, Callable[[str], Any]] = {
    "year": numbers.year,
    "track_number": numbers.place,
    "disc_number": numbers.place,
    "compilation": numbers.flag,
    "rating": numbers.stars,
    "play_count": numbers.count,
    "tag_bpm": numbers.bpm,
    "tag_gain_db": numbers.gain_db,
    "tag_album_gain_db": numbers.gain_db,
    "tag_peak": numbers.peak,
}


def read_tags(path: str | os.PathLike[str]) -> Tags:
    """Read the tags of an audio file.

    Reads ID3v1 and v2, Vorbis comments, MP4 atoms, APEv2, ASF, RIFF INFO, AIFF chunks and Matroska tags, field by
    field where a file has several kinds. Several values of one tag are joined by ``"; "``.

    Parameters
    ----------
    path : path
        If the file is damaged or does not exist, everything but the title is ``None``; nothing is raised.

    Returns
    -------
    Tags
        Text without control characters and, except in lyrics, without line breaks.
    """
    name = os.fspath(path)
    kinds = read_kinds(name)
    values: dict[str, Any] = {field: _value(kinds, field) for field in NAMES}
    ids = {field: len(re.split(r"[;/,\s]+", values[field] or "")) for field in _IDS_OF.values()}
    for field, shown in (("artists", "artist"), ("album_artists", "album_artist")):
        several = _texts(kinds, field) or _texts(kinds, shown)
        values[field] = split_names(several, how_many=ids[_IDS_OF[shown]])
        values[shown] = values[shown] or "; ".join(values[field]) or None
    values["title"] = values["title"] or file_stem(name)
    values["lyrics"] = values["lyrics"] or _lyrics_beside(Path(name))
    return Tags(
        **values,
        cover=_cover(kinds, Path(name)),
        cue_sheet=any(parts(kind.get("cuesheet", ())) for kind in kinds),
    )


def _value(kinds: Sequence[Kind], field: str) -> Any:
    if field in _NUMBERS:
        return _first_number(kinds, field)
    if field == "lyrics":
        return next(
            (text for kind in kinds for value in _values(kind, field) if (text := lines(value))), None
        )
    if field == "genre":
        genres = {genre.casefold(): genre for genre in reversed([*numbers.genres(_texts(kinds, field))])}
        return "; ".join(reversed(genres.values())) or None
    return "; ".join(_texts(kinds, field)) or None


def _texts(kinds: Sequence[Kind], field: str) -> list[str]:
    """Return the texts of the first kind that has the field, unless they are cut in it and complete in another."""
    found = [texts for kind in kinds if (texts := _first_name(kind, field))]
    if not found:
        return []
    first = found[0]
    if len(first) == 1 and len(first[0]) <= _CUT_AFTER:
        return next((other for other in found[1:] if _is_cut(first[0], other[0])), first)
    return first


def _is_cut(text: str, whole: str) -> bool:
    """Whether a text is the part of a longer one that fits into ID3v1, which drops a blank at the end."""
    return len(whole) > _CUT_AFTER and whole[:_CUT_AFTER].rstrip() == text


def _first_name(kind: Kind, field: str) -> list[str]:
    return next((texts for name in NAMES[field] if (texts := parts(kind.get(name, ())))), [])


def _values(kind: Kind, field: str) -> list[str]:
    return [value for name in NAMES[field] for value in kind.get(name, ())]


def _first_number(kinds: Sequence[Kind], field: str) -> Any:
    read = _NUMBERS[field]
    for kind in kinds:
        for name in NAMES[field]:
            for value in parts(kind.get(name, ())):
                number = read(numbers.in_unit(name, value))
                if number is not None:
                    return number
    return None


def _cover(kinds: Sequence[Kind], path: Path) -> str | None:
    if any("cover" in kind for kind in kinds):
        return "embedded"
    return "file" if cover_file(path) else None


def cover_file(path: Path) -> Path | None:
    """Return the cover image in the folder of a track, such as ``folder.jpg``; ``None`` if there is no cover."""
    folder = path.parent
    try:
        changed = folder.stat().st_mtime_ns
        settled = time.time_ns() - changed > _SETTLED_NS
        name = (_cover_name if settled else _cover_name.__wrapped__)(folder, changed)
    except (OSError, ValueError):
        return None
    return folder / name if name else None


@lru_cache(maxsize=256)  # folders; the tracks of a folder are read one after the other
def _cover_name(folder: Path, changed_ns: int) -> str | None:
    names = {name.lower(): name for name in os.listdir(folder)}  # noqa: PTH208 - one call for all names
    wanted = (name + suffix for name in _COVER_NAMES for suffix in _COVER_SUFFIXES)
    return next((names[name] for name in wanted if name in names), None)


def _lyrics_beside(path: Path) -> str | None:
    """Return the text of a ``.lrc`` file of the same name, without its times."""
    for suffix in (".lrc", ".LRC"):
        try:
            with open_binary(path.with_suffix(suffix)) as file:
                text = decoded(file.read(_MAX_LRC_BYTES).removeprefix(b"\xef\xbb\xbf"))
        except (AudioError, OSError, ValueError):
            continue
        sung = [_LRC_TIMES.sub("", line) for line in text.splitlines() if not _LRC_HEADER.fullmatch(line)]
        return lines("\n".join(sung)) or None
    return None
