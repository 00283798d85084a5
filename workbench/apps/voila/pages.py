"""The pages: apps, the list of them, and what is shown where there is nothing."""

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
    """An app of the list; no other notebook is run, and no other file looked at."""

    @authenticated
    async def get(self, path: str) -> None:
        if path not in {file.name for file in app_files(self.settings["apps"])}:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        await super().get(path)  # type: ignore[misc]


class AppChannelsHandler(PageHandler, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """What a page and its kernel say to each other."""


class LogoutHandler(PageHandler):
    """Forget the token that a browser has shown."""

    @allow_unauthenticated
    async def get(self) -> None:
        self.identity_provider.clear_login_cookie(self)
        self.redirect(self.base_url)


class LoginHandler(PageHandler):
    """Where pages send those without the token."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(HTTPStatus.UNAUTHORIZED)


class LostHandler(PageHandler):
    """Every address that is nothing."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(HTTPStatus.NOT_FOUND)
