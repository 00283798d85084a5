"""The decorator for apps of plug-ins."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from workbench.errors import PluginError
from workbench.session.apps import OWN_APPS, installed_apps

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

MakeApp = TypeVar("MakeApp", bound=Callable[[Any], Any])


def app(name: str) -> Callable[[MakeApp], MakeApp]:
    """Register the decorated class or function as an app: it is called with a workbench and returns a widget.

    Raises
    ------
    PluginError
        The name is not allowed, or another app has it.
    """
    if not _NAME.fullmatch(name):
        raise PluginError(f"{name!r} cannot name an app. Use small letters, digits and underscores.")

    def register(make: MakeApp) -> MakeApp:
        known = OWN_APPS.get(name)
        if name in installed_apps() or (known is not None and known.__module__ != make.__module__):
            raise PluginError(f"There is an app {name} already. Choose another name.")
        OWN_APPS[name] = make
        return make

    return register
