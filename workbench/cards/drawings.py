"""Small drawings in a card, as SVG: a waveform, a curve, a colored key."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.cards.html import Html, element
from workbench.palette import CYCLIC

if TYPE_CHECKING:
    import numpy.typing as npt

_COLUMNS = 400  # of a waveform: about the width of a card in pixels


def waveform(peaks: npt.NDArray[Any], *, duration_s: float = 0.0, sections_s: Sequence[float] = ()) -> Html:
    """Draw a waveform with the starts of its sections; an empty text if no peaks are known.

    Parameters
    ----------
    peaks : array, shape (n, 2)
        Minimum and maximum of the samples, evenly spaced over the track.
    """
    import numpy as np

    if not len(peaks):
        return Html("")
    starts = np.unique(np.arange(_COLUMNS) * len(peaks) // _COLUMNS)
    low = np.minimum.reduceat(peaks[:, 0], starts)
    high = np.maximum.reduceat(peaks[:, 1], starts)
    scale = 1 / max(float(np.abs(peaks).max()), 1e-9)  # so that quiet tracks fill the height, too
    x = (np.arange(len(starts)) + 0.5) * 1000 / len(starts)
    edge = [*zip(x, 50 - 48 * scale * high, strict=True)]
    back = [*zip(x[::-1], 50 - 48 * scale * low[::-1], strict=True)]
    outline = element("path", d="M" + "L".join(f"{a:.0f} {b:.1f}" for a, b in [*edge, *back]) + "Z")
    places = [1000 * start / duration_s for start in sections_s if duration_s and 0 < start < duration_s]
    marks = [element("line", x1=f"{place:.0f}", x2=f"{place:.0f}", y1=0, y2=100) for place in places]
    return _svg("Waveform", outline, *marks, class_="pw-wave", viewBox="0 0 1000 100")


def curve(values: Sequence[float | None], label: str) -> Html:
    """Draw a line through the known values; an empty text for fewer than two."""
    known = [
        (place, value) for place, value in enumerate(values) if value is not None and math.isfinite(value)
    ]
    if len(known) < 2:
        return Html("")
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = (high - low) or 1.0
    points = " ".join(
        f"{1000 * place / (len(values) - 1):.0f},{90 - 80 * (value - low) / span:.1f}"
        for place, value in known
    )
    line = element("polyline", points=points)
    return _svg(label, line, class_="pw-curve", viewBox="0 0 1000 100")


def bar(share: float, label: str) -> Html:
    """Draw a share that is done or used, 0 to 1."""
    done = element("rect", width=f"{1000 * min(max(share, 0.0), 1.0):.0f}", height=100)
    return _svg(label, done, class_="pw-bar", viewBox="0 0 1000 100")


def key_chip(camelot: str | None) -> Html:
    """Return a Camelot code on the color of its place on the wheel; neighboring keys have similar colors."""
    number = (camelot or "")[:-1]
    if not number.isdigit() or not 1 <= int(number) <= len(CYCLIC):
        return Html("")
    color = CYCLIC[int(number) - 1]
    return element("span", camelot, class_="pw-key", style=f"border-color:{color}")


def picture(jpeg: bytes, label: str) -> Html:
    """Return a picture that is embedded in the page."""
    return element("img", src=_data("image/jpeg", jpeg), alt=label, class_="pw-cover")


def player(mp3: bytes, label: str) -> Html:
    """Return an audio player with its sound embedded in the page."""
    return element("audio", src=_data("audio/mpeg", mp3), controls="", preload="none", aria_label=label)


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _svg(label: str, *shapes: Html, **attributes: Any) -> Html:
    return element("svg", *shapes, role="img", aria_label=label, preserveAspectRatio="none", **attributes)
