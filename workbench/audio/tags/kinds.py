"""Read all kinds of tags of a file, each as a mapping from plain names to texts, the best kind first."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from workbench.audio.source import open_binary, open_file
from workbench.audio.tags.chunks import read_chunks
from workbench.audio.tags.fields import plain_name
from workbench.audio.tags.matroska import read_matroska
from workbench.audio.tags.text import decoded, repaired
from workbench.errors import AudioError

Kind = dict[str, list[str]]
"""Texts by plain name. ``cover`` has a text if there is a picture, ``cuesheet`` if there is a CUE sheet."""

# For damaged files, mutagen raises struct, Unicode, index and attribute errors besides its own.
_DAMAGE = Exception
_PICTURES = ("apic", "covr", "picture", "metadatablockpicture", "coverart", "coverartfront")


def read_kinds(path: str) -> list[Kind]:
    """Return the kinds of tags of a file; an empty list if the file is damaged, missing or without tags."""
    head = _head(path)
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _found([_attempt(lambda: read_matroska(path))])
    file = _attempt(lambda: _mutagen_file(path))
    kinds = [_attempt(lambda: _native(file)) if file is not None else None]
    if head[:4] in (b"RIFF", b"RF64", b"FORM"):
        kinds.append(_attempt(lambda: read_chunks(path)))
    elif not _has_one_kind(head):
        kinds += [_attempt(lambda: _id3v2(path)), _attempt(lambda: _apev2(path))]
        kinds.append(_attempt(lambda: _id3v1(path)))
    elif head[4:12] == b"ftypqt  ":  # QuickTime has tags of its own besides those of MP4
        kinds.append(_by_ffmpeg(path))
    return _found(kinds) or _found([_by_ffmpeg(path)])


def _found(kinds: Iterable[Kind | None]) -> list[Kind]:
    return [kind for kind in kinds if kind]


def _attempt(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except _DAMAGE:
        return None


def _head(path: str) -> bytes:
    try:
        with open_binary(path) as file:
            return file.read(16)
    except (AudioError, OSError, ValueError):
        return b""


def _has_one_kind(head: bytes) -> bool:
    """Whether a container has only one kind of tags: Ogg, MP4, ASF, DSF."""
    return head[:4] in (b"OggS", b"0&\xb2u", b"DSD ") or head[4:8] == b"ftyp"


def _mutagen_file(path: str) -> Any:
    import mutagen

    with open_binary(path) as file:
        return mutagen.File(file)


def _native(file: Any) -> Kind | None:
    """Return the tags that belong to the container; the kinds of tags of an MP3 file are read separately."""
    from mutagen.id3 import ID3

    tags = file.tags
    if tags is None or type(tags) is ID3:
        return None
    kind = _of_id3(tags) if isinstance(tags, ID3) else _of_mapping(tags)
    if getattr(file, "pictures", None):
        kind["cover"] = ["picture"]
    if getattr(file, "cuesheet", None):
        kind["cuesheet"] = ["block"]
    return kind


def _id3v2(path: str) -> Kind:
    from mutagen.id3 import ID3

    with open_binary(path) as file:
        return _of_id3(ID3(file, load_v1=False))  # type: ignore[no-untyped-call]


def _id3v1(path: str) -> Kind:
    from mutagen.id3 import ParseID3v1

    with open_binary(path) as file:
        file.seek(-128, 2)
        return _of_frames((ParseID3v1(file.read()) or {}).values())  # type: ignore[no-untyped-call]


def _apev2(path: str) -> Kind:
    from mutagen.apev2 import APEv2

    with open_binary(path) as file:
        return _of_mapping(APEv2(file))  # type: ignore[no-untyped-call]


def _of_id3(tags: Any) -> Kind:
    return _of_frames(tags.values())


def _of_frames(frames: Iterable[Any]) -> Kind:
    kind: defaultdict[str, list[str]] = defaultdict(list)
    for frame in sorted(frames, key=_description):
        for name, text in _of_frame(frame):
            kind[name].append(repaired(text) if getattr(frame, "encoding", 3) == 0 else text)
    return dict(kind)


def _description(frame: Any) -> str:
    """Return the description of a frame; comments and lyrics without one are the main ones."""
    return str(getattr(frame, "desc", ""))


def _of_frame(frame: Any) -> Iterator[tuple[str, str]]:
    name = frame.FrameID.lower()
    description = _description(frame)
    if name == "txxx":
        yield from ((plain_name(description), str(text)) for text in frame.text)
    elif name == "comm" and description.startswith(("iTun", "Songs-DB")):
        return  # internal values of iTunes and MediaMonkey
    elif name == "ufid":
        if "musicbrainz" in frame.owner:
            yield "musicbrainztrackid", decoded(frame.data)
    elif name == "popm":
        yield "popm", f"{frame.rating}/popm"
        yield "popmcount", str(getattr(frame, "count", 0))
    elif name == "pcnt":
        yield name, str(frame.count)
    elif name == "rva2":
        yield f"replaygain{description.lower()}gain", str(frame.gain)
    elif name == "apic":
        yield "cover", "picture"
    elif name == "tcon":
        yield from ((name, genre) for genre in frame.genres)
    elif hasattr(frame, "text"):
        texts = [frame.text] if isinstance(frame.text, str) else frame.text
        yield from ((name, str(text)) for text in texts)


def _of_mapping(tags: Any) -> Kind:
    """Read Vorbis comments, APEv2, MP4 and ASF, in which a name has one or several values."""
    kind: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in list(tags.items()):
        plain = plain_name(name.partition("::")[0])
        if plain in _PICTURES:
            kind["cover"] = ["picture"]
        else:
            kind[plain.partition(":")[0]] += _texts(value)
    return dict(kind)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, bytes):
        return [decoded(value)]
    if isinstance(value, tuple):  # MP4 track and disc numbers are (number, total)
        return [str(value[0])] if value and value[0] else []
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    inner = getattr(value, "value", value)
    return [str(inner)] if inner is value else _texts(inner)


def _by_ffmpeg(path: str) -> Kind | None:
    """Read the tags that FFmpeg finds in other containers, such as CAF and W64."""
    import av

    from workbench.audio.ffmpeg_decoder import open_container

    try:
        with open_file(path) as descriptor, open_container(descriptor) as container:
            found: dict[str, str] = {}
            for stream in container.streams.audio:
                found |= stream.metadata
            found |= container.metadata  # last, because a stream's title may be "Stereo"
        return {plain_name(name): [text] for name, text in found.items()}
    except (AudioError, av.FFmpegError, ValueError, struct.error):
        return None
