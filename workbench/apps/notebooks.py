"""Find the notebooks, in a clone or an installed wheel, and read their titles and descriptions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import workbench
from workbench.errors import ServerError

FIRST_STEPS = "getting_started"


@dataclass(frozen=True)
class AppEntry:
    """An app or notebook on the home page and in the launcher: file name without suffix, title, and description."""

    name: str
    title: str
    line: str


def notebooks_folder() -> Path:
    """Return the folder of notebooks, which is inside the package in a wheel, and beside it in a clone.

    Raises
    ------
    ServerError
        There is no such folder.
    """
    package = Path(workbench.__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / "apps").is_dir():
            return folder
    raise ServerError("The notebooks are missing from this installation. Install playlist-workbench again.")


def apps_folder() -> Path:
    """Return the folder with the notebooks of the Voila apps."""
    return notebooks_folder() / "apps"


def notebook_files() -> list[Path]:
    """Return the shipped notebooks without the apps, sorted by name."""
    return sorted(notebooks_folder().glob("*.ipynb"))


def notebook_entries() -> list[AppEntry]:
    """Return titles and descriptions of the shipped notebooks; the first steps are first."""
    entries = [_entry(path) for path in notebook_files()]
    return sorted(entries, key=lambda entry: entry.name != FIRST_STEPS)


def app_files(folder: Path) -> list[Path]:
    """Return the apps in a folder, sorted by name."""
    return sorted(folder.glob("*.ipynb"))


def app_entries(folder: Path) -> list[AppEntry]:
    """Return titles and descriptions of the apps in a folder, sorted by name."""
    return [_entry(path) for path in app_files(folder)]


def _entry(path: Path) -> AppEntry:
    """Return the title and the description of a notebook: heading and first paragraph of its first Markdown cell."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, LookupError, TypeError):
        return AppEntry(path.stem, path.stem, "This notebook cannot be read.")
    text = next(("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"), "")
    heading, _, rest = text.strip().partition("\n")
    paragraph = rest.strip().partition("\n\n")[0].replace("\n", " ")
    return AppEntry(path.stem, heading.lstrip("# ").strip() or path.stem, paragraph)
