"""Read the front-end files of the widgets."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "static"


def script(*names: str) -> str:
    """Return the module of a widget, made of the functions that all widgets share and its parts in order."""
    return "".join((FOLDER / f"{each}.js").read_text("utf-8") for each in ("shared", *names))


def style(name: str = "") -> str:
    """Return the style of the elements of pages, or of one widget."""
    return "".join(map(plain_style, ("palette", "theme", name or "page")))


def plain_style(name: str) -> str:
    """Return one style sheet."""
    return (FOLDER / f"{name}.css").read_text("utf-8")
