"""Numbers and tracks as people read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def clock(seconds: float | None) -> str:
    """Write a length as minutes and seconds: 3:05, 1:02:33."""
    if seconds is None or not math.isfinite(seconds):
        return "—"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """Write how long something takes: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def number(value: Any, unit: str = "", digits: int = 1) -> str:
    if value is None or not math.isfinite(value):
        return "—"
    return f"{value:,.{digits}f} {unit}".replace("-", "−").strip()


def key_name(values: Mapping[str, Any]) -> str:
    """Write a key with its Camelot code: F# minor (11A)."""
    key = " ".join(str(values[part]) for part in ("key", "scale") if values.get(part))
    return f"{key} ({values['camelot']})" if key and values.get("camelot") else key or "—"


def track_name(values: Mapping[str, Any]) -> str:
    """Write who plays what; the file's name where there is no title."""
    title = (
        values.get("title") or str(values.get("path") or "").rsplit("/", 1)[-1] or f"track {values.get('id')}"
    )
    artist = values.get("artist")
    return f"{title} — {artist}" if artist else title


def count(many: int, one: str, several: str = "") -> str:
    """Write a number with its noun: 1 track, 1,204 tracks."""
    return f"{many:,} {one if many == 1 else several or one + 's'}"
