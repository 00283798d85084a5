"""Describe a part of the session, such as ``wb.playlists``, and its methods."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from workbench.cards.card import card, command, folded, table
from workbench.cards.html import Html


class Verbs:
    """Base class that shows the first sentence of a class's docstring, and its public methods with theirs."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {_first_sentence(self)}"

    def _repr_html_(self) -> str:
        return card(type(self).__name__, verbs_table(self), about=_first_sentence(self))

    def _card(self, *parts: Any, about: Any = "") -> Html:
        """Return a card with these parts, and a folded table of the methods."""
        methods = folded("What it can do", verbs_table(self))
        return card(type(self).__name__, *parts, methods, about=about or _first_sentence(self))


def verbs_table(thing: object) -> Html:
    """Return the public methods and properties of an object, each with the first sentence of its docstring."""
    return table(("", "what it does"), [(command(name), text) for name, text in _verbs(type(thing))])


def _verbs(kind: type) -> Iterator[tuple[str, str]]:
    for name in sorted({name for base in kind.__mro__[:-1] for name in vars(base)}):
        member = inspect.getattr_static(kind, name)
        if name.startswith("_") and name != "__call__":
            continue
        if isinstance(member, property):
            yield name, _first_sentence(member)
        elif callable(function := getattr(member, "__func__", member)):
            yield _typed(name, function), _first_sentence(function)


def _typed(name: str, function: Any) -> str:
    """Return a call as a user types it, with only the required arguments."""
    given = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in ("self", "cls")
        and parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return f"{'' if name == '__call__' else name}({', '.join(given)})"


def _first_sentence(thing: Any) -> str:
    text = " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())
    return text.replace("``", "")
