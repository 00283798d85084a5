"""Make cards for ``_repr_html_``: title, facts, tables and notes about one object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workbench.cards.html import Html, element, escaped, joined
from workbench.cards.style import STYLE

ROWS = 50  # rows of a table that are shown: about two screens


def card(title: Any, *parts: Any, about: Any = "") -> Html:
    """Return a card.

    Parameters
    ----------
    title : str or Html
    *parts : Html or str
        Parts that are shown one below the other; empty ones are left out.
    about : str or Html
        A few words below the title.
    """
    head = element("h4", title) + (element("p", about, class_="pw-about") if about else "")
    return Html(f"<style>{STYLE}</style><div class='pw-card'>{head}{joined(*parts)}</div>")


def facts(rows: Iterable[tuple[str, Any]]) -> Html:
    """Return names with their values, as many side by side as fit; empty values are left out."""
    shown = [(name, html) for name, value in rows if (html := escaped(value))]
    items = [element("div", element("dt", name), element("dd", html)) for name, html in shown]
    return element("dl", *items) if items else Html("")


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> Html:
    """Return a table of at most ``ROWS`` rows; it says how many more there are.

    Parameters
    ----------
    right : sequence of str
        The columns that are aligned to the right, such as numbers.
    """
    kinds = ["pw-number" if name in right else None for name in head]
    top = element("tr", *(element("th", n, scope="col", class_=k) for n, k in zip(head, kinds, strict=True)))
    lines = [
        element("tr", *(element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)))
        for row in rows[:ROWS]
    ]
    more = f"… and {len(rows) - ROWS:,} more" if len(rows) > ROWS else ""
    body = element("table", element("thead", top), element("tbody", *lines))
    return joined(element("div", body, class_="pw-scroll"), note(more))


def note(text: Any) -> Html:
    """Return a remark in a fainter color; an empty text if there is no remark."""
    return element("p", text, class_="pw-note") if text else Html("")


def problem(text: Any) -> Html:
    """Return a problem in the color of errors; an empty text if there is none."""
    return element("p", text, class_="pw-problem") if text else Html("")


def beside(side: Any, *main: Any) -> Html:
    """Return a picture with other parts to its right, or below it if the page is narrow."""
    return element("div", side, element("div", *main), class_="pw-beside")


def folded(title: str, *parts: Any) -> Html:
    """Return parts that are opened by a click on their title."""
    return element("details", element("summary", title), *parts)


def command(text: str) -> Html:
    """Return code in a monospaced font."""
    return element("code", text)
