"""Read numbers in tags: years, track numbers, stars, tempos and gains. Impossible values give ``None``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

# Four digits from 1600 to 2199, alone or followed by month and day without a separator.
_YEAR = re.compile(r"(?<!\d)((?:1[6-9]|20|21)\d\d)(?=(?:[01]\d(?:[0-3]\d)?)?(?!\d))")
_ID3V1_GENRE = re.compile(r"\(?(\d{1,3})\)?$")
_NUMBER = re.compile(r"\s*([+-]?\d{1,12}(?:[.,]\d{1,12})?)")
_POPM_STARS = (1, 32, 96, 160, 224)  # lowest POPM byte of 1 to 5 stars in Windows Explorer
_ASF_STARS = (1, 13, 38, 63, 87)  # the same for WM/SharedUserRating, whose stars are 1, 25, 50, 75, 99
_BPM = 1.0, 999.0  # a tempo outside is an error
_GAIN_DB = 64.0  # the range of RVA2 (16 bits)
_R128_OFFSET_DB = 5.0  # R128 gains aim at -23 LUFS (RFC 7845), ReplayGain 2 at -18
_MAX_COUNT = 2**31 - 1


def in_unit(name: str, text: str) -> str:
    """Return the text of a tag in the unit of its field, because some names have another scale."""
    if name.startswith("r128"):
        value = decimal(text)
        return text if value is None else str(value / 256 + _R128_OFFSET_DB)
    if name in ("fmpsrating", "shareduserrating"):
        return f"{text}/{name}"
    return text


def r128(gain_db: float) -> int:
    """Convert a gain relative to −18 LUFS to the number in an Opus file, in 1/256 dB relative to −23 LUFS."""
    return max(-32768, min(32767, round((gain_db - _R128_OFFSET_DB) * 256)))


def year(text: str) -> int | None:
    match = _YEAR.search(text)
    return int(match[1]) if match else None


def place(text: str) -> int | None:
    """Read the number of a track or disc from ``3``, ``03/12`` or ``A3``."""
    match = re.match(r"\D{0,8}(\d{1,6})", text)
    return int(match[1]) or None if match else None


def flag(text: str) -> bool | None:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    return known.get(text.strip().lower())


def count(text: str) -> int | None:
    value = decimal(text)
    return int(value) if value is not None and 0 < value <= _MAX_COUNT else None


def bpm(text: str) -> float | None:
    value = decimal(text)
    return value if value is not None and _BPM[0] <= value <= _BPM[1] else None


def gain_db(text: str) -> float | None:
    value = decimal(text)
    return value if value is not None and abs(value) <= _GAIN_DB else None


def peak(text: str) -> float | None:
    value = decimal(text)
    return value if value is not None and 0 < value < _MAX_COUNT else None


def stars(text: str) -> float | None:
    """Read a rating as 0–5 stars.

    POPM has 1–255, FMPS 0–1, ASF 1–99; a plain number is stars up to 5, out of 10 up to 10, and else a percentage.
    Zero means that there is no rating.
    """
    plain, _, scale = text.partition("/")
    value = float(plain.count("★")) if plain.startswith("★") else decimal(plain)
    if value is None or value <= 0:
        return None
    if scale == "popm":
        return float(sum(value >= low for low in _POPM_STARS))
    if scale == "shareduserrating":
        return float(sum(value >= low for low in _ASF_STARS))
    if scale == "fmpsrating" or (value < 1 and "." in plain):
        return round(5 * value, 2) if value <= 1 else None
    if value <= 5:
        return value
    return round(value / 2, 2) if value <= 10 else round(value / 20, 2) if value <= 100 else None


def genres(texts: Iterable[str]) -> Iterator[str]:
    """Replace numbers of ID3v1 genres by their names."""
    from mutagen.id3 import TCON

    for text in texts:
        number = _ID3V1_GENRE.match(text)
        if number is None:
            yield text
        elif int(number[1]) < len(TCON.GENRES):
            yield str(TCON.GENRES[int(number[1])])


def decimal(text: str) -> float | None:
    """Read the number at the start of a text."""
    match = _NUMBER.match(text)
    value = float(match[1].replace(",", ".")) if match else math.nan
    return value if math.isfinite(value) else None
