"""Handlers for JupyterLab's launcher: the list of notebooks and apps, and the user's copy of a notebook."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

from jupyter_server.utils import url_path_join
from tornado.web import HTTPError

from workbench.apps.notebooks import AppEntry, app_entries, notebook_entries
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ANY_OBJECT, Operation
from workbench.apps.server.notebook_copies import NotebookCopies
from workbench.apps.voila.lab_pages import PAGES
from workbench.errors import ServerError
from workbench.values import Value

ENTRIES, COPIES = "workbench/launcher", "workbench/notebooks"


class EntriesHandler(ApiHandler):
    operations: ClassVar = {"get": Operation("Notebooks and apps", answers={200: ANY_OBJECT})}

    async def get(self) -> None:
        apps = [
            _entry(app) | {"url": url_path_join(self.base_url, PAGES, f"{app.name}.ipynb")}
            for app in app_entries(self.settings["apps"])
        ]
        self.answer({"notebooks": [_entry(notebook) for notebook in notebook_entries()], "apps": apps})


class CopyHandler(ApiHandler):
    """Returns the user's copy of a notebook, and makes it if it does not exist."""

    operations: ClassVar = {
        "post": Operation(
            "The user's copy of a notebook",
            body={"name": Value("name in the list of notebooks", str)},
            answers={200: ANY_OBJECT},
        )
    }

    async def post(self) -> None:
        name = self.json_body()["name"]
        root = Path(self.contents_manager.root_dir).absolute()
        try:
            path = await asyncio.to_thread(NotebookCopies.below(root).copy_one, f"{name}.ipynb")
        except ServerError as error:
            raise HTTPError(HTTPStatus.CONFLICT, error.message) from error
        self.answer({"path": path.relative_to(root).as_posix()})


def launcher_routes(base_url: str) -> list[Any]:
    return [
        (url_path_join(base_url, ENTRIES), EntriesHandler),
        (url_path_join(base_url, COPIES), CopyHandler),
    ]


def _entry(entry: AppEntry) -> dict[str, str]:
    return {"name": entry.name, "title": entry.title, "line": entry.line}
