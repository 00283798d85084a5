"""Configure jupyter-server-proxy for ``serve`` behind a Jupyter server, such as one of JupyterHub.

See https://jupyter-server-proxy.readthedocs.io/en/latest/server-process.html for the keys.
"""

from __future__ import annotations

import secrets
import sys
from typing import Any

from workbench.settings import PREFIX

PATH = "playlist-workbench"


def proxied_server() -> dict[str, Any]:
    """Return the command that starts ``serve``, with a secret that only the Jupyter server knows.

    Jupyter checks the user's login before it forwards a request. The workbench has a token too, because other users of
    the machine can reach its port.
    """
    token = secrets.token_urlsafe(32)
    return {
        "command": [
            sys.executable, "-m", "workbench", "serve", "--port", "{port}", "--base-url", f"{{base_url}}{PATH}/",
        ],
        "environment": {f"{PREFIX}TOKEN": token},
        "request_headers_override": {"Authorization": f"token {token}"},
        "absolute_url": True,
        "timeout": 60,
        "launcher_entry": {"title": "Playlist Workbench"},
    }  # fmt: skip
