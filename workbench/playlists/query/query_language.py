"""The filter language: parse a text into a small tree.

``bpm 120-128 and key 8A,9A and genre ~ house and not artist "X" or (year >= 1990 and energy > 0.7)``

::

    query      = term { "or" term }
    term       = factor { ["and"] factor }
    factor     = "not" factor | "(" query ")" | condition
    condition  = field [operator] value { "," value }  |  text
    operator   = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">="      "~" contains
    value      = word | "quoted text" | low-high | low.. | ..high

A text that is not a field name is searched for in title, artist, album, genre, and the path below the library's folder.
A misspelled field name before a value is an error. A number matches all values that round to it: ``bpm 120`` finds
119.6. Nothing is evaluated as code: the tree has only names of columns and plain values.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from workbench.errors import QuerySyntaxError
from workbench.values import nearest

# Chosen: far more than people type, but not enough to exhaust the stack.
MAX_LENGTH = 10_000
MAX_DEPTH = 50
# Similarity (difflib) from which a word before a value is a misspelled field. Set by hand, stricter than for hints.
_MISSPELLED = 0.65
OPERATORS = ("!=", "!~", "<=", ">=", "=", "~", "<", ">")

_TOKENS = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<operator>!=|!~|<=|>=|==|=|~|<|>)
                         |(?P<mark>[(),])|(?P<word>-?\d[\d.:]*[ ]+-[ ]+\d[\d.:]*|[^\s"(),=~<>!]+))""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class Condition:
    """``field operator values``; ``field`` is ``None`` for a text to be found anywhere."""

    field: str | None
    operator: str
    values: tuple[Token, ...]
    position: int


@dataclass(frozen=True)
class Not:
    inner: Node


@dataclass(frozen=True)
class Both:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Node, ...]


Node = Condition | Not | Both | Either


def syntax_error(query: str, position: int, message: str, **details: Any) -> QuerySyntaxError:
    """Return an error that shows its place in the query."""
    start = max(0, position - 30)
    shown = query[start : position + 30].replace("\n", " ")
    return QuerySyntaxError(
        f"{message} At character {position + 1}: {shown[: position - start]}▸{shown[position - start :]}",
        query=query,
        position=position,
        **details,
    )


def parse_query(
    query: str, fields: Sequence[str], words: Mapping[str, Container[str]] = MappingProxyType({})
) -> Node:
    """Parse a query.

    Parameters
    ----------
    query : str
    fields : sequence of str
        Names that may be before an operator or a value.
    words : mapping of str to words
        Names that are fields only before an operator, a colon or one of these words. Elsewhere they are texts to find.

    Raises
    ------
    QuerySyntaxError
        ``position`` is the index of the character at which reading stopped.
    """
    if len(query) > MAX_LENGTH:
        raise syntax_error(query, MAX_LENGTH, f"The query is longer than {MAX_LENGTH} characters.")
    return _Parser(query, frozenset(fields) - words.keys(), words).parse()


def _tokens(query: str) -> list[Token]:
    tokens, position = [], 0
    end = len(query.rstrip())
    while position < end:
        match = _TOKENS.match(query, position)
        if match is None:
            at = position + len(query[position:]) - len(query[position:].lstrip())
            unclosed = query[at] in "\"'"
            raise syntax_error(
                query, at, "This quote is not closed." if unclosed else f"{query[at]!r} is not allowed here."
            )
        kind = str(match.lastgroup)
        text = match.group(kind)
        tokens.append(Token(kind, _unquoted(text) if kind == "quoted" else text, match.start(kind)))
        position = match.end()
    return [*tokens, Token("end", "", end)]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, query: str, fields: frozenset[str], words: Mapping[str, Container[str]]) -> None:
        self.query, self.fields, self.words = query, fields, words
        self.tokens, self.index, self.depth = _tokens(query), 0, 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def parse(self) -> Node:
        if self.token.kind == "end":
            raise syntax_error(self.query, 0, "The query is empty.")
        node = self.either()
        if self.token.kind != "end":
            raise self.unexpected("and, or, or the end")
        return node

    def either(self) -> Node:
        parts = [self.both()]
        while self.keyword("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Node:
        parts = [self.factor()]
        while self.keyword("and") or self.starts_factor():
            parts.append(self.factor())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def starts_factor(self) -> bool:
        kind, text, _ = self.token
        return (kind in ("word", "quoted") or text == "(") and not (kind == "word" and text.lower() == "or")

    def factor(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise syntax_error(
                self.query,
                self.token.position,
                f"There are more than {MAX_DEPTH} levels of brackets or of 'not'.",
            )
        node: Node
        if self.keyword("not"):
            node = Not(self.factor())
        elif self.token.text == "(" and self.token.kind == "mark":
            opened = self.take().position
            node = self.either()
            if self.token.text != ")":
                raise syntax_error(self.query, opened, "This bracket is not closed.")
            self.take()
        else:
            node = self.condition()
        self.depth -= 1
        return node

    def condition(self) -> Node:
        first = self.token
        if first.kind == "quoted":
            return Condition(None, "~", (self.take(),), first.position)
        if first.kind != "word" or first.text.lower() in ("and", "or", "not"):
            raise self.unexpected("a field or a text")
        field, colon, value = first.text.partition(":")
        if colon and value and field.lower() in {*self.fields, *self.words}:
            self.take()
            token = Token("word", value, first.position + len(field) + 1)
            return Condition(field.lower(), "=", (token,), first.position)
        following = self.tokens[self.index + 1]
        if first.text.lower() not in self.fields and not self.compared(first, following):
            if following.kind == "operator" or self.misspelled(first, following):
                raise self.unknown_field(first)
            return Condition(None, "~", (self.take(),), first.position)
        self.take()
        operator = self.take().text if self.token.kind == "operator" else "="
        return Condition(
            first.text.lower(), "=" if operator == "==" else operator, self.values(), first.position
        )

    def values(self) -> tuple[Token, ...]:
        values = [self.value()]
        while self.token.text == "," and self.token.kind == "mark":
            self.take()
            values.append(self.value())
        return tuple(values)

    def value(self) -> Token:
        if self.token.kind not in ("word", "quoted"):
            raise self.unexpected("a value")
        return self.take()

    def keyword(self, word: str) -> bool:
        if self.token.kind == "word" and self.token.text.lower() == word:
            self.index += 1
            return True
        return False

    def take(self) -> Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def unexpected(self, wanted: str) -> QuerySyntaxError:
        found = "the end" if self.token.kind == "end" else repr(self.token.text)
        return syntax_error(self.query, self.token.position, f"Expected {wanted}, found {found}.")

    def compared(self, first: Token, following: Token) -> bool:
        """Whether a word that may be a field or a text is a field here."""
        own = self.words.get(first.text.lower())
        return own is not None and (following.kind == "operator" or following.text.lower() in own)

    def misspelled(self, first: Token, following: Token) -> bool:
        """Whether a word is nearly a field's name and the next one looks like its value."""
        value = following.kind == "quoted" or (
            following.kind == "word" and following.text[0] in "0123456789."
        )
        word = first.text.lower()
        alike = [field for field in self.fields if field[0] == word[0]]
        return value and bool(difflib.get_close_matches(word, alike, n=1, cutoff=_MISSPELLED))

    def unknown_field(self, token: Token) -> QuerySyntaxError:
        near = nearest(token.text.lower(), sorted({*self.fields, *self.words}))
        hint = (
            f" Did you mean {' or '.join(near)}?" if near else f" Fields: {', '.join(sorted(self.fields))}."
        )
        return syntax_error(
            self.query,
            token.position,
            f"There is no field {token.text!r}.{hint} Put a text to look for in quotes.",
            candidates=near,
        )
