"""Check the parameters of a notebook: refuse unknown names, and convert values to their types.

Papermill writes the given parameters into a new cell below the cell of parameters, and only warns about unknown names.
So a notebook calls :func:`check_parameters` right after them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from workbench.errors import NotebookParameterError
from workbench.values import NotAllowedError, Value, did_you_mean

INJECTED = "# Parameters\n"
"""The beginning of the cell that papermill writes."""

_TYPES = (str, int, float, bool, Path)


def check_parameters(names: MutableMapping[str, Any]) -> None:
    """Refuse unknown parameters, and convert the values of the others to their annotated types, in place.

    Parameters
    ----------
    names : mapping of str to object
        ``globals()`` of the notebook. Parameters are the names with an annotation: ``str``, ``int``, ``float``,
        ``bool``, ``dict`` (as JSON), ``"Path"`` (``~`` is the home folder) or ``"date"`` (2026-11-20). An empty
        text for a path or a date becomes ``None``.

    Raises
    ------
    NotebookParameterError
        Papermill has set a name without an annotation, or a value does not fit its type.

    Examples
    --------
    >>> size: int = "12"
    >>> given = {"size": "12", "__annotations__": {"size": int}}
    >>> check_parameters(given)
    >>> given["size"]
    12
    """
    kinds: Mapping[str, Any] = names.get("__annotations__", {})
    refuse_unknown(injected_names(names.get("In", ())), list(kinds))
    names.update({name: _read(name, names[name], kind) for name, kind in kinds.items()})


def refuse_unknown(given: Iterable[str], known: Sequence[str]) -> None:
    """Raise ``NotebookParameterError`` for the first unknown name."""
    for name in given:
        if name not in known:
            raise NotebookParameterError(
                f"This notebook has no parameter {name!r}.{did_you_mean(name, known)} "
                f"Its parameters: {', '.join(known) or 'none'}.",
                name=name,
            )


def injected_names(cells: Sequence[str]) -> list[str]:
    """Return the names that papermill has set, from the source of the cells that have run."""
    source = next((cell for cell in reversed(cells) if cell.startswith(INJECTED)), "")
    return [
        target.id
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    ]


def _read(name: str, value: Any, kind: Any) -> Any:
    try:
        return _converted(value, kind.strip("'\"") if isinstance(kind, str) else kind.__name__)
    except NotAllowedError as error:
        raise NotebookParameterError(f"The parameter {name}: {error}", name=name) from error


def _converted(value: Any, kind: str) -> Any:
    if kind in ("Path", "date") and value in ("", None):
        return None
    if kind == "date":
        return _date(value)
    if kind == "dict":
        return _object(value)
    return _CONVERTERS[kind].read(value)


_CONVERTERS = {kind.__name__: Value(type=kind, pattern="") for kind in _TYPES}


def _date(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise NotAllowedError(value, "a date such as 2026-11-20") from error


def _object(value: Any) -> dict[str, Any]:
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise NotAllowedError(value, "a JSON object") from error
    if not isinstance(read, dict):
        raise NotAllowedError(value, "a JSON object")
    return read
