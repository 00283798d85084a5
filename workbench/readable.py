"""Format numbers, lengths and tracks for people: on pages, in plots and on the command line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

UNKNOWN = "—"
# With six sharps or flats, a key has two names; F♯ major and E♭ minor are the usual ones.
_FLATS = {
    "major": {"C#": "D♭", "D#": "E♭", "G#": "A♭", "A#": "B♭"},
    "minor": {"D#": "E♭", "A#": "B♭"},
}
# A byte of a file name that is not UTF-8 is a lone surrogate in Python (PEP 383), so that the system gets back the same
# name. Output of the workbench has a replacement character there; tracks are found by their ids.
_LONE = re.compile("[\ud800-\udfff]")
# Control characters (ECMA-48) and characters that change the direction of text (Unicode UAX #9). Tabs and line breaks
# are allowed.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def valid(text: str) -> str:
    r"""Return a text with a replacement character for each byte that is not UTF-8.

    >>> valid("caf\udce9.mp3")
    'caf�.mp3'
    """
    return text if text.isascii() else _LONE.sub("\N{REPLACEMENT CHARACTER}", text)


def printable(text: str) -> str:
    r"""Replace control characters by escape sequences, so that a text cannot control a terminal.

    >>> printable("bad\x1b]0;PWN\x07.ogg")
    'bad\\x1b]0;PWN\\x07.ogg'
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], valid(text))


def one_line(text: str) -> str:
    r"""Return a printable text on one line, such as a name in a message.

    >>> one_line("two\nlines")
    'two\\nlines'
    """
    return printable(text.replace("\n", "\\n"))


def naming(path: str, error: str) -> str:
    """Return an error message with the path of its file before it, unless the message contains the path.

    >>> naming("/m/a.mp3", "It is empty"), naming("/m/a.mp3", "/m/a.mp3 is empty")
    ('/m/a.mp3: It is empty', '/m/a.mp3 is empty')
    """
    return error if path in error else f"{path}: {error}"


def json_escaped(text: str) -> str:
    r"""Replace control characters in JSON text by the escape sequences of JSON.

    >>> json_escaped('"bad\x9b0m"')
    '"bad\\u009b0m"'
    """
    if text.isascii() and "\x7f" not in text:
        return text  # JSON has escaped all others
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", valid(text))


def json_bytes(value: Any) -> bytes:
    r"""Return a value as JSON. NaN and infinity become null; values of unknown types become texts.

    >>> json_bytes({"path": "caf\udce9.mp3"}).decode()
    '{"path":"caf�.mp3"}'
    """
    import orjson

    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return orjson.dumps(_all_valid(value), default=str, option=orjson.OPT_NON_STR_KEYS)


def _all_valid(value: Any) -> Any:
    if isinstance(value, str):
        return valid(value)
    if isinstance(value, Mapping):
        return {_all_valid(key): _all_valid(item) for key, item in value.items()}
    return [_all_valid(item) for item in value] if isinstance(value, list | tuple) else value


def clock(seconds: float | None) -> str:
    """Format a position or a length like a player; a dash if it is unknown.

    >>> clock(81), clock(3725), clock(None)
    ('1:21', '1:02:05', '—')
    """
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """Format a duration in a suitable unit.

    >>> span(40), span(720), span(12600)
    ('40 s', '12 min', '3.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def number(value: float | None, unit: str = "", digits: int = 1) -> str:
    """Format a number with its unit; a dash if it is unknown.

    >>> number(1234.56, "BPM"), number(-14, "LUFS", 0), number(None)
    ('1,234.6 BPM', '−14 LUFS', '—')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:,.{digits}f} {unit}".replace("-", "−").strip()


def measured(value: float | None) -> str:
    """Format a measured value of any size with three digits and without an exponent; a dash if it is unknown.

    >>> measured(5850.4), measured(0.0712), measured(12.345), measured(None)
    ('5,850', '0.0712', '12.3', '—')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if not value or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def counted(many: int, one: str, several: str = "") -> str:
    """Format a number with its noun.

    >>> counted(1, "track"), counted(1204, "track"), counted(2, "library", "libraries")
    ('1 track', '1,204 tracks', '2 libraries')
    """
    return f"{many:,} {one if many == 1 else several or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Join words or phrases with commas and "and".

    >>> listed(["calm"]), listed(["calm", "slow", "sad"])
    ('calm', 'calm, slow and sad')
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def signed_key(key: str | None, scale: str | None) -> str:
    """Format the tonic of a key: with flats if the key signature then has fewer signs than with sharps.

    >>> signed_key("A#", "major"), signed_key("D#", "minor"), signed_key("F#", "minor"), signed_key(None, None)
    ('B♭', 'E♭', 'F♯', '')
    """
    flat = _FLATS["minor" if scale == "minor" else "major"].get(key or "")
    return flat or (key or "").replace("#", "♯")


def short_key(key: str | None, scale: str | None) -> str:
    """Format a key in plain letters, as in tags and DJ software (ID3v2.4, TKEY); empty if it is unknown.

    >>> short_key("A#", "minor"), short_key("F#", "major"), short_key(None, None)
    ('Bbm', 'F#', '')
    """
    tonic = signed_key(key, scale).replace("♭", "b").replace("♯", "#")
    return f"{tonic}m" if tonic and scale == "minor" else tonic


def key_name(track: Mapping[str, Any]) -> str:
    """Format a track's key with its Camelot code.

    >>> key_name({"key": "F#", "scale": "minor", "camelot": "11A"})
    'F♯ minor (11A)'
    """
    key = " ".join(filter(None, (signed_key(track.get("key"), track.get("scale")), track.get("scale"))))
    return f"{key} ({track['camelot']})" if key and track.get("camelot") else key or UNKNOWN


def track_name(track: Mapping[str, Any]) -> str:
    """Format a track's title and artist; without a title, the name of its file.

    >>> track_name({"id": 3, "path": "/music/three.flac", "artist": "Ann"})
    'three.flac — Ann'
    """
    title = (
        track.get("title") or str(track.get("path") or "").rsplit("/", 1)[-1] or f"track {track.get('id')}"
    )
    artist = track.get("artist")
    return valid(f"{title} — {artist}" if artist else title)


def stars(rating: float) -> str:
    """Format a rating of 0 to 5: ★★★½."""
    return "★" * int(rating) + ("½" if rating % 1 >= 0.25 else "")
