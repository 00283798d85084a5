"""Text of playlist files that others wrote."""

from __future__ import annotations

from workbench.errors import PlaylistFileError


def decode_text(data: bytes) -> str:
    """Decode UTF-8, UTF-16 with a byte order mark, or else Windows Latin-1; a byte order mark is dropped.

    Raises
    ------
    PlaylistFileError
        It holds NUL characters: not a text file.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise PlaylistFileError("This is no text file: it holds NUL characters.")
    return text
