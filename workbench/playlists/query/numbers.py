"""Numbers, ranges and days of the filter language: ``128``, ``120-128``, ``120..``, ``3:30``, ``2026-01-31``."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

from workbench.playlists.query.query_language import Token, syntax_error

_SPAN = re.compile(r"(?P<low>-?[\d:.]*\d)?(?:\.\.|(?<=\d)-)(?P<high>-?[\d:.]*\d)?")
# The last digit of the values in the table of the Library app.
_SHOWN_STEPS = {"bpm": 0.1, "tag_bpm": 0.1, "loudness_lufs": 0.1, "danceability": 0.01, "duration_s": 1.0}
# Set by hand: 1 means 0.95 to 1.05 where values go from 0 to 1, and 120 means 119.5 to 120.5.
_MOST_ROUNDED = 0.05
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DECADE = re.compile(r"(\d{3})0s", re.IGNORECASE)


def span_of(token: Token, query: str) -> tuple[float, float]:
    """Return the lowest and the highest number of a value, infinite where it is open.

    A day is the range from its first to its last second in this machine's time zone, in seconds since the epoch.

    Raises
    ------
    QuerySyntaxError
        The value is not a number or a range. The error shows its place in the query.
    """
    if decade := _DECADE.fullmatch(token.text):
        first = int(decade[1]) * 10
        return first, first + 9
    if is_date(token.text):
        return _day(token, query)
    single = _number(token.text)
    if single is not None:
        return single, single
    span = _SPAN.fullmatch(token.text.replace(" ", ""))
    if span is None or span.group("low", "high") == (None, None):
        raise syntax_error(
            query,
            token.position,
            f"{token.text!r} is not a number or a range, such as 128, 120-128, 120.. or 3:30.",
        )
    low, high = (
        _number(part) if part else default
        for part, default in ((span["low"], -math.inf), (span["high"], math.inf))
    )
    if low is None or high is None or low > high:
        raise syntax_error(
            query, token.position, f"{token.text!r} is not a range from a lower to a higher number."
        )
    return low, high


def slack_of(name: str) -> float:
    """Return half of the last digit that pages show of a value, so that a filter finds the value that a page shows."""
    return _SHOWN_STEPS.get(name, 0.0) / 2


def rounded_span_of(token: Token, query: str, slack: float) -> tuple[float, float]:
    """Return the range of numbers that round to a value: ``120`` is 119.5 to 120.5, and ``119.6`` 119.55 to 119.65.

    Raises
    ------
    QuerySyntaxError
        As for :func:`span_of`.
    """
    low, high = span_of(token, query)
    if low == high:
        _, _, decimals = token.text.partition(".")
        slack = max(slack, min(0.5 * 10.0 ** -len(decimals), _MOST_ROUNDED * abs(low)))
    return low - slack, high + slack


def is_date(text: str) -> bool:
    """Whether a value is written as a day.

    >>> is_date("2026-01-31"), is_date("120-128")
    (True, False)
    """
    return _DATE.fullmatch(text) is not None


def _day(token: Token, query: str) -> tuple[float, float]:
    try:
        first = datetime.fromisoformat(token.text)
        return first.timestamp(), (first + timedelta(days=1)).timestamp() - 0.001
    except (ValueError, OverflowError, OSError):
        raise syntax_error(query, token.position, f"{token.text!r} is not a day.") from None


def _number(text: str) -> float | None:
    minutes, colon, seconds = text.partition(":")
    try:
        value = float(minutes) * 60 + float(seconds) if colon else float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
