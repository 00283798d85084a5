"""``wb.plugins``: the plug-ins, and the own descriptors that they add to the analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cards.rows import Rows
from workbench.session.apps import own_apps
from workbench.session.plugins.loading import FOLDER, Plugin, from_files, from_packages

if TYPE_CHECKING:
    from workbench.analysis.own_descriptors import OwnDescriptor, SentMeter

_COLUMNS: Mapping[str, Callable[[Plugin], Any]] = {
    "Plug-in": lambda plugin: plugin.name,
    "Adds": lambda plugin: ", ".join(plugin.adds) or "nothing",
    "From": lambda plugin: plugin.place,
    "Problem": lambda plugin: plugin.problem or "",
}


class Plugins(Rows[Plugin]):
    """The plug-ins of one data folder and of the installed packages.

    Attributes
    ----------
    folder : Path
        Each Python file in it is a plug-in.
    descriptors : dict of str to OwnDescriptor
        The own descriptors that the plug-ins add.
    """

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER
        empty = f"A Python file in {self.folder} adds a descriptor, a method, a format or an app: docs/extending.md."
        found = _told_apart([*from_packages(), *from_files(self.folder)])
        super().__init__(found, "plug-in", _COLUMNS, empty=empty)
        self.descriptors: dict[str, OwnDescriptor] = {
            own.about.name: own for plugin in self for own in plugin.descriptors
        }

    @property
    def apps(self) -> dict[str, str]:
        """The purpose of each app by name."""
        return own_apps()

    @property
    def versions(self) -> dict[str, int]:
        """The version of each descriptor."""
        return {name: own.version for name, own in self.descriptors.items()}

    def sent(self) -> list[SentMeter]:
        """Return the meters of the descriptors, packed for workers."""
        import cloudpickle

        from workbench.analysis.own_descriptors import SentMeter

        return [
            SentMeter(name, own.version, own.about.kind, cloudpickle.dumps(own.meter))
            for name, own in self.descriptors.items()
        ]


def _told_apart(plugins: Sequence[Plugin]) -> Iterator[Plugin]:
    """Yield plug-ins; refuse a plug-in that has a descriptor with the name of an earlier one."""
    names: dict[str, str] = {}
    for plugin in plugins:
        twice = [own.about.name for own in plugin.descriptors if own.about.name in names]
        if twice:
            reason = f"The plug-in {names[twice[0]]} has a descriptor {twice[0]} too. Rename one."
            yield replace(plugin, problem=reason, descriptors=())
            continue
        names |= {own.about.name: plugin.name for own in plugin.descriptors}
        yield plugin
