"""Lists as a person types them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def listed(value: Any) -> list[Any]:
    """Return the items of a list, of a JSON array in a text, or of a text with commas."""
    if isinstance(value, str):
        value = (
            json.loads(value)
            if value.lstrip().startswith("[")
            else [item.strip() for item in value.split(",")]
        )
    elif isinstance(value, int | float):
        value = [value]
    items = [item for item in value if item is not None and item != ""]
    if isinstance(value, Mapping):
        raise TypeError(value)
    return items
