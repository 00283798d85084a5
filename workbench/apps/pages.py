"""Pages that are not notebooks: the home page, and what is shown where there is nothing."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError, authenticated

from workbench.apps.notebooks import app_entries


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

    def initialize(self, apps: Path) -> None:
        self._apps = apps

    @authenticated
    async def get(self) -> None:
        _ = self.xsrf_token  # sets the cookie that the pages' own requests will need
        self.show("home.html", apps=app_entries(self._apps))


class LoginHandler(PageHandler):
    """Where pages send those without the token."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(HTTPStatus.UNAUTHORIZED)


class LostHandler(PageHandler):
    """Every address that is nothing."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(HTTPStatus.NOT_FOUND)
