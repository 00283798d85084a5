"""Write fields into an audio file, in every kind of tags that it has, without changing other tags.

Players prefer different kinds of tags, so an old value in one kind could hide the new value in another.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.audio.tags import numbers
from workbench.audio.tags.chunks import check_chunks, is_chunked, set_info_genre
from workbench.audio.tags.fields import NAMES, plain_name
from workbench.audio.tags.kinds import read_kinds
from workbench.audio.tags.text import parts
from workbench.audio.tags.trailing import put_back, tags_at_the_end
from workbench.errors import AudioFormatError

Value = float | str

PREFIX = "WORKBENCH_"
"""The prefix of fields that other programs do not know."""

_ITUNES = "----:com.apple.iTunes:"
# ID3 frame, Vorbis comments and APEv2 items, MP4 atom, ASF attribute.
# https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html; DJ software reads INITIALKEY.
_WRITTEN: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "bpm": ("TBPM", ("BPM",), "tmpo", "WM/BeatsPerMinute"),
    "key": ("TKEY", ("INITIALKEY", "KEY"), f"{_ITUNES}initialkey", "WM/InitialKey"),
    "mood": ("TMOO", ("MOOD",), f"{_ITUNES}MOOD", "WM/Mood"),
    "genre": ("TCON", ("GENRE",), "©gen", "WM/Genre"),
    "artist": ("TPE1", ("ARTIST",), "©ART", "Author"),
} | {
    name: (f"TXXX:REPLAYGAIN_{name.upper()}", (f"REPLAYGAIN_{name.upper()}",),
           f"{_ITUNES}REPLAYGAIN_{name.upper()}", f"REPLAYGAIN_{name.upper()}")
    for name in ("track_gain", "track_peak", "album_gain", "album_peak")
}  # fmt: skip
_READ = {
    "bpm": NAMES["tag_bpm"],
    "key": NAMES["tag_key"],
    "mood": NAMES["tag_mood"],
    "genre": NAMES["genre"],
    "artist": NAMES["artist"],
    "track_gain": NAMES["tag_gain_db"],
    "album_gain": NAMES["tag_album_gain_db"],
    "track_peak": NAMES["tag_peak"],
    "album_peak": ("replaygainalbumpeak",),
}
_R128 = {"track_gain": "R128_TRACK_GAIN", "album_gain": "R128_ALBUM_GAIN"}
# Fields that older kinds of tags have: ID3v1, INFO of WAV, the text chunks of AIFF.
_OLDER = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "year": "TDRC",
    "track_number": "TRCK",
    "comment": "COMM",
    "genre": "TCON",
}
_NO_TAGS = "its format has no tags that can be written. Leave it out"
_UTF_16 = 1  # an encoding of every version of ID3v2


def read_fields(path: str, fields: Iterable[str]) -> dict[str, list[str]]:
    """Return the values of these fields in a file: all different texts, that of the best kind of tags first.

    Gains are in dB relative to −18 LUFS, also for Opus files. Missing fields are left out, and so is a tempo of 0,
    which means an unknown tempo. A file that cannot be read has no fields.
    """
    kinds = read_kinds(path)
    found = ((field, list(dict.fromkeys(_texts(kinds, field)))) for field in fields)
    return {field: texts for field, texts in found if texts}


def _texts(kinds: Iterable[Mapping[str, list[str]]], field: str) -> Iterator[str]:
    names = _READ.get(field, (plain_name(PREFIX + field),))
    for kind in kinds:
        for name in names:
            texts = parts(kind.get(name, ()))
            if texts and field == "genre":
                texts = list(numbers.genres(texts))
            if texts and not (field == "bpm" and numbers.decimal(texts[0]) == 0):
                yield numbers.in_unit(name, "; ".join(texts))


def is_opus(path: Path) -> bool:
    """Whether a file is Opus in Ogg, which has its own kind of gains and no peaks (RFC 7845, section 5.2.1)."""
    with path.open("rb") as file:
        head = file.read(64)
    return head.startswith(b"OggS") and b"OpusHead" in head


def write_fields(path: Path, values: Mapping[str, Value]) -> None:
    """Set fields of an audio file in place.

    Parameters
    ----------
    values : mapping
        ``bpm``, ``key``, ``mood``, ``genre``, ``artist``, ``track_gain`` and ``album_gain`` (dB, relative to −18 LUFS),
        ``track_peak`` and ``album_peak`` (full scale = 1.0). Any other name is written with ``PREFIX`` before it.
        Peaks are not written into Opus files.

    Raises
    ------
    AudioFormatError
        The format has no tags that can be written, or the tags are damaged.

    References
    ----------
    ReplayGain 2.0; RFC 7845, section 5.2.1: an Opus file has ``R128_*_GAIN`` in 1/256 dB relative to −23 LUFS, and
    should not have ``REPLAYGAIN_*``. So these are removed when a gain is written.
    """
    import mutagen

    damage = (mutagen.MutagenError, NotImplementedError, ValueError, LookupError, TypeError, struct.error)
    try:
        older = read_kinds(str(path))
        file = _opened(path)
        end = tags_at_the_end(path)
        kinds = [_set_native(path, file, values), _set_in_front(path, values), _set_in_apev2(path, values)]
        if not any(kinds):
            _add(path, file, values, older)
        if end:
            put_back(path, end, _genre(values))
        if is_chunked(path):
            set_info_genre(path, _genre(values))
    except damage as error:
        names = ", ".join(values)
        raise _unwritable(
            path, f"{names} cannot be written: {error}. Check its tags in a tag editor"
        ) from error


def _unwritable(path: Path, why: str) -> AudioFormatError:
    return AudioFormatError(f"{path.name}: {why}.", path=str(path))


def _opened(path: Path) -> Any:
    """Open a file by its container; ``None`` if only the tags around its sound can be written."""
    import mutagen
    from mutagen.mp3 import HeaderNotFoundError

    if is_chunked(path):
        check_chunks(path)
    try:
        file = mutagen.File(path)
    except HeaderNotFoundError:  # AAC with ID3 in front is taken for MP3
        return None
    return file


def _genre(values: Mapping[str, Value]) -> str | None:
    return str(values["genre"]) if "genre" in values else None


def _set_native(path: Path, file: Any, values: Mapping[str, Value]) -> bool:
    """Set fields in the tags of the container, if it has any."""
    from mutagen.apev2 import APEv2
    from mutagen.id3 import ID3

    if file is None or file.tags is None or type(file.tags) in (ID3, APEv2):
        return False
    if isinstance(file.tags, ID3):
        _save_id3(lambda **how: type(file)(path, **how).tags, path, values)
    else:
        _set_keys(file.tags, values)
        file.save()
    return True


def _set_in_front(path: Path, values: Mapping[str, Value]) -> bool:
    from mutagen.id3 import ID3

    with path.open("rb") as file:
        if file.read(3) != b"ID3":
            return False
    _save_id3(lambda **how: ID3(path, load_v1=False, **how), path, values)  # type: ignore[no-untyped-call]
    return True


def _set_in_apev2(path: Path, values: Mapping[str, Value]) -> bool:
    from mutagen.apev2 import APENoHeaderError, APEv2

    try:
        tags = APEv2(path)  # type: ignore[no-untyped-call]
    except APENoHeaderError:
        return False
    _set_keys(tags, values)
    tags.save(path)
    return True


def _add(
    path: Path, file: Any, values: Mapping[str, Value], older: Iterable[Mapping[str, list[str]]]
) -> None:
    """Add tags to a file that has no tags or only older kinds of tags.

    The values of the older kinds are copied to ID3, because many programs read only ID3 if a file has it.
    """
    import mutagen
    from mutagen.id3 import ID3

    if file is None:
        raise _unwritable(path, _NO_TAGS)
    try:
        if type(file.tags) is ID3:  # made by mutagen from ID3v1
            file.tags = ID3()  # type: ignore[no-untyped-call]
        else:
            file.add_tags()
    except (mutagen.MutagenError, NotImplementedError) as error:
        raise _unwritable(path, _NO_TAGS) from error
    if isinstance(file.tags, ID3):
        _take_over(file.tags, older)
        _set_frames(file.tags, values)
    else:
        _set_keys(file.tags, values)
    if type(file.tags) is ID3:
        file.tags.save(path)
    else:
        file.save()


def _take_over(tags: Any, older: Iterable[Mapping[str, list[str]]]) -> None:
    from mutagen import id3

    for field, name in _OLDER.items():
        texts = [text for kind in older for plain in NAMES[field] for text in kind.get(plain, ())]
        if texts and not tags.getall(name):
            tags.add(getattr(id3, name)(encoding=_UTF_16, text=texts[:1]))


def _set_keys(tags: Any, values: Mapping[str, Value]) -> None:
    """Set fields in tags with names and values: Vorbis comments, APEv2, MP4, ASF."""
    kind = type(tags).__name__
    for field, value in values.items():
        own = PREFIX + field.upper()
        _, plain, mp4, asf = _WRITTEN.get(field, ("", (own,), _ITUNES + own, own))
        if kind == "OggOpusVComment":
            _set_in_opus(tags, field, plain, value)
        elif kind == "MP4Tags":
            _set_one(tags, mp4, _in_mp4(mp4, field, value))
        elif kind == "ASFTags":
            _set_one(tags, asf, [as_text(field, value)])
        else:
            for name in plain:
                _set_one(tags, name, [as_text(field, value)])


def _set_in_opus(tags: Any, field: str, names: Iterable[str], value: Value) -> None:
    if field in _R128:
        tags[_R128[field]] = [str(numbers.r128(float(value)))]
    for name in names:
        if not field.endswith(("_gain", "_peak")):
            tags[name] = [as_text(field, value)]
        elif name in tags:
            del tags[name]


def _set_one(tags: Any, name: str, value: Any) -> None:
    """Set a value under the name in the spelling of the tags, because some kinds distinguish upper and lower case."""
    same = [known for known in tags.keys() if known.casefold() == name.casefold()]  # noqa: SIM118 - no mapping
    for other in same[1:]:
        del tags[other]
    tags[same[0] if same else name] = value


def _in_mp4(name: str, field: str, value: Value) -> list[Any]:
    if name == "tmpo":  # a 16-bit integer
        return [round(float(value))]
    text = as_text(field, value)
    return [text.encode()] if name.startswith("----") else [text]


def as_text(field: str, value: Value) -> str:
    """Return a value in the notation of other programs.

    >>> as_text("bpm", 149.961), as_text("track_gain", 3.122), as_text("key", "Am")
    ('149.96', '3.12 dB', 'Am')
    """
    if isinstance(value, str):
        return value
    if field.endswith("_gain"):
        return f"{value:.2f} dB"
    if field.endswith("_peak"):
        return f"{value:.6f}"
    return f"{value:.{2 if field == 'bpm' else 6}f}".rstrip("0").rstrip(".")


def _save_id3(load: Callable[..., Any], path: Path, values: Mapping[str, Value]) -> None:
    """Save ID3 in its own version; frames are not converted, because a conversion drops unknown frames."""
    tags = load(translate=False)
    version = 4 if tags.version[:2] == (2, 4) else 3
    if tags.version[:2] == (2, 2):  # cannot be written; programs of its time also read 2.3
        if tags.unknown_frames:
            unknown = ", ".join(frame[:3].decode("latin-1") for frame in tags.unknown_frames)
            raise _unwritable(
                path,
                f"its ID3v2.2 tag has {unknown}, which would be lost. Convert it to ID3v2.3 in a tag editor",
            )
        tags = load(v2_version=3)
    _set_frames(tags, values)
    tags.save(path, v2_version=version, v23_sep=None)  # several values stay separate


def _set_frames(tags: Any, values: Mapping[str, Value]) -> None:
    from mutagen import id3

    for field, value in values.items():
        frame, *_ = _WRITTEN.get(field, (f"TXXX:{PREFIX}{field.upper()}",))
        name, _, description = frame.partition(":")
        text = str(round(float(value))) if field == "bpm" else as_text(field, value)  # ID3: "an integer"
        if not description:
            tags.setall(name, [getattr(id3, name)(encoding=_UTF_16, text=[text])])
            continue
        for known in tags.getall("TXXX"):
            if known.desc.casefold() == description.casefold():
                description = known.desc
                tags.delall(known.HashKey)
        if field.endswith("_gain"):
            tags.delall(f"RVA2:{field.removesuffix('_gain')}")  # an older frame for the same value
        tags.add(id3.TXXX(encoding=_UTF_16, desc=description, text=[text]))  # type: ignore[no-untyped-call]
