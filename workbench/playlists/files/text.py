"""Read the text and numbers of playlist files that other programs wrote."""

from __future__ import annotations

import math
import re

from workbench.errors import PlaylistFileError

_LOOKED_AT = 1024  # bytes; set by hand
_QUOTES = ('""', "''", "<>")
# Encodings of systems that wrote playlists before UTF-8: Japanese, Chinese, Korean, Cyrillic, Greek, Central European,
# Latin, Turkish, Hebrew, Arabic and Thai.
_JAPANESE = ["cp932", "euc_jp"]
_OTHERS = ["gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp1253", "cp1250", "cp1252", "cp1254", "cp1255", "cp1256",
           "cp874"]  # fmt: skip
_LONE = re.compile("[\ud800-\udfff]")
_KANA = re.compile("[\u3040-\u30ff]")
# Least share of kana among the letters that are not ASCII. Text in other encodings rarely looks like kana; set by hand.
_LEAST_KANA = 0.2
_DETECTED_BYTES = 1 << 15  # of the lines that are not ASCII: detection takes 0.1 s; set by hand


def decode_text(data: bytes | str) -> str:
    """Decode UTF-8, UTF-16, or otherwise the encoding that charset-normalizer detects; a byte order mark is dropped.

    A text is returned unchanged. Where most lines are UTF-8, the others keep their bytes (PEP 383), because they are
    names of files.

    Raises
    ------
    PlaylistFileError
        The data contain NUL characters, so they are not text.
    """
    if isinstance(data, str):
        text = data
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    elif half := _zero_half(data[:_LOOKED_AT]):
        text = data.decode(f"utf-16-{half}", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _mixed(data) or data.decode(_detected(data), errors="replace")
    if "\0" in text:
        raise PlaylistFileError("It is not a text file: it contains NUL characters.")
    return text


def _detected(data: bytes) -> str:
    """Detect the encoding of a text that is not UTF-8 from its lines that are not ASCII; Windows Latin-1 if unsure."""
    from charset_normalizer import from_bytes

    lines = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_DETECTED_BYTES]
    for encoding in _JAPANESE:  # charset-normalizer takes short Japanese texts for Korean
        if _has_kana(lines.decode(encoding, errors="replace")):
            return encoding
    best = from_bytes(lines, cp_isolation=_JAPANESE + _OTHERS).best()
    return best.encoding if best else "cp1252"


def _mixed(data: bytes) -> str | None:
    """Return a text that is UTF-8 except for some lines; ``None`` if most lines that are not ASCII are not UTF-8."""
    lines = [line for line in data.splitlines() if not line.isascii()]
    wrong = sum(bool(_LONE.search(line.decode("utf-8", "surrogateescape"))) for line in lines)
    return data.decode("utf-8-sig", "surrogateescape") if 2 * wrong < len(lines) else None


def sample_of(data: bytes) -> bytes:
    """Return the first line and some lines that are not ASCII."""
    first, *others = data.splitlines() or [b""]
    return b"\n".join([first, *(line for line in others if not line.isascii())])[:_DETECTED_BYTES]


def _has_kana(text: str) -> bool:
    letters = sum(not char.isascii() for char in text)
    return len(_KANA.findall(text)) > _LEAST_KANA * letters


def _zero_half(head: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark, from the zero bytes of Latin letters; ``None`` for other text."""
    high, low = head[0::2].count(0), head[1::2].count(0)
    if max(high, low) <= len(head) // 3 or min(high, low):
        return None
    return "le" if low else "be" if high else None


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, with any kind of line ends, without blanks around them."""
    return [line.strip() for line in re.split(r"\r\n?|\n", text)]


def number_in(text: object) -> float | None:
    """Return a number of 0 or more; ``None`` for any other text.

    >>> number_in("12.5"), number_in("-1"), number_in("nan"), number_in("unknown")
    (12.5, None, None, None)
    """
    try:
        number = float(str(text))
    except ValueError:
        return None
    return number if number >= 0 and math.isfinite(number) else None


def clock_seconds(text: str | None) -> float | None:
    """Read ``245``, ``4:05`` or ``1:04:05``; ``None`` for any other text and for 0."""
    parts = [number_in(part) for part in (text or "").split(":")]
    if len(parts) > 3 or None in parts:
        return None
    return sum((part or 0) * 60**power for power, part in enumerate(reversed(parts))) or None


def unquoted(location: str) -> str:
    """Return a location without the quotation marks or angle brackets that some programs put around it."""
    return location[1:-1] if len(location) > 2 and location[0] + location[-1] in _QUOTES else location
