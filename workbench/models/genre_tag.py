"""Set the genre of an audio file, in every kind of tags that it has, and leave all other tags as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import ModelError

_KEYS = {"MP4Tags": "©gen", "ASFTags": "WM/Genre", "APEv2": "Genre"}
_ID3V1_BYTES = 128
_NO_ID3V1_GENRE = 255


def set_genre(path: Path, genre: str) -> None:
    """Set the genre tag of an audio file in place.

    Players differ in which kind of tags they prefer, so that an old genre in one would hide the new one in another.

    Raises
    ------
    ModelError
        The format has no tags that can be written.
    """
    import mutagen

    try:
        file = mutagen.File(path)
        if file is None:
            raise ModelError(f"{path.name} is of a format whose tags cannot be written.", path=str(path))
        id3v1 = _id3v1(path)
        kinds = [_set_native(path, file, genre), _set_in_front(path, genre), _set_in_apev2(path, genre)]
        if not any(kinds):
            _add(path, file, genre)
        if id3v1:
            _put_back_id3v1(path, id3v1, genre)
    except (mutagen.MutagenError, NotImplementedError, ValueError, KeyError) as error:
        raise ModelError(f"The genre of {path.name} cannot be written: {error}.", path=str(path)) from error


def _set_native(path: Path, file: Any, genre: str) -> bool:
    """Set the genre in the tags that belong to the container, if there are any."""
    from mutagen.apev2 import APEv2
    from mutagen.id3 import ID3

    if file.tags is None or type(file.tags) in (ID3, APEv2):
        return False
    if isinstance(file.tags, ID3):
        _save_id3(lambda **how: type(file)(path, **how).tags, path, genre)
    else:
        _set_key(file, genre)
    return True


def _set_in_front(path: Path, genre: str) -> bool:
    from mutagen.id3 import ID3

    with path.open("rb") as file:
        if file.read(3) != b"ID3":
            return False
    _save_id3(lambda **how: ID3(path, load_v1=False, **how), path, genre)  # type: ignore[no-untyped-call]
    return True


def _set_in_apev2(path: Path, genre: str) -> bool:
    from mutagen.apev2 import APENoHeaderError, APEv2

    try:
        tags = APEv2(path)  # type: ignore[no-untyped-call]
    except APENoHeaderError:
        return False
    tags["Genre"] = genre
    tags.save(path)
    return True


def _add(path: Path, file: Any, genre: str) -> None:
    """Add tags to a file that has none, or only ID3v1."""
    from mutagen.id3 import ID3

    if type(file.tags) is ID3:
        tags = ID3()  # type: ignore[no-untyped-call]
        _set_frame(tags, genre)
        tags.save(path)
        return
    file.add_tags()
    if isinstance(file.tags, ID3):
        _set_frame(file.tags, genre)
        file.save()
    else:
        _set_key(file, genre)


def _set_key(file: Any, genre: str) -> None:
    file.tags[_KEYS.get(type(file.tags).__name__, "genre")] = [genre]
    file.save()


def _save_id3(load: Callable[..., Any], path: Path, genre: str) -> None:
    """Save ID3 in the version that it has; frames are not translated, because a version drops what it does not know."""
    tags = load(translate=False)
    version = 4 if tags.version[:2] == (2, 4) else 3
    if tags.version[:2] == (2, 2):  # cannot be written; 2.3 is what programs of its time read
        tags = load(v2_version=3)
    _set_frame(tags, genre)
    tags.save(path, v2_version=version)


def _set_frame(tags: Any, genre: str) -> None:
    from mutagen.id3 import TCON

    utf_16 = 1  # which every version of ID3v2 knows
    tags.setall("TCON", [TCON(encoding=utf_16, text=[genre])])  # type: ignore[no-untyped-call]


def _id3v1(path: Path) -> bytes:
    with path.open("rb") as file:
        size_bytes = file.seek(0, 2)
        file.seek(max(0, size_bytes - _ID3V1_BYTES))
        tag = file.read()
    return tag if len(tag) == _ID3V1_BYTES and tag.startswith(b"TAG") else b""


def _put_back_id3v1(path: Path, tag: bytes, genre: str) -> None:
    """Write ID3v1 as it was but for the genre: mutagen fills it from ID3v2, or drops it."""
    from mutagen.id3 import TCON

    number = TCON.GENRES.index(genre) if genre in TCON.GENRES else _NO_ID3V1_GENRE
    with path.open("r+b") as file:
        file.seek(-_ID3V1_BYTES if _id3v1(path) else 0, 2)
        file.write(tag[:-1] + bytes([number]))
