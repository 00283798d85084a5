"""The pages: apps, the list of apps, and the page for unknown addresses."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.httputil import url_concat
from tornado.web import HTTPError, authenticated
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from workbench.apps.notebooks import app_entries, app_files
from workbench.apps.rest.api_handler import SERVICE
from workbench.apps.voila.app_kernels import Visit
from workbench.apps.voila.foreign_loads import refuse_foreign_load
from workbench.apps.voila.page_error import PageError
from workbench.errors import StoreError
from workbench.session.overview import Overview, overview

RETRY_AFTER_S = 60  # after this time, the kernels of lost pages have ended
_KERNEL_ID = re.compile(r'"kernelId": "([^"]+)"')


class PageHandler(JupyterHandler):
    """The base of handlers for pages from our templates, errors included."""

    def show(self, template: str, **values: Any) -> None:
        page = self.settings["voila_jinja2_env"].get_template(template)
        apps = app_entries(self.settings["apps"])
        self.finish(page.render(base_url=self.base_url, apps=apps, **values))

    def leaves_token_out(self) -> bool:
        """Redirect a browser that has logged in with the token in the address to the same address without it."""
        if "token" not in self.request.query_arguments or "text/html" not in self.request.headers.get(
            "Accept", ""
        ):
            return False
        rest = [(name, value) for name, value in parse_qsl(self.request.query) if name != "token"]
        self.redirect(url_concat(self.request.path, rest))
        return True

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        status = HTTPStatus(status_code)
        if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
            self.set_header("Retry-After", str(RETRY_AFTER_S))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.show(
            "error.html",
            status_code=status_code,
            status_message=status.phrase,
            message=error.message if isinstance(error, PageError) else "",
        )


class HomeHandler(PageHandler):
    """The home page: the content of the library, and the list of apps."""

    @authenticated
    async def get(self) -> None:
        if self.leaves_token_out():
            return
        _ = self.xsrf_token  # sets the cookie that requests of the pages need
        self.show("home.html", library=await self._overview())

    async def _overview(self) -> Overview | None:
        service = self.settings[SERVICE]
        try:
            counts: Overview = await service.run(overview, service.workbench)
        except StoreError as error:
            self.log.warning("The home page has no numbers: %s", error)
            return None
        return counts

    head = get


class ApiPageHandler(PageHandler):
    """The page on which people can read and try the REST API."""

    @authenticated
    async def get(self) -> None:
        _ = self.xsrf_token
        self.show("api.html")


class AppHandler(PageHandler, TornadoVoilaHandler):  # type: ignore[misc]
    """The page of an app. Only the apps of the list are run; other notebooks and files are not read."""

    _visit: Visit | None = None

    @authenticated
    async def get(self, path: str) -> None:
        if path not in {file.name for file in app_files(self.settings["apps"])}:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        if self.leaves_token_out():
            return
        refuse_foreign_load(self.request.headers)
        _ = (
            self.xsrf_token
        )  # sets the cookie that requests of the page need, such as the one when it is closed
        kernels: Any = self.kernel_manager
        with kernels.visit(self.request.remote_ip) as self._visit:
            await super().get(path)  # type: ignore[misc]

    def write(self, chunk: Any) -> None:
        """Send a part of the page, and read from it which kernel Voila has taken."""
        if self._visit and not self._visit.kernel_id and (found := _KERNEL_ID.search(str(chunk))):
            self._visit.kernel_id = found[1]
        super().write(chunk)


class AppChannelsHandler(PageHandler, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The messages between a page and its kernel."""


class LeaveHandler(VoilaShutdownKernelHandler):  # type: ignore[misc]
    """Ends the kernel of an app that was left. When a page is closed, Voila's script and ours may both send this."""

    @authenticated
    async def post(self, kernel_id: str) -> None:
        if kernel_id in self.kernel_manager:
            await super().post(kernel_id)
        else:
            self.set_status(HTTPStatus.NO_CONTENT)


class LogoutHandler(PageHandler):
    """Logs a browser out."""

    @allow_unauthenticated
    async def get(self) -> None:
        self.identity_provider.clear_login_cookie(self)
        self.redirect(self.base_url)


class LoginHandler(PageHandler):
    """The page that asks for the token."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(HTTPStatus.UNAUTHORIZED)


class LostHandler(PageHandler):
    """The page for unknown addresses."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(HTTPStatus.NOT_FOUND)
