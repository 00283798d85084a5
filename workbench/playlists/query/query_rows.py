"""Convert a filter to rows of a form, one for each condition, and back. Parts that are not conditions stay text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.playlists.query.query_language import Both, Condition, Either, Node, Not, Token

_PLAIN = re.compile(r"""-?\d[\d.:]*[ ]+-[ ]+\d[\d.:]*|[^\s"'(),=~<>!]+""")


@dataclass(frozen=True)
class Row:
    """One condition: ``field operator values``."""

    field: str
    operator: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        """The row in the filter language; empty if it has no value yet."""
        values = [value for value in map(str.strip, self.values) if value]
        return f"{self.field} {self.operator} {','.join(map(_value, values))}" if values else ""


def rows_of(tree: Node) -> tuple[str, list[Row | str]]:
    """Return how the parts of a filter are joined (``and`` or ``or``), and a row or a text for each part."""
    match tree:
        case Both(parts):
            return "and", [_row(part) for part in parts]
        case Either(parts):
            return "or", [_row(part) for part in parts]
    return "and", [_row(tree)]


def rows_text(joined: str, rows: Sequence[Row | str]) -> str:
    """Write rows in the filter language."""
    texts = [row.text if isinstance(row, Row) else row.strip() for row in rows]
    return f" {joined} ".join(text for text in texts if text)


def query_text(node: Node) -> str:
    """Write a parsed filter in the filter language."""
    match node:
        case Condition(field, operator, values):
            shown = ",".join(_token(token) for token in values)
            return f"{field} {operator} {shown}" if field else _quoted(values[0].text)
        case Not(inner):
            return f"not {_enclosed(inner)}"
        case Both(parts):
            return " and ".join(map(_enclosed, parts))
        case Either(parts):
            return " or ".join(map(_enclosed, parts))


def _row(node: Node) -> Row | str:
    if isinstance(node, Condition) and node.field is not None:
        return Row(node.field, node.operator, tuple(token.text for token in node.values))
    return _enclosed(node)


def _enclosed(node: Node) -> str:
    return f"({query_text(node)})" if isinstance(node, Both | Either) else query_text(node)


def _token(token: Token) -> str:
    return _quoted(token.text) if token.kind == "quoted" else token.text


def _value(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'
