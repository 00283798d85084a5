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
    """One app or notebook for the home page and the launcher: file name without suffix, title, and what it is for."""

    name: str
    title: str
    line: str


def notebooks_folder() -> Path:
    """Return the folder of notebooks: the wheel carries it inside the package, a clone beside it.

    Raises
    ------
    ServerError
        Neither is there.
    """
    package = Path(workbench.__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / "apps").is_dir():
            return folder
    raise ServerError("The notebooks are missing from this installation. Install playlist-workbench again.")


def apps_folder() -> Path:
    """Return the folder that holds the Voila apps and nothing else."""
    return notebooks_folder() / "apps"


def notebook_files() -> list[Path]:
    """Return the notebooks to work in, in order of name; the apps are not among them."""
    return sorted(notebooks_folder().glob("*.ipynb"))


def notebook_entries() -> list[AppEntry]:
    """Return titles and descriptions of those notebooks, with the first steps first."""
    entries = [_entry(path) for path in notebook_files()]
    return sorted(entries, key=lambda entry: entry.name != FIRST_STEPS)


def app_files(folder: Path) -> list[Path]:
    """Return the apps of a folder in order of name."""
    return sorted(folder.glob("*.ipynb"))


def app_entries(folder: Path) -> list[AppEntry]:
    """Return titles and descriptions of the apps of a folder, in order of name."""
    return [_entry(path) for path in app_files(folder)]


def _entry(path: Path) -> AppEntry:
    """Read an app's title and line: the heading and the first paragraph of its first Markdown cell."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, LookupError, TypeError):
        return AppEntry(path.stem, path.stem, "This notebook cannot be read.")
    text = next(("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"), "")
    heading, _, rest = text.strip().partition("\n")
    paragraph = rest.strip().partition("\n\n")[0].replace("\n", " ")
    return AppEntry(path.stem, heading.lstrip("# ").strip() or path.stem, paragraph)
