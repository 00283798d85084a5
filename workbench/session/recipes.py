"""``wb.recipes``: methods with their parameters, saved as files in the folder ``recipes``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import PlaylistError
from workbench.whole_file import whole_file

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]|^\.|^\s*$')
MOST_LETTERS = 100  # set by hand: file systems allow 255 bytes


class Recipes:
    """The recipes in a folder, by name. Iterating gives the names.

    Parameters
    ----------
    folder : Path
        It is created when the first recipe is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __iter__(self) -> Iterator[str]:
        return iter(sorted((path.stem for path in self.folder.glob("[!.]*.json")), key=str.casefold))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in list(self)

    def __repr__(self) -> str:
        return f"Recipes in {self.folder}: {', '.join(self) or 'none yet'}"

    def get(self, name: str) -> dict[str, Any]:
        """Return a recipe: ``method``, ``parameters``, ``name``, and ``random_state`` if it has one.

        Raises
        ------
        PlaylistError
            There is no recipe of this name, or its file is not a recipe.
        """
        if name not in self:
            known = ", ".join(self) or "none yet"
            raise PlaylistError(f"There is no recipe {name!r} in {self.folder}. Recipes: {known}.")
        return read_recipe(self._path(name))

    def save(
        self, name: str, method: str, parameters: Mapping[str, Any], *, random_state: int | None = None
    ) -> Path:
        """Keep a method and its parameters under a name, in place of an earlier recipe, and return the file.

        Parameters
        ----------
        random_state : int, optional
            If left out, every playlist of the recipe gets its own random state.

        Raises
        ------
        PlaylistError
            The name cannot be the name of a file, or the file cannot be written.
        """
        path = self._path(name)
        recipe = {"recipe": 1, "name": name.strip(), "method": method, "parameters": dict(parameters)}
        if random_state is not None:
            recipe["random_state"] = random_state
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as file:
                file.write_text(json.dumps(recipe, ensure_ascii=False, indent=2, default=str) + "\n", "utf-8")
        except OSError as error:
            raise PlaylistError(f"The recipe cannot be written: {error}.") from error
        return path

    def delete(self, name: str) -> None:
        """Delete the file of a recipe; do nothing if it does not exist."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        stem = name.strip()
        if _NOT_IN_FILE_NAMES.search(stem) or not stem or len(stem) > MOST_LETTERS:
            raise PlaylistError(
                f"{name!r} cannot be the name of a recipe, because it is the name of a file, too. Use letters, numbers "
                f"and spaces, at most {MOST_LETTERS}."
            )
        return self.folder / f"{stem}.json"


def read_recipe(path: Path) -> dict[str, Any]:
    """Read a file that holds a recipe, or a playlist with its recipe (such as ``playlist --json`` prints).

    Raises
    ------
    PlaylistError
        The file cannot be read, or is not a recipe.
    """
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PlaylistError(f"{path} is not a recipe: {error}. Name a JSON file that holds one.") from error
    inner = read.get("recipe") if isinstance(read, dict) else None
    found = inner if isinstance(inner, dict) else read
    if not isinstance(found, dict) or not isinstance(found.get("parameters"), dict) or "method" not in found:
        raise PlaylistError(f"{path} is not a recipe: method or parameters is missing.")
    return found
