"""Read the tags of Matroska and WebM, each for the level that it describes.

FFmpeg merges the tags of all levels under one name, so that an album's title can replace the song's.

References
----------
RFC 9559 (Matroska), RFC 8794 (EBML); https://www.matroska.org/technical/tagging.html
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from workbench.audio.source import open_binary
from workbench.audio.tags.fields import plain_name
from workbench.audio.tags.text import decoded

_SEGMENT, _INFO, _TAGS, _ATTACHMENTS, _CLUSTER = 0x18538067, 0x1549A966, 0x1254C367, 0x1941A469, 0x1F43B675
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_SEGMENT_TITLE, _TAG, _TARGETS, _SIMPLE = 0x7BA9, 0x7373, 0x63C0, 0x67C8
_LEVEL, _LEVEL_NAME, _NAME, _STRING = 0x68CA, 0x63CA, 0x45A3, 0x4487
_OWNERS = (0x63C5, 0x63C9, 0x63C4, 0x63C6)  # UIDs of a track, an edition, a chapter, an attachment
_ATTACHED, _MEDIA_TYPE = 0x61A7, 0x4660
_TRACK_LEVEL = 30
_SEGMENT_LEVEL, _UNSAID_LEVEL = 35, 40  # between the track and the album
_LEVELS = {"track": 30, "song": 30, "chapter": 30, "album": 50, "concert": 50, "opera": 50}
_MAX_ELEMENT_BYTES = 16 << 20  # tags and attachments that are larger are not read; chosen by hand
_MAX_ELEMENTS = 100_000
# Tags at the level of the album that also apply to the track, with their names for the track.
_OF_THE_ALBUM = {"title": "album", "artist": "albumartist", "titlesort": "albumsort", "partnumber": "",
                 "artistsort": "albumartistsort"}  # fmt: skip


class _Element(NamedTuple):
    id: int
    start: int
    size_bytes: int


class _Tag(NamedTuple):
    level: int | None
    texts: list[tuple[str, str]]
    owned: bool = False


def read_matroska(path: str) -> dict[str, list[str]]:
    """Return the tags of the song and of its album by their plain names."""
    tags: list[_Tag] = []
    with open_binary(path) as file:
        for part in _parts(file):
            inside = list(_children(file, part)) if part.size_bytes <= _MAX_ELEMENT_BYTES else []
            if part.id == _INFO:
                titles = [("title", _text(file, item)) for item in inside if item.id == _SEGMENT_TITLE]
                tags.append(_Tag(_SEGMENT_LEVEL, titles))
            elif part.id == _TAGS:
                tags += [_tag(file, item) for item in inside if item.id == _TAG]
            elif part.id == _ATTACHMENTS and _has_picture(file, inside):
                tags.append(_Tag(_TRACK_LEVEL, [("cover", "picture")]))
    return _merged(tags)


def _merged(tags: list[_Tag]) -> dict[str, list[str]]:
    """Take each name from the nearest level: the track, the segment, tags without a level, the album."""
    found: dict[str, list[str]] = {}
    for tag in sorted(tags, key=_distance):
        of_tag: defaultdict[str, list[str]] = defaultdict(list)
        for name, text in tag.texts:
            of_tag[_OF_THE_ALBUM.get(name, name) if _is_album(tag, found) else name].append(text)
        for name, texts in of_tag.items():
            if name and not (tag.owned and tag.level is None and name == "title"):
                found.setdefault(name, texts)
    if "albumartist" in found:
        found.setdefault("artist", found["albumartist"])
    return found


def _is_album(tag: _Tag, found: dict[str, list[str]]) -> bool:
    """Whether a tag describes the album. Without a level it should, but FFmpeg writes tags of the song like this."""
    if tag.level is not None:
        return tag.level > _SEGMENT_LEVEL
    names = {name for name, _ in tag.texts}
    return "title" in found and "title" in names and "album" not in names


def _distance(tag: _Tag) -> tuple[bool, int]:
    return tag.owned and tag.level is None, _UNSAID_LEVEL if tag.level is None else tag.level


def _parts(file: BinaryIO) -> Iterator[_Element]:
    """Yield the parts of the segment before the audio, and the later ones that the seek head lists."""
    end = file.seek(0, 2)
    segment = next(item for item in _elements(file, 0, end) if item.id == _SEGMENT)
    seen: set[int] = set()
    sought: list[int] = []
    for part in _elements(file, segment.start, min(end, segment.start + segment.size_bytes)):
        if part.id == _CLUSTER:
            break
        if part.id == _SEEK_HEAD:
            sought += _sought(file, part)
        seen.add(part.start)
        yield part
    for place in sought:
        for part in itertools.islice(_elements(file, segment.start + place, end), 1):
            if part.start not in seen:
                seen.add(part.start)
                yield part


def _sought(file: BinaryIO, seek_head: _Element) -> list[int]:
    places = []
    for seek in _children(file, seek_head):
        fields = {item.id: _bytes(file, item) for item in _children(file, seek)}
        if int.from_bytes(fields.get(_SEEK_ID, b""), "big") in (_INFO, _TAGS, _ATTACHMENTS):
            places.append(int.from_bytes(fields.get(_SEEK_POSITION, b""), "big"))
    return places


def _tag(file: BinaryIO, tag: _Element) -> _Tag:
    level, owned, texts = None, False, []
    for item in _children(file, tag):
        if item.id == _TARGETS:
            fields = {child.id: _bytes(file, child) for child in _children(file, item)}
            owned = any(int.from_bytes(fields.get(owner, b""), "big") for owner in _OWNERS)
            named = decoded(fields.get(_LEVEL_NAME, b"")).strip("\0 ").lower()
            value = int.from_bytes(fields[_LEVEL], "big") if _LEVEL in fields else None
            level = _LEVELS.get(named) if value is None else value
        elif item.id == _SIMPLE:
            pair = {child.id: _text(file, child) for child in _children(file, item)}
            if pair.get(_NAME) and pair.get(_STRING):
                texts.append((plain_name(pair[_NAME]), pair[_STRING]))
    return _Tag(level, texts, owned)


def _has_picture(file: BinaryIO, attachments: list[_Element]) -> bool:
    return any(
        item.id == _MEDIA_TYPE and _text(file, item).startswith("image/")
        for attached in attachments
        if attached.id == _ATTACHED
        for item in _children(file, attached)
    )


def _children(file: BinaryIO, parent: _Element) -> Iterator[_Element]:
    return _elements(file, parent.start, parent.start + parent.size_bytes)


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[_Element]:
    for _ in range(_MAX_ELEMENTS):
        if start >= end:
            return
        file.seek(start)
        head = file.read(12)
        id_length, size_length = _length(head[:1]), 0
        if 0 < id_length <= 4 and id_length < len(head):
            size_length = _length(head[id_length : id_length + 1])
        if not size_length or id_length + size_length > len(head):
            return
        size = int.from_bytes(head[id_length : id_length + size_length], "big") & ((1 << 7 * size_length) - 1)
        body = start + id_length + size_length
        if size == (1 << 7 * size_length) - 1:  # unknown, as in a stream: the element ends with its parent
            size = end - body
        yield _Element(int.from_bytes(head[:id_length], "big"), body, size)
        start = body + size


def _length(first: bytes) -> int:
    """Return the number of bytes of a number with this first byte; 0 if the byte cannot start a number."""
    return 9 - first[0].bit_length() if first and first[0] else 0


def _bytes(file: BinaryIO, element: _Element) -> bytes:
    file.seek(element.start)
    return file.read(min(element.size_bytes, _MAX_ELEMENT_BYTES))


def _text(file: BinaryIO, element: _Element) -> str:
    return decoded(_bytes(file, element)).rstrip("\0")
