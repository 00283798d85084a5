"""Voila's and its extensions' files at addresses that never change their content, so that browsers keep them.

Voila lets a browser ask again for each of its 80 files at every visit. Extensions carry a hash in their names; what
Voila itself loads does not, so its version goes into the address.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.web import StaticFileHandler
from voila import __version__
from voila.static_file_handler import MultiStaticFileHandler

KEPT = "public, max-age=31536000, immutable"
VOILA_FILES = f"voila/static-{__version__}"
EXTENSION_FILES = "voila/labextensions/"
OWN_FILES = "voila/workbench"
OWN_FOLDER = Path(__file__).parent / "page_scripts"

Route = tuple[str, type[StaticFileHandler], dict[str, Any]]


class KeptFileHandler(MultiStaticFileHandler):  # type: ignore[misc]
    """Serves Voila's own files, to be kept for a year."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", KEPT)


def kept_files(base_url: str, folders: list[str]) -> list[Route]:
    """Return the routes of Voila's files and our own below a base URL."""
    return [
        (re.escape(url_path_join(base_url, VOILA_FILES)) + "/(.*)", KeptFileHandler, {"paths": folders}),
        (
            re.escape(url_path_join(base_url, OWN_FILES)) + "/(.*)",
            StaticFileHandler,
            {"path": str(OWN_FOLDER)},
        ),
    ]


def with_kept_files(page_config: dict[str, Any], *, base_url: str, **_: Any) -> dict[str, Any]:
    """Let a page ask for files where :func:`kept_files` has them (Voila's ``page_config_hook``)."""
    return page_config | {
        "fullStaticUrl": url_path_join(base_url, VOILA_FILES),
        "fullMathjaxUrl": url_path_join(base_url, OWN_FILES, "no_mathjax.js"),
        "mathjaxConfig": "none",
    }
