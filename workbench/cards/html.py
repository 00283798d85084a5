"""Make HTML from texts. Every text is escaped unless it is ``Html`` already."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from workbench.readable import valid


class Html(str):
    """HTML that may be put into a page unchanged."""

    __slots__ = ()

    def __repr__(self) -> str:
        text = plain(self)
        return f"{text[:400]} …" if len(text) > 400 else text

    def _repr_html_(self) -> str:
        return str(self)


def escaped(value: Any) -> Html:
    """Return a value as HTML: texts are escaped, ``Html`` is unchanged, ``None`` is empty."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else escape(valid(str(value))))


def joined(*parts: Any, between: str = "") -> Html:
    """Return values as HTML, one after the other, without empty ones."""
    return Html(between.join(html for part in parts if (html := escaped(part))))


def element(name: str, *content: Any, **attributes: Any) -> Html:
    """Return an element; ``class_`` is the attribute ``class``, and attributes that are ``None`` are left out.

    >>> str(element("td", "a < b", class_="pw-number"))
    '<td class="pw-number">a &lt; b</td>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(valid(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{joined(*content)}</{name}>")


def plain(value: Any) -> str:
    """Return the visible text of a value, on one line.

    >>> plain(Html("<b>Ann</b> &amp;\\n<i>Bob</i>"))
    'Ann & Bob'
    """
    text = (
        unescape(re.sub("<style>.*?</style>|<[^>]*>", " ", value)) if isinstance(value, Html) else str(value)
    )
    return " ".join(text.split())
