"""JSON documents that others wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.errors import PlaylistFileError


def read_json(data: bytes) -> Any:
    """Parse JSON.

    Raises
    ------
    PlaylistFileError
        With the line and column at which it stops being JSON.
    """
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise PlaylistFileError(
            f"It is no JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise PlaylistFileError(f"It is no JSON: {error}.") from error


def text_in(document: Mapping[str, Any], name: str) -> str | None:
    """Return a field that is a text, ``None`` for anything else and for an empty one."""
    value = document.get(name)
    return value if isinstance(value, str) and value else None
