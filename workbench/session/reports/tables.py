"""Tables for readers: every cell is text, and an empty table has a sentence that explains why it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str = "Nothing.", caption: str = ""
) -> Any:
    """Return rows as a pandas Styler, which a notebook and a page show as a table without row numbers."""
    import pandas as pd

    frame = (
        pd.DataFrame([list(row) for row in rows], columns=list(head)) if rows else pd.DataFrame({"": [empty]})
    )
    left: list[Any] = [{"selector": "th, td, caption", "props": "text-align: left; vertical-align: top"}]
    shown = frame.style.hide(axis="index").set_table_styles(left)
    return shown.set_caption(caption) if caption else shown
