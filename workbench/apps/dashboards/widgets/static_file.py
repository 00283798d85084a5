"""The front-end files that the widgets carry."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "static"


def script(name: str) -> str:
    """Return the module of a widget, after the functions that all widgets share."""
    return "".join((FOLDER / f"{each}.js").read_text("utf-8") for each in ("shared", name))


def style(name: str = "") -> str:
    """Return the style of what pages are built of, or of one widget."""
    names = ("palette", "theme", name or "page")
    return "".join((FOLDER / f"{each}.css").read_text("utf-8") for each in names)
