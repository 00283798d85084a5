"""Serve only the files that pages load, at addresses that browsers may cache.

Voila lets a browser ask again for each of its 80 files at every visit. Extensions carry a hash in their names; what
Voila itself loads does not, so its version goes into the address.
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
TEMPLATE_FILES = "voila/templates/lab/static"  # where Voila's template looks for them
EXTENSION_FILES = "voila/labextensions"
SWAGGER_FILES = "voila/swagger-ui"
OWN_FILES = "voila/workbench"
OWN_FOLDER = Path(__file__).parent / "page_scripts"
# Every JupyterLab extension that happens to be installed would load in each page; these draw the apps.
EXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")
KEPT = (VOILA_FILES, EXTENSION_FILES)

Route = tuple[str, type[FileFindHandler], dict[str, Any]]


class VoilaFileHandler(PageHandler, FileFindHandler):
    """A file of Voila. It needs no login, like the page that asks for the token."""


def file_routes(base_url: str, *, voila: list[str], extensions: list[str]) -> list[Route]:
    """Return the routes of the files below a base URL, from the folders that Voila and extensions are in."""
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
    """Return the prefixes of addresses whose content never changes."""
    return [url_path_join(base_url, address, "/") for address in KEPT]


def with_kept_files(page_config: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Let a page load files from the addresses of :func:`file_routes`."""
    return page_config | {
        "fullStaticUrl": url_path_join(base_url, VOILA_FILES),
        "fullMathjaxUrl": url_path_join(base_url, OWN_FILES, "no_mathjax.js"),
        "mathjaxConfig": "none",
    }


def _pattern(base_url: str, address: str, name: str = "(.*)") -> str:
    return re.escape(url_path_join(base_url, address, "/")) + name
