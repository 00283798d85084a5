"""Keep the tags at the end of an MP3 file, Lyrics3 and ID3v1, which mutagen drops or changes when it saves others."""

from __future__ import annotations

from pathlib import Path

_ID3V1_BYTES = 128
_NO_ID3V1_GENRE = 255
# Lyrics3 2.00 ends with its size in six digits and this word, right before ID3v1 (id3.org/Lyrics3v2).
_LYRICS_END = b"LYRICS200"
_LYRICS_START = b"LYRICSBEGIN"
_SIZE_DIGITS = 6


def tags_at_the_end(path: Path) -> bytes:
    """Return ID3v1 with the Lyrics3 tag before it; empty for a file without ID3v1."""
    with path.open("rb") as file:
        size_bytes = file.seek(0, 2)
        file.seek(max(0, size_bytes - _ID3V1_BYTES))
        tag = file.read()
        if len(tag) < _ID3V1_BYTES or not tag.startswith(b"TAG"):
            return b""
        foot = len(_LYRICS_END) + _SIZE_DIGITS
        file.seek(max(0, size_bytes - _ID3V1_BYTES - foot))
        digits = file.read(foot)
        if not digits.endswith(_LYRICS_END) or not digits[:_SIZE_DIGITS].isdigit():
            return tag
        start = size_bytes - _ID3V1_BYTES - foot - int(digits[:_SIZE_DIGITS])
        file.seek(max(0, start))
        lyrics = file.read(size_bytes - _ID3V1_BYTES - max(0, start))
        return lyrics + tag if lyrics.startswith(_LYRICS_START) else tag


def put_back(path: Path, tags: bytes, genre: str | None) -> None:
    """Restore the tags at the end, with another genre in ID3v1."""
    from mutagen.id3 import TCON

    number = tags[-1]
    if genre is not None:
        number = TCON.GENRES.index(genre) if genre in TCON.GENRES else _NO_ID3V1_GENRE
    there = len(tags_at_the_end(path))
    with path.open("r+b") as file:
        file.seek(-there, 2)
        file.truncate()
        file.write(tags[:-1] + bytes([number]))
