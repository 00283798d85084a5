"""Serve the apps as pages of a Jupyter server, which JupyterLab shows in its tabs.

Voila's own server extension serves notebooks in the server's folder with its own template, which loads icons from a
CDN. These pages come from the package, look like those of ``workbench serve``, and load only files of this machine.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import get_voila_labextensions_path

from workbench.apps.dashboards.widgets.static_file import FOLDER
from workbench.apps.notebooks import app_files
from workbench.apps.voila.foreign_loads import refuse_foreign_load
from workbench.apps.voila.page_files import file_routes, with_kept_files
from workbench.apps.voila.pages import LeaveHandler
from workbench.apps.voila.voila_app import TEMPLATES, page_configuration

PAGES = "workbench/apps"


class LabAppHandler(TornadoVoilaHandler):  # type: ignore[misc]
    """An app, shipped or of a plug-in, with a kernel of the Jupyter server."""

    @property
    def contents_manager(self) -> LargeFileManager:
        return LargeFileManager(root_dir=str(self.settings["apps"]))

    @authenticated
    async def get(self, path: str) -> None:
        if path not in {file.name for file in app_files(self.settings["apps"])}:
            raise HTTPError(404)
        refuse_foreign_load(self.request.headers)
        _ = self.xsrf_token  # sets the cookie that requests of the page need
        await super().get(path)


def app_routes(server: Any) -> list[Any]:
    """Return the routes of the apps and of their files for a Jupyter server."""
    base_url = server.base_url
    config = page_configuration(_page_config)
    voila = VoilaConfiguration(config=config)
    templates = [str(TEMPLATES), str(FOLDER), *collect_template_paths(["voila", "nbconvert"], voila.template)]
    server.web_app.settings.setdefault("voila_jinja2_env", _environment(templates))
    options = {"config": config, "template_paths": templates, "voila_configuration": voila}
    return [
        (re.escape(url_path_join(base_url, PAGES, "/")) + "([^/]+)", LabAppHandler, options),
        *file_routes(
            base_url,
            voila=collect_static_paths(["voila", "nbconvert"], voila.template),
            extensions=get_voila_labextensions_path(voila.extra_labextensions_path),
        ),
        (url_path_join(re.escape(base_url), "voila/api/shutdown/(.*)"), LeaveHandler),
    ]


def _environment(templates: list[str]) -> Environment:
    return Environment(loader=FileSystemLoader(templates), autoescape=True, extensions=["jinja2.ext.i18n"])


def _page_config(page_config: dict[str, Any], *, base_url: str, **_: Any) -> dict[str, Any]:
    """Return the values for the template. The page has no menu, because the launcher opens the other apps."""
    return with_kept_files(page_config, base_url) | {"workbenchApps": []}
