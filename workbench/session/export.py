"""``wb.export``: the whole library as one file, for other programs."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import LibraryPathError
from workbench.readable import valid
from workbench.user_paths import expand_home
from workbench.values import did_you_mean
from workbench.whole_file import whole_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from workbench.store.library.library_table import LibraryTable

# A spreadsheet takes a cell that begins like this for a formula, and anybody can write a tag. As in playlist files.
_FORMULA = r"^[=+\-@\t\r'']"
_DATES = "TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ'"


def _csv(frame: pd.DataFrame) -> tuple[str, str]:
    texts = [
        name for name in frame.columns if frame[name].dtype == "string" or frame[name].dtype == "category"
    ]
    shown = [
        f"CASE WHEN regexp_matches({_name(name)}, '{_FORMULA}') THEN '''' || {_name(name)} "
        f"ELSE {_name(name)} END AS {_name(name)}"
        for name in texts
    ]
    changes = f" REPLACE ({', '.join(shown)})" if shown else ""
    return f"SELECT *{changes} FROM tracks", f"FORMAT csv, HEADER, {_DATES}"


def _json_lines(frame: pd.DataFrame) -> tuple[str, str]:
    return "SELECT * FROM tracks", f"FORMAT json, {_DATES}"


def _parquet(frame: pd.DataFrame) -> tuple[str, str]:
    """Convert a frame to an Arrow table with the units and meanings of the descriptors in its metadata."""
    notes = ", ".join(f"{name}: {_text(json.dumps(value))}" for name, value in frame.attrs.items())
    return (
        "SELECT * FROM tracks",
        f"FORMAT parquet, COMPRESSION zstd{f', KV_METADATA {{{notes}}}' if notes else ''}",
    )


TABLES: dict[str, Callable[[pd.DataFrame], tuple[str, str]]] = {
    "csv": _csv,
    "jsonl": _json_lines,
    "parquet": _parquet,
}
"""The formats of tables, each with a function from the table to a query and options of DuckDB."""

_READERS = {"csv": "read_csv", "jsonl": "read_json", "parquet": "read_parquet"}
_COMPARED_COLUMNS = 4  # id, title, artist, album: later ones differ between versions and libraries


def rows_that_match(table: LibraryTable, where: str | None) -> npt.NDArray[np.int64]:
    """Return the rows that match a filter; all without one."""
    import numpy as np

    from workbench.playlists.query.query_match import matching_rows

    return np.arange(len(table)) if where is None else np.flatnonzero(matching_rows(where, table))


def table_format(path: str | os.PathLike[str]) -> str:
    """Return the format of a table file by its suffix.

    Raises
    ------
    LibraryPathError
        There is no such format.
    """
    wanted = Path(path).suffix.removeprefix(".").lower()
    if wanted not in TABLES:
        raise LibraryPathError(
            f"{path}: the library cannot be exported as {wanted!r}.{did_you_mean(wanted, TABLES)} "
            f"Formats: {', '.join(TABLES)}; xml (Rekordbox) and nml (Traktor) for DJ programs.",
            path=str(path),
        )
    return wanted


def write_table(frame: pd.DataFrame, path: str | os.PathLike[str], format: str, *, force: bool) -> Path:
    """Write a frame as CSV, JSON Lines or Parquet, and return the path.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``wb.tracks`` or a part of it. It is written row by row, so the file may be larger than the free memory.
    format : str
        One of ``TABLES``.
    force : bool
        Overwrite a file that is not such a table.

    Raises
    ------
    LibraryPathError
        The file cannot be written, or another program made it.
    """
    import duckdb
    import numpy as np

    target = Path(expand_home(path)).absolute()
    written = frame.reset_index()
    if not force and not _is_table(target, format, list(written.columns)):
        raise LibraryPathError(
            f"{target} exists and was not written by Playlist Workbench. "
            "Choose another name, or use force (--force) to overwrite it.",
            path=str(target),
        )
    measured = [name for name in written.columns if written[name].dtype.kind == "f"]
    written[measured] = written[measured].where(np.isfinite(written[measured]))  # JSON has no infinity
    query, options = TABLES[format](frame)
    try:
        with (
            whole_file(target) as unfinished,
            _in_utf8(unfinished) as named,
            duckdb.connect() as connection,
        ):
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("tracks", written)
            connection.execute(f"COPY ({query}) TO {_text(named)} ({options}, USE_TMP_FILE false)")
    except (OSError, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LibraryPathError(
            f"{target} cannot be written: {reason}. Choose another folder.", path=str(target)
        ) from error
    return target


def _is_table(target: Path, format: str, columns: list[str]) -> bool:
    """Return whether a file may be overwritten: it is missing or empty, or begins with the columns of a table."""
    import duckdb

    if not target.is_file() or not target.stat().st_size:
        return True
    try:
        with duckdb.connect() as connection, _in_utf8(target) as named:
            found = connection.execute(f"SELECT * FROM {_READERS[format]}(?) LIMIT 0", [named]).description
    except duckdb.Error:
        return False
    return [name for name, *_ in found[:_COMPARED_COLUMNS]] == columns[:_COMPARED_COLUMNS]


@contextmanager
def _in_utf8(path: Path) -> Iterator[str]:
    """Lend a path that DuckDB can open: a link to the file if its name is not UTF-8, otherwise the path itself."""
    name = str(path)
    if valid(name) == name:
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "linked")
        link.symlink_to(path)
        yield str(link)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(name: Any) -> str:
    return '"' + str(name).replace('"', '""') + '"'
