"""Read JSON documents of other programs."""

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
        The text is not JSON; the message has the line and column.
    """
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise PlaylistFileError(
            f"It is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise PlaylistFileError(f"It is not JSON: {error}.") from error


def text_in(document: Mapping[str, Any], name: str) -> str | None:
    """Return a text field; ``None`` if it is empty or not a text."""
    value = document.get(name)
    return value if isinstance(value, str) and value else None
