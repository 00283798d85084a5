"""The front-end files that the widgets carry."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "static"


def script(*names: str) -> str:
    """Return the module of a widget, after the functions that all widgets share; its parts in order."""
    return "".join((FOLDER / f"{each}.js").read_text("utf-8") for each in ("shared", *names))


def style(name: str = "") -> str:
    """Return the style of what pages are built of, or of one widget."""
    return "".join(map(plain_style, ("palette", "theme", name or "page")))


def plain_style(name: str) -> str:
    """Return one style sheet."""
    return (FOLDER / f"{name}.css").read_text("utf-8")
