"""A Jupyter Server extension with REST, the apps, and the handlers of JupyterLab's launcher.

The wheel installs a file that enables it.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from jupyter_server.extension.application import ExtensionApp

from workbench.apps.app_pages import AppPages
from workbench.apps.rest.api_handler import SERVICE
from workbench.apps.rest.routes import handlers
from workbench.apps.server.launcher_handlers import launcher_routes
from workbench.apps.server.service import Service
from workbench.apps.voila.lab_pages import app_routes
from workbench.settings import Settings


class WorkbenchExtension(ExtensionApp):
    """Adds our handlers to a Jupyter server, and closes the library when the server stops."""

    name = "workbench"
    open_browser = False

    service: Service | None = None

    def initialize_settings(self) -> None:
        self.service = Service(Settings.load(), role="lab")
        self.pages = AppPages(self.service.workbench.plugins.apps)
        self.settings |= {SERVICE: self.service, "apps": self.pages.folder}

    def initialize_handlers(self) -> None:
        assert self.serverapp is not None
        # Tornado tries these before the server's own handlers, so /metrics is ours too.
        base_url = self.serverapp.base_url
        rules: list[Any] = [*handlers(base_url), *launcher_routes(base_url), *app_routes(self.serverapp)]
        self.serverapp.web_app.add_handlers(".*$", rules)  # type: ignore[no-untyped-call]
        self.serverapp.io_loop.add_callback(self._watch_loop)

    async def _watch_loop(self) -> None:
        gc.freeze()  # see WorkbenchVoila: full collections would stop the loop for over 100 ms
        if self.service is not None:
            self.service.lag.start()

    async def stop_extension(self) -> None:
        if self.service is not None:
            service, self.service = self.service, None
            self.pages.close()
            await asyncio.to_thread(service.close)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "workbench.apps.server.jupyter_extension", "app": WorkbenchExtension}]
