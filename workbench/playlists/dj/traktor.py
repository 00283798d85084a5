"""Traktor NML, version 19: a collection with beat grids and cue points, and playlists.

Native Instruments publishes no description. The structure is that of the files that Traktor 2 and 3 write, as
``traktor-nml-utils`` and Mixxx read them.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from workbench.analysis.tonality.camelot import open_key
from workbench.audio.pitch_names import PITCH_NAMES
from workbench.errors import PlaylistFileError
from workbench.playlists.dj.collection import Collection, CollectionTrack, Listed
from workbench.playlists.files.listing import MADE_BY, Decoded, Entry, one_line
from workbench.playlists.files.text import number_in
from workbench.playlists.files.xml_text import closed, opened, read_xml
from workbench.readable import counted, valid

_log = logging.getLogger(__name__)

MARK = f'COMPANY="{MADE_BY}"'
_VERSION = 19  # of Traktor Pro 2.x and 3.x; 4 reads it as well
_GRID, _CUE = 4, 0  # TYPE of CUE_V2
# The name that macOS gives the startup disk; paths below /Volumes have the name of their disk.
_STARTUP_DISK = "Macintosh HD"
_OTHER_DISK = re.compile(r"/Volumes/([^/]+)(/.*)", re.DOTALL)
_DRIVE = re.compile(r"([A-Za-z]:)[\\/](.*)", re.DOTALL)
_SHARE = re.compile(r"(?:\\\\|//)([^\\/]+)[\\/]([^\\/]+)[\\/](.*)", re.DOTALL)


class _Place(NamedTuple):
    volume: str
    folder: str
    file: str

    @property
    def key(self) -> str:
        return self.volume + self.folder + self.file


def encode(collection: Collection) -> Iterator[str]:
    """Yield the text of an NML file, track by track."""
    yield '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
    yield opened("NML", {"VERSION": _VERSION})
    yield f"{opened('HEAD', {'COMPANY': MADE_BY, 'PROGRAM': MADE_BY}).rstrip()}</HEAD>\n"
    yield "<MUSICFOLDERS></MUSICFOLDERS>\n"
    yield opened("COLLECTION", {"ENTRIES": collection.size})
    keys: dict[int, str] = {}
    not_found = 0
    for track in collection.tracks:
        place = _place(track.location)
        keys[track.id] = place.key
        not_found += place.key != valid(place.key)
        yield from _track(track, place)
    yield "</COLLECTION>\n"
    yield '<SETS ENTRIES="0"></SETS>\n<PLAYLISTS>\n<NODE TYPE="FOLDER" NAME="$ROOT">\n'
    yield opened("SUBNODES", {"COUNT": len(collection.playlists)})
    for playlist in collection.playlists:
        yield from _playlist(playlist, keys)
    yield "</SUBNODES>\n</NODE>\n</PLAYLISTS>\n<INDEXING></INDEXING>\n</NML>\n"
    if not_found:
        _log.warning(
            "Traktor cannot find files whose names are not UTF-8, here %s. Rename them.",
            counted(not_found, "file"),
        )


def _place(location: str) -> _Place:
    """Split an absolute path as Traktor writes it: the disk, folders with ``/:`` between them, the file."""
    volume, rest, separator = _STARTUP_DISK, location, "/"
    if found := _SHARE.match(location):
        volume, rest, separator = f"\\\\{found[1]}\\{found[2]}", found[3], r"[/\\]"
    elif found := _DRIVE.match(location):
        volume, rest, separator = found[1], found[2], r"[/\\]"
    elif found := _OTHER_DISK.match(location):
        volume, rest = found.groups()
    *folders, file = [part.replace(":", "//") for part in re.split(separator, rest) if part]
    return _Place(volume, "".join(f"/:{folder}" for folder in folders) + "/:", file)


def _track(track: CollectionTrack, place: _Place) -> Iterator[str]:
    values = track.values
    yield opened("ENTRY", {"TITLE": values.get("title") or place.file, "ARTIST": values.get("artist")})
    location = {"DIR": place.folder, "FILE": place.file, "VOLUME": place.volume}
    yield closed("LOCATION", location)
    yield closed("ALBUM", {"TRACK": _whole(values.get("track_number")), "TITLE": values.get("album")})
    yield '<MODIFICATION_INFO AUTHOR_TYPE="user"></MODIFICATION_INFO>\n'
    yield closed("INFO", _info(track))
    if values.get("bpm"):
        yield closed("TEMPO", {"BPM": _decimal(values["bpm"]), "BPM_QUALITY": _decimal(100)})
    if track.key_name:
        number = PITCH_NAMES.index(values["key"]) + 12 * (values.get("scale") == "minor")
        yield closed("MUSICAL_KEY", {"VALUE": number})
    for point in track.grid:
        yield from _cue("AutoGrid", _GRID, point.at_s, -1, grid_bpm=point.bpm)
    for cue in track.cues:
        yield from _cue(cue.name, _CUE, cue.at_s, -1 if cue.pad is None else cue.pad)
    yield "</ENTRY>\n"


def _info(track: CollectionTrack) -> dict[str, object]:
    values = track.values
    duration, year, added = values.get("duration_s"), values.get("year"), track.added
    return {
        "GENRE": values.get("genre"),
        "COMMENT": values.get("comment"),
        "KEY": open_key(values["key"], values.get("scale") or "major") if track.key_name else None,
        "PLAYCOUNT": track.plays or None,
        "PLAYTIME": _whole(duration),
        "PLAYTIME_FLOAT": None if duration is None else _decimal(duration),
        "RANKING": track.stars or None,
        "IMPORT_DATE": added and f"{added.year}/{added.month}/{added.day}",
        "RELEASE_DATE": None if year is None else f"{round(year)}/1/1",
    }


def _cue(name: str, type: int, at_s: float, pad: int, *, grid_bpm: float | None = None) -> Iterator[str]:
    attributes = {
        "NAME": name,
        "DISPL_ORDER": 0,
        "TYPE": type,
        "START": _decimal(at_s * 1000),
        "LEN": _decimal(0),
        "REPEATS": -1,
        "HOTCUE": pad,
    }
    if grid_bpm is None:
        yield closed("CUE_V2", attributes)
        return
    yield opened("CUE_V2", attributes)
    yield closed("GRID", {"BPM": _decimal(grid_bpm)})
    yield "</CUE_V2>\n"


def _playlist(playlist: Listed, keys: dict[int, str]) -> Iterator[str]:
    yield opened("NODE", {"TYPE": "PLAYLIST", "NAME": playlist.name})
    id_ = uuid.uuid5(uuid.NAMESPACE_OID, one_line(playlist.name)).hex  # one id for one name
    yield opened("PLAYLIST", {"ENTRIES": len(playlist.track_ids), "TYPE": "LIST", "UUID": id_})
    for track_id in playlist.track_ids:
        key = closed("PRIMARYKEY", {"TYPE": "TRACK", "KEY": keys[track_id]})
        yield f"<ENTRY>{key.rstrip()}</ENTRY>\n"
    yield "</PLAYLIST>\n</NODE>\n"


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _decimal(number: float) -> str:
    return f"{number:.6f}"


def decode(data: bytes) -> Decoded:
    """Read the tracks of all playlists in their order, or those of the collection if there is no playlist.

    Raises
    ------
    PlaylistFileError
        The file is not XML, or not a file of Traktor.
    """
    root = read_xml(data)
    if root.tag != "NML":
        raise PlaylistFileError(f"It is not a Traktor file: its root element is {root.tag!r}, not 'NML'.")
    tracks = {_key_of(entry): entry for entry in root.iterfind("COLLECTION/ENTRY")}
    listed = [key.get("KEY", "") for key in root.iterfind("PLAYLISTS//ENTRY/PRIMARYKEY")]
    return Decoded([_entry(key, tracks.get(key)) for key in listed or tracks])


def _key_of(entry: Element) -> str:
    location = entry.find("LOCATION")
    names = ("VOLUME", "DIR", "FILE")
    return "" if location is None else "".join(location.get(name, "") for name in names)


def _entry(key: str, track: Element | None) -> Entry:
    volume, *parts = key.split("/:")
    is_of_windows = _DRIVE.match(f"{volume}/") or volume.startswith(("\\\\", "//"))
    path = "/".join([volume if is_of_windows else "", *(part.replace("//", ":") for part in parts)])
    if track is None:
        return Entry(path)
    album, info = track.find("ALBUM"), track.find("INFO")
    return Entry(
        path,
        title=track.get("TITLE") or None,
        artist=track.get("ARTIST") or None,
        album=(album is not None and album.get("TITLE")) or None,
        duration_s=None if info is None else number_in(info.get("PLAYTIME_FLOAT") or info.get("PLAYTIME")),
    )
