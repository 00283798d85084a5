"""``wb.app``: open an app over a session. The session finds the apps, which are in a package above it, by entry points.

An app is a function that takes a workbench and returns a widget. A package adds an app by an entry point of the group
``workbench.apps``, a file in the data folder by ``workbench.apps.app``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.errors import MissingPackageError, PluginError
from workbench.values import did_you_mean

GROUP = "workbench.apps"
BUILT_IN = "playlist-workbench"

OWN_APPS: dict[str, Callable[[Any], Any]] = {}
"""The apps of files in the data folder, by name."""


def open_app(wb: Any, name: str) -> Any:
    """Return a new widget of an app.

    Raises
    ------
    MissingPackageError
        No installed package and no plug-in has an app of this name.
    PluginError
        The app is in a plug-in and failed.
    """
    installed = installed_apps()
    if name in installed and _is_built_in(installed[name]):
        return installed[name].load()(wb)
    known = [*installed, *OWN_APPS]
    if name not in known:
        names = ", ".join(sorted(known)) or "none; install the package again"
        raise MissingPackageError(f"There is no app {name!r}.{did_you_mean(name, known)} Apps: {names}.")
    try:
        return (OWN_APPS[name] if name in OWN_APPS else installed[name].load())(wb)
    except Exception as error:
        raise PluginError(f"The app {name} failed: {type(error).__name__}: {error}") from error


def own_apps() -> dict[str, str]:
    """Return the apps that are not built in: a mapping of names to the purpose or the origin of each."""
    packages = {
        name: f"From the package {entry.dist.name}."
        for name, entry in installed_apps().items()
        if entry.dist is not None and not _is_built_in(entry)
    }
    files = {name: _about(make) for name, make in OWN_APPS.items()}
    return dict(sorted((packages | files).items()))


def _about(make: Callable[[Any], Any]) -> str:
    return (inspect.getdoc(make) or "An app of your own.").partition("\n\n")[0]


def _is_built_in(entry: EntryPoint) -> bool:
    return entry.dist is None or entry.dist.name == BUILT_IN


@cache
def installed_apps() -> dict[str, EntryPoint]:
    """Return the apps of installed packages by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}
