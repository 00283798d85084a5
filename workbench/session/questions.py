"""``wb.sql``: query the library in SQL with DuckDB, from columns in memory. Nothing can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.analysis.descriptors import DESCRIPTORS, Descriptor
from workbench.errors import QuerySyntaxError

if TYPE_CHECKING:
    import pandas as pd

# No file, no network, no extension, and no statement may turn this off again.
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
}


def with_units(frame: pd.DataFrame, own: Sequence[Descriptor] = ()) -> pd.DataFrame:
    """Return the frame with ``attrs``: unit, meaning and source of its descriptors, by column."""
    shown = [d for d in (*DESCRIPTORS, *own) if d.name in frame.columns]
    frame.attrs["units"] = {d.name: d.unit for d in shown if d.unit}
    frame.attrs["meanings"] = {d.name: d.meaning for d in shown}
    frame.attrs["sources"] = {d.name: d.source for d in shown}
    return frame


def ask(frame: pd.DataFrame, question: str) -> pd.DataFrame:
    """Answer one ``SELECT`` about the table ``tracks``.

    Raises
    ------
    QuerySyntaxError
        The text is not a single ``SELECT``, or DuckDB cannot run it; the message is DuckDB's.
    """
    import duckdb

    from workbench.cards.frame import ShownFrame

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
            return ShownFrame(connection.execute(statements[0]).df())
        except duckdb.Error as error:
            raise QuerySyntaxError(
                f"{error} The table is called tracks; wb.tracks has its columns."
            ) from error
