"""``wb.sql``: questions to the library in SQL, answered by DuckDB from columns in memory. Nothing can be changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.analysis.descriptors import DESCRIPTORS
from workbench.errors import LibraryPathError, QuerySyntaxError
from workbench.user_paths import expand_home
from workbench.whole_file import whole_file

if TYPE_CHECKING:
    import os

    import pandas as pd

# No file, no network, no extension, and no statement may turn this off again.
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
}


def with_units(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with ``attrs``: unit, meaning and source of its descriptors, by column."""
    shown = [d for d in DESCRIPTORS if d.name in frame.columns]
    frame.attrs["units"] = {d.name: d.unit for d in shown if d.unit}
    frame.attrs["meanings"] = {d.name: d.meaning for d in shown}
    frame.attrs["sources"] = {d.name: d.source for d in shown}
    return frame


def ask(frame: pd.DataFrame, question: str) -> pd.DataFrame:
    """Answer one ``SELECT`` about the table ``tracks``.

    Raises
    ------
    QuerySyntaxError
        It is not one question, or DuckDB cannot answer it; the message is DuckDB's.
    """
    import duckdb

    with duckdb.connect(config=_LOCKED) as connection:
        connection.register("tracks", frame.reset_index())
        connection.execute("SET lock_configuration = true")
        try:
            statements = connection.extract_statements(question)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise QuerySyntaxError(
                    "wb.sql answers one SELECT about the table tracks, and changes nothing. "
                    "Write SELECT … FROM tracks …"
                )
            return connection.execute(statements[0]).df()
        except duckdb.Error as error:
            raise QuerySyntaxError(
                f"{error} The table is called tracks; wb.tracks has its columns."
            ) from error


def write_parquet(frame: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Write a frame as a Parquet file, with units and meanings of the descriptors in its metadata.

    Raises
    ------
    LibraryPathError
        The file cannot be written.
    """
    import duckdb

    target = Path(expand_home(path)).absolute()
    notes: dict[str, Any] = {str(name): json.dumps(value) for name, value in frame.attrs.items()}
    metadata = ", ".join(f"{name}: {_quoted(text)}" for name, text in notes.items())
    options = f"FORMAT parquet, COMPRESSION zstd{f', KV_METADATA {{{metadata}}}' if notes else ''}"
    try:
        with whole_file(target) as unfinished, duckdb.connect() as connection:
            connection.register("tracks", frame.reset_index())
            connection.execute(f"COPY tracks TO {_quoted(str(unfinished))} ({options})")
    except (OSError, duckdb.Error) as error:
        raise LibraryPathError(f"{target} cannot be written: {error}", path=str(target)) from error
    return target


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
