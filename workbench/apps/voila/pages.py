"""The pages: apps, the list of apps, and the page for unknown addresses."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from workbench.apps.server.notebooks import app_entries, app_files


def menu(apps: Path, notebook_path: str) -> list[dict[str, Any]]:
    """Return the apps for the menu of a page: name, title, and whether it is the page itself."""
    here = PurePath(notebook_path).stem
    return [{"name": app.name, "title": app.title, "here": app.name == here} for app in app_entries(apps)]


class PageHandler(JupyterHandler):
    """A page from our templates, errors included."""

    def show(self, template: str, **values: Any) -> None:
        page = self.settings["voila_jinja2_env"].get_template(template)
        self.finish(page.render(base_url=self.base_url, **values))

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.show("error.html", status_code=status_code, status_message=HTTPStatus(status_code).phrase)


class HomeHandler(PageHandler):
    """The list of apps."""

    @authenticated
    async def get(self) -> None:
        _ = self.xsrf_token  # sets the cookie that the pages' own requests will need
        self.show("home.html", apps=app_entries(self.settings["apps"]))

    head = get


class AppHandler(PageHandler, TornadoVoilaHandler):  # type: ignore[misc]
    """An app of the list; other notebooks are not run, and other files are not read."""

    @authenticated
    async def get(self, path: str) -> None:
        if path not in {file.name for file in app_files(self.settings["apps"])}:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        await super().get(path)  # type: ignore[misc]


class AppChannelsHandler(PageHandler, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The messages between a page and its kernel."""


class LogoutHandler(PageHandler):
    """Forget the token of a browser."""

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
