"""Find the encoding of a list that is not UTF-8: the encoding in which its names are those of existing files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from workbench.errors import PlaylistFileError
from workbench.playlists.files import csv_list, m3u8, pls, text_list
from workbench.playlists.files.listing import Decoded
from workbench.playlists.files.locations import path_of
from workbench.playlists.files.text import sample_of

OfText = Callable[[bytes | str], Decoded]
TEXT_FORMATS: dict[str, OfText] = {
    "m3u8": m3u8.decode,
    "pls": pls.decode,
    "csv": csv_list.decode,
    "txt": text_list.decode,
    "tsv": text_list.decode,
}
"""Text formats, which do not name their encoding."""
# First the unchanged bytes, then the encodings of Windows, DOS and Macs, the most common first. If several find equally
# many files, the first one is used.
ENCODINGS = (
    ("utf-8", "surrogateescape"),
    *((name, "replace") for name in (
        "cp1252", "cp1250", "cp1251", "cp1254", "cp1253", "cp1257", "cp1255", "cp1256", "cp1258", "cp874",
        "mac_roman", "mac_latin2", "mac_turkish", "mac_cyrillic", "mac_greek",
        "cp437", "cp850", "cp852", "cp866", "cp857", "cp737", "cp775", "cp862", "koi8_r", "koi8_u",
        "cp932", "gb18030", "big5", "cp949", "euc_jp", "iso8859_2", "iso8859_15",
    )),
)  # fmt: skip
_TRIED = 40  # names, in every encoding: 1,300 checks of a disk, which take a second on a network share; set by hand


def decode_by_names(decode: OfText, data: bytes, folder: Path) -> bytes | str:
    """Return a list decoded so that most of its names are those of existing files; a list in UTF-8 is not tested.

    A name says little about its encoding: "Ý" in Turkish Windows is "ı", in Mac Roman "›".
    """
    sample = sample_of(data)
    if _is_utf8(data) or b"\0" in sample:
        return data
    best, (most, of) = None, _existing(decode, sample, folder)
    for encoding, errors in ENCODINGS:
        if most == of:
            break
        found, of_these = _existing(decode, sample.decode(encoding, errors), folder)
        if found > most:
            best, most, of = (encoding, errors), found, of_these
    return data.decode(*best) if best else data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _existing(decode: OfText, sample: bytes | str, folder: Path) -> tuple[int, int]:
    """Return how many of the names that are not ASCII exist, and how many there are."""
    try:
        entries = decode(sample).entries
    except PlaylistFileError:
        return 0, 0
    named = [entry.location for entry in entries if not entry.location.isascii()][:_TRIED]
    paths = [path_of(location, folder, uri=False) for location in named]
    return sum(path is not None and os.path.lexists(path) for path in paths), len(named)
