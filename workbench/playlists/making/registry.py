"""Register methods by name: a function, its one-line help, and its parameters, which are read from its signature."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.cards.card import card, command, note, table
from workbench.cards.html import joined
from workbench.errors import PluginError, WorkbenchError
from workbench.readable import counted
from workbench.values import Value, described

if TYPE_CHECKING:
    from workbench.playlists.making.request import Pick, Request

    Picks = Callable[..., Iterator[Pick]]


@dataclass(frozen=True)
class Method:
    """A method: a way to choose tracks.

    Attributes
    ----------
    function : callable
        ``function(request, **parameters)`` yields ``Pick``s in the order in which it would play or prefer
        them; ``generate`` takes those that the constraints allow, until there are enough. It does no input
        or output.
    help : str
        One line.
    parameters : mapping of str to Value
        The parameters of the method alone; ``COMMON_PARAMETERS`` of ``generation`` are those of all methods.
    needs_vectors : bool
        Whether it can only choose analyzed tracks.
    sequence : bool
        Whether the order of its picks is the playing order (a path, a set, a curve), rather than a preference.
    """

    name: str
    function: Picks
    help: str
    parameters: Mapping[str, Value]
    needs_vectors: bool
    sequence: bool

    def picks(self, request: Request, **parameters: Any) -> Iterator[Pick]:
        """Yield the picks of the function.

        Raises
        ------
        PluginError
            The function is in a plug-in and failed.
        """
        try:
            yield from self.function(request, **parameters)
        except Exception as error:
            if isinstance(error, WorkbenchError) or self.function.__module__.startswith("workbench."):
                raise
            raise PluginError(f"The method {self.name} failed: {type(error).__name__}: {error}") from error

    def __repr__(self) -> str:
        parameters = f"\nparameters: {', '.join(self.parameters)}" if self.parameters else ""
        return f"{self.name}: {self.help}{parameters}"

    def _repr_html_(self) -> str:
        rows = [
            (command(name), value.help, value.allowed, _default(value))
            for name, value in self.parameters.items()
        ]
        head = ("Parameter", "What it is", "Allowed", "Default")
        return card(
            self.name,
            table(head, rows) if rows else note("This method has only the common parameters."),
            about=self.help,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-serializable values."""
        return {
            "name": self.name,
            "help": self.help,
            "needs_vectors": self.needs_vectors,
            "sequence": self.sequence,
            "parameters": [parameter.to_dict() for parameter in self.parameters.values()],
        }


class Methods(dict[str, Method]):
    """Methods by name; shown with their help and parameters."""

    def __repr__(self) -> str:
        return f"{counted(len(self), 'playlist method')}: {', '.join(self)}"

    def _repr_html_(self) -> str:
        rows = [
            (command(each.name), each.help, joined(*map(command, each.parameters), between=" "))
            for each in self.values()
        ]
        return card(
            counted(len(self), "playlist method"), table(("Method", "What it does", "Parameters"), rows)
        )


METHODS = Methods()
"""Every registered method by name. Filled when ``workbench.playlists.methods`` is imported."""


def _default(value: Value) -> str:
    if value.required:
        return "must be given"
    return "" if value.default is None else str(value.default)


def method(
    name: str, help: str, *, needs_vectors: bool = True, sequence: bool = False
) -> Callable[[Picks], Picks]:
    """Register the decorated function as a playlist method.

    Raises
    ------
    PluginError
        Another method has this name.
    """

    def register(function: Picks) -> Picks:
        if name in METHODS and METHODS[name].function.__module__ != function.__module__:
            raise PluginError(f"There is a playlist method {name} already. Choose another name.")
        defaults = {
            key: parameter.default
            for key, parameter in inspect.signature(function).parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }
        annotations = typing.get_type_hints(function, localns=_REQUEST_NAMES, include_extras=True)
        METHODS[name] = Method(
            name, function, help, described(annotations, defaults), needs_vectors, sequence
        )
        return function

    return register


_REQUEST_NAMES = {"Request": Any, "Pick": Any}
