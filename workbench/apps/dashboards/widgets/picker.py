"""A field that searches the library while the user types, so that nobody needs to know an id or a spelling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import anywidget
import traitlets

from workbench.apps.dashboards.widgets.static_file import script, style


class Choice(NamedTuple):
    """A choice: its value, its label, and a detail that distinguishes it from others."""

    value: Any
    label: str
    detail: str = ""


class Picker(anywidget.AnyWidget):
    """A field for one value or several values, which are searched for in the kernel; other texts can be entered too.

    Parameters
    ----------
    find : callable
        Takes the typed text and returns a few choices, the best first.
    describe : callable
        Returns the label of a value that was set by code.

    Attributes
    ----------
    value
        The picked value or ``None``; a list if several can be picked. Observe it, or set it.
    """

    _esm = script("picker")
    _css = style("picker")
    description = traitlets.Unicode().tag(sync=True)
    tooltip = traitlets.Unicode().tag(sync=True)
    placeholder = traitlets.Unicode().tag(sync=True)
    several = traitlets.Bool().tag(sync=True)
    chosen: traitlets.List[Any] = traitlets.List().tag(sync=True)
    found: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    value = traitlets.Any()

    def __init__(
        self,
        find: Callable[[str], Sequence[Choice]],
        *,
        describe: Callable[[Any], str] = str,
        several: bool = False,
        description: str = "",
        **shown: str,
    ) -> None:
        self._find, self._describe = find, describe
        super().__init__(several=several, description=description, value=[] if several else None, **shown)
        self.on_msg(self._receive)

    @traitlets.observe("chosen")
    def _was_chosen(self, change: Any) -> None:
        values = [choice["value"] for choice in self.chosen]
        self.value = values if self.several else next(iter(values), None)

    @traitlets.observe("value")
    def _was_given(self, change: Any) -> None:
        given = self.value if self.several else [self.value]
        values = [value for value in given or () if value not in (None, "")]
        if values != [choice["value"] for choice in self.chosen]:
            self.chosen = [{"value": value, "label": self._describe(value)} for value in values]

    def _receive(self, widget: Any, content: dict[str, Any], buffers: Any) -> None:
        match content:
            case {"kind": "find", "text": str(text), "number": int(number)}:
                choices = [choice._asdict() for choice in self._find(text)]
                self.found = {"number": number, "choices": choices}
