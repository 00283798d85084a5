"""``wb.app``: open an app over a session. The apps are above the session and make themselves known by entry points.

A package adds one of its own with an entry point of the group ``workbench.apps``: a name, and what to call with a
workbench.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.errors import MissingPackageError
from workbench.values import did_you_mean

GROUP = "workbench.apps"


def open_app(wb: Any, name: str) -> Any:
    """Return a new widget of an app.

    Raises
    ------
    MissingPackageError
        No installed package has an app of this name.
    """
    apps = installed_apps()
    if name not in apps:
        known = ", ".join(sorted(apps)) or "none; install the package again"
        raise MissingPackageError(f"There is no app {name!r}.{did_you_mean(name, apps)} Apps: {known}.")
    return apps[name].load()(wb)


def installed_apps() -> dict[str, EntryPoint]:
    """Return the apps that installed packages have, by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}
