"""Create the folder of pages that a server shows: the shipped apps, and a page for each app of a plug-in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping

from workbench.apps.notebooks import app_files, apps_folder
from workbench.machine.run_folder import TemporaryFolder

_CODE = "from workbench import Workbench\n\nwb = Workbench(role={role!r})\nwb.app({name!r})"


class AppPages:
    """Pages of all apps; close it when the server stops.

    Parameters
    ----------
    own : mapping
        The descriptions of the apps of plug-ins by name. A shipped page is not replaced by one of the same name.

    Attributes
    ----------
    folder : Path
        The folder with a notebook for each app.
    """

    def __init__(self, own: Mapping[str, str]) -> None:
        self._temporary = TemporaryFolder("apps") if own else None
        if self._temporary is None:
            self.folder = apps_folder()
            return
        self.folder = self._temporary.path
        for name, about in own.items():
            self.folder.joinpath(f"{name}.ipynb").write_text(json.dumps(_page(name, about)), "utf-8")
        for shipped in app_files(apps_folder()):
            shutil.copy(shipped, self.folder)

    def close(self) -> None:
        if self._temporary is not None:
            self._temporary.close()


def _page(name: str, about: str) -> dict[str, object]:
    title = name.replace("_", " ").capitalize()
    code: dict[str, object] = {"cell_type": "code", "execution_count": None, "outputs": []}
    return {
        "cells": [
            {"cell_type": "markdown", "id": "about", "metadata": {}, "source": f"# {title}\n\n{about}"},
            code | {"id": "app", "metadata": {}, "source": _CODE.format(role=f"{title} app", name=name)},
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "title": f"{title} · Playlist Workbench",
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
