"""Keep the library table in a file beside the database, which every process of the library maps into memory.

The file can be deleted at any time, because it is made from the database. It names its snapshot of the library, so an
outdated file is not used. Its other content (``more``) belongs to the caller.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from workbench.store.array_file import open_array_file, read_about, write_array_file
from workbench.store.library.library_table import LibraryTable
from workbench.store.library.text_column import TextColumn

if TYPE_CHECKING:
    import numpy.typing as npt

    Arrays = Mapping[str, npt.NDArray[Any]]

NAME = "library.columns"
_FORMAT = 2  # of the names of the arrays; in 1, ratings and plays were among them
_MATRICES = ("vectors", "embeddings", "sound_tags")


class TableInFile(NamedTuple):
    """A table whose columns are mapped from a file, with the other content of the file."""

    table: LibraryTable
    more: Arrays


def save_table(path: Path, table: LibraryTable, *, made_by: Mapping[str, Any], more: Arrays) -> None:
    """Write a table in place of an earlier file.

    Parameters
    ----------
    made_by : mapping
        What the columns depend on besides the library: settings and versions, as JSON values.

    Raises
    ------
    OSError
        The file cannot be written, for example because the disk is full.
    """
    used = {name: column for name, column in table.columns.items() if not _is_empty(column)}
    texts = {name: TextColumn.of(column) for name, column in used.items() if column.dtype == object}
    numbers = {f"number {name}": column for name, column in used.items() if column.dtype != object}
    matrices = {name: part for name in _MATRICES if (part := getattr(table, name)) is not None}
    masks = {"analyzed": table.analyzed, "embedded": table.embedded}
    arrays: dict[str, npt.NDArray[Any]] = {"ids": table.ids, **matrices, **masks, **numbers}
    for name, column in texts.items():
        arrays |= {f"{part} {name}": getattr(column, part) for part in ("codes", "ends", "data")}
    kinds = {name: "text" if column.dtype == object else "number" for name, column in table.columns.items()}
    about = _about(table.version, made_by) | {"columns": kinds, "sound_tag_names": table.sound_tag_names}
    write_array_file(path, about, arrays | {f"more {name}": part for name, part in more.items()})


def load_saved_table(
    path: Path, version: str, *, made_by: Mapping[str, Any], lyrics: Callable[[], Iterable[tuple[int, str]]]
) -> TableInFile | None:
    """Return the table in a file, or ``None`` if it is of another snapshot or was made with other settings or versions.

    Parameters
    ----------
    lyrics : callable
        Reads the lyrics, which the file does not have.

    Raises
    ------
    OSError
        There is no such file.
    StoreError
        The file is damaged.
    """
    if not is_saved(path, version, made_by=made_by):
        return None
    about, arrays, _ = open_array_file(path)
    if not _same(about, version, made_by):  # replaced in between
        return None
    columns = {name: _column(name, kind, arrays) for name, kind in about["columns"].items()}
    table = LibraryTable(
        version,
        arrays["ids"],
        columns,
        arrays["vectors"],
        arrays.get("embeddings"),
        lyrics,
        sound_tags=arrays.get("sound_tags"),
        sound_tag_names=tuple(about["sound_tag_names"]),
    )
    vars(table).update({name: arrays[name] for name in ("analyzed", "embedded")})
    return TableInFile(table, {name[5:]: part for name, part in arrays.items() if name.startswith("more ")})


def is_saved(path: Path, version: str, *, made_by: Mapping[str, Any]) -> bool:
    """Return whether the file is of this snapshot and ``made_by``; its arrays are not checked."""
    about = read_about(path)
    return about is not None and _same(about, version, made_by)


def _same(about: Mapping[str, Any], version: str, made_by: Mapping[str, Any]) -> bool:
    expected = _about(version, made_by)
    return {name: about.get(name) for name in expected} == expected


def _about(version: str, made_by: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": _FORMAT, "version": version, "made_by": dict(made_by)}


def _is_empty(column: npt.NDArray[Any]) -> bool:
    if column.dtype == object:
        return all(text is None for text in column)
    return bool((column != column).all())


def _column(name: str, kind: str, arrays: Arrays) -> npt.NDArray[Any]:
    import numpy as np

    count = len(arrays["ids"])
    if kind == "number":
        return arrays.get(f"number {name}", np.broadcast_to(np.float64(np.nan), count))
    if f"codes {name}" not in arrays:
        return np.broadcast_to(np.array(None, object), count)
    parts = (arrays[f"{part} {name}"] for part in ("codes", "ends", "data"))
    return cast("npt.NDArray[Any]", TextColumn(*parts))


def size_bytes(folder: Path) -> int:
    """Return the size of the table file of a data folder; 0 if there is none."""
    try:
        return os.stat(folder / NAME).st_size  # noqa: PTH116 (no Path for one number)
    except OSError:
        return 0
