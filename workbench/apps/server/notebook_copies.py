"""Copies of the shipped notebooks in a folder of the user. An edited copy is never overwritten.

A file in the folder has a hash of the cells of each notebook that was copied. Running a notebook changes its outputs
but not its cells, so it is not an edit.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.apps.notebooks import notebook_files
from workbench.errors import ServerError
from workbench.whole_file import whole_file

LIST_FILE = ".workbench-notebooks.json"
FOLDER_NAME = "workbench-notebooks"

State = Literal["absent", "removed", "same", "outdated", "edited"]


@dataclass(frozen=True)
class Copy:
    """One shipped notebook and the state of its copy.

    ``state`` is "absent" (never copied), "removed" (by the user), "same", "outdated" (the shipped notebook has changed,
    and the copy was not edited) or "edited".
    """

    name: str
    state: State
    shipped: Path
    own: Path

    def difference(self) -> str:
        """Return the edits as a unified diff from the shipped cells to the user's cells."""
        before, after = (_text(path).splitlines() for path in (self.shipped, self.own))
        return "\n".join(difflib.unified_diff(before, after, f"shipped/{self.name}", self.name, lineterm=""))


class NotebookCopies:
    """The copies in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def below(cls, root: Path) -> NotebookCopies:
        """Return the copies for a Jupyter server: in its folder if that was made for them, otherwise in a subfolder."""
        return cls(root if (root / LIST_FILE).exists() else root / FOLDER_NAME)

    def __iter__(self) -> Iterator[Copy]:
        known = self._known()
        for shipped in notebook_files():
            own = self.folder / shipped.name
            yield Copy(shipped.name, state_of(shipped, known.get(shipped.name), own), shipped, own)

    def copy_all(self) -> None:
        """Copy notebooks that were never copied. Do not copy those that the user removed."""
        self._write([copy for copy in self if copy.state == "absent"])

    def copy_one(self, name: str) -> Path:
        """Return the user's copy of a notebook; make it if it does not exist.

        Raises
        ------
        ServerError
            There is no such notebook, or the folder cannot be written.
        """
        copy = next((copy for copy in self if copy.name == name), None)
        if copy is None:
            raise ServerError(f"There is no notebook {name!r}.")
        if copy.state in ("absent", "removed"):
            self._write([copy])
        return copy.own

    def refresh(self) -> list[Copy]:
        """Update copies that were not edited, restore removed ones, and return the states of all copies before that."""
        before = list(self)
        self._write([copy for copy in before if copy.state in ("absent", "removed", "outdated")])
        return before

    def _write(self, copies: list[Copy]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for copy in copies:
                _write_file(copy.own, copy.shipped.read_bytes())
            known = self._known() | {copy.name: cells_hash(copy.shipped) for copy in copies}
            _write_file(self.folder / LIST_FILE, json.dumps(known, indent=1).encode())
        except OSError as error:
            raise ServerError(
                f"The notebooks cannot be copied to {self.folder}: {error.strerror}. Choose another folder: "
                "workbench lab FOLDER."
            ) from error

    def _known(self) -> dict[str, str]:
        try:
            known = json.loads((self.folder / LIST_FILE).read_text("utf-8"))
        except (OSError, ValueError):
            return {}  # every copy that differs then counts as edited
        return known if isinstance(known, dict) else {}


def _write_file(path: Path, content: bytes) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def state_of(shipped: Path, copied_hash: str | None, own: Path) -> State:
    """Compare a shipped notebook, the hash of the version that was copied, and the current copy."""
    if not own.exists():
        return "removed" if copied_hash else "absent"
    mine, current = cells_hash(own), cells_hash(shipped)
    if mine == current:
        return "same"
    return "outdated" if mine == copied_hash else "edited"


def cells_hash(notebook: Path) -> str:
    """Return a hash of the cells' sources; outputs and metadata do not count."""
    return hashlib.sha256(_text(notebook).encode()).hexdigest()


def _text(notebook: Path) -> str:
    """Return the cells as one text; return the whole text if the file is not a notebook."""
    raw = notebook.read_text("utf-8", errors="replace")
    try:
        cells = json.loads(raw)["cells"]
        return "\n\n".join(f"# {cell['cell_type']} cell\n{''.join(cell['source'])}" for cell in cells)
    except (ValueError, LookupError, TypeError):
        return raw
