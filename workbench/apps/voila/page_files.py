"""Serve only the files that pages load, at addresses that browsers may cache.

With Voila's own handlers, a browser requests each of its 80 files again at every visit. The files of extensions have a
hash in their names. Voila's own files do not, so the version is part of their address.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.utils import url_path_join
from openapi_ui_bundles import swagger_ui
from voila import __version__

from workbench.apps.dashboards.widgets.static_file import FOLDER
from workbench.apps.voila.pages import PageHandler

VOILA_FILES = f"voila/static-{__version__}"
TEMPLATE_FILES = "voila/templates/lab/static"  # where Voila's template expects them
EXTENSION_FILES = "voila/labextensions"
SWAGGER_FILES = "voila/swagger-ui"
OWN_FILES = "voila/workbench"
OWN_FOLDER = Path(__file__).parent / "page_scripts"
# Only these extensions draw the apps. Without this list, each page would load every installed JupyterLab extension.
EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")
KEPT = (VOILA_FILES, EXTENSION_FILES)

Route = tuple[str, type[FileFindHandler], dict[str, Any]]


class VoilaFileHandler(PageHandler, FileFindHandler):
    """Serves a file of Voila without a login, like the page that asks for the token."""


def file_routes(base_url: str, *, voila: list[str], extensions: list[str]) -> list[Route]:
    """Return the routes of the files in the folders of Voila and of extensions, below a base URL."""
    drawing = "|".join(re.escape(name) for name in EXTENSIONS)
    return [
        (_pattern(base_url, VOILA_FILES), VoilaFileHandler, {"path": voila}),
        (_pattern(base_url, TEMPLATE_FILES), VoilaFileHandler, {"path": voila}),
        (
            _pattern(base_url, EXTENSION_FILES, rf"((?:{drawing})/static/.*)"),
            VoilaFileHandler,
            {"path": extensions},
        ),
        (_pattern(base_url, OWN_FILES), VoilaFileHandler, {"path": [str(OWN_FOLDER), str(FOLDER)]}),
        (_pattern(base_url, SWAGGER_FILES), VoilaFileHandler, {"path": str(swagger_ui.static_path)}),
    ]


def kept_addresses(base_url: str) -> list[str]:
    """Return the prefixes of the addresses with content that never changes."""
    return [url_path_join(base_url, address, "/") for address in KEPT]


def with_kept_files(page_config: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Return the configuration of a page that loads its files from the addresses of :func:`file_routes`."""
    return page_config | {
        "fullStaticUrl": url_path_join(base_url, VOILA_FILES),
        "fullMathjaxUrl": url_path_join(base_url, OWN_FILES, "no_mathjax.js"),
        "mathjaxConfig": "none",
    }


def _pattern(base_url: str, address: str, name: str = "(.*)") -> str:
    return re.escape(url_path_join(base_url, address, "/")) + name
