"""The front-end files that the widgets carry."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "static"


def script(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text("utf-8")


def style(name: str) -> str:
    return (FOLDER / "theme.css").read_text("utf-8") + (FOLDER / f"{name}.css").read_text("utf-8")
