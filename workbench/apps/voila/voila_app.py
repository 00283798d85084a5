"""The standalone Voila server, with our handlers before its own: preheated apps and REST on one port."""

from __future__ import annotations

import gc
import ipaddress
import logging
import re
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from jupyter_events import EventLogger
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler
from traitlets.config import Config
from traitlets.config.application import LevelFormatter
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from workbench.apps.dashboards.widgets.static_file import FOLDER
from workbench.apps.notebooks import app_entries
from workbench.apps.rest.api_handler import SERVICE
from workbench.apps.rest.routes import handlers
from workbench.apps.server.bounded_server import BoundedServer
from workbench.apps.server.owner import TELLS_OWNERS, OwnerIdentity
from workbench.apps.server.service import Service
from workbench.apps.voila.app_kernels import AppKernels
from workbench.apps.voila.compiled_templates import compile_once
from workbench.apps.voila.page_files import EXTENSIONS, file_routes, kept_addresses, with_kept_files
from workbench.apps.voila.pages import (
    ApiPageHandler,
    AppChannelsHandler,
    AppHandler,
    HomeHandler,
    LeaveHandler,
    LoginHandler,
    LogoutHandler,
    LostHandler,
)
from workbench.apps.voila.voila_internals import wait_until_preheated
from workbench.log_lines import PrintableRecords
from workbench.machine.run_folder import TemporaryFolder
from workbench.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
CULL_IDLE_S = 600  # set by hand: the kernel of a closed tab ends after ten minutes
CULL_EVERY_S = 10  # set by hand: a page that nobody uses is detected soon
EXECUTION_TIMEOUT_S = 120  # set by hand: for the cells of an app
IOPUB_TIMEOUT_S = 60  # set by hand: with the 4 s of nbclient, a page on a busy machine had no app
SHUTDOWN_WAIT_S = 1.0  # set by hand; a page's kernel has nothing to save
FORKED = "workbench-forked"  # the name of the entry point of ForkedKernels
CELL_FAILED = "Reload the page to try again. If it stays, `workbench doctor` and the server's log say why."
# The handlers of Voila that are used. Its handlers of the file browser, the files of notebooks, themes and extensions
# are left out, and so is the one for the request of a page, which no app reads.
VOILA_HANDLERS: dict[type[RequestHandler], type[RequestHandler]] = {
    TornadoVoilaHandler: AppHandler,
    VoilaShutdownKernelHandler: LeaveHandler,
    VoilaKernelWebsocketHandler: AppChannelsHandler,
    KernelHandler: KernelHandler,
}
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: blob: data:; "
    "worker-src 'self' blob:; media-src 'self' blob: data:; frame-ancestors 'self'; form-action 'self'; "
    "base-uri 'self'"
)

_log = logging.getLogger(__name__)


class CheckedApplication(Application):
    """Refuses requests to all handlers whose Host header does not mean this server.

    Otherwise, a page of another site whose name resolves to this machine (DNS rebinding) would have the same origin.
    With a token, such a page cannot log in, and proxies may use any name.
    """

    def find_handler(self, request: HTTPServerRequest, **options: Any) -> Any:
        if not f"{request.path}/".startswith(self.settings["base_url"]):  # a proxy has removed it
            request.path = url_path_join(self.settings["base_url"], request.path)
        if not self.settings["any_host"] and not is_local_host(
            request.host_name, self.settings["local_hostnames"]
        ):
            return self.get_handler_delegate(request, WrongHostHandler)
        return super().find_handler(request, **options)


class WrongHostHandler(RequestHandler):
    def prepare(self) -> None:
        self.set_status(403)
        self.finish({"error": "forbidden", "message": "The Host header names another server."})


def is_local_host(host: str, names: list[str]) -> bool:
    """Return whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in names


class VoilaLogLines(PrintableRecords, LevelFormatter):
    """Voila's log formatter, with unprintable characters escaped."""


class WorkbenchVoila(Voila):  # type: ignore[misc]
    """Voila for the folder of apps, with the handlers of REST and the home page before its own."""

    name = "voila"
    _log_formatter_cls = VoilaLogLines

    def __init__(
        self,
        settings: Settings,
        service: Service,
        *,
        sockets: list[socket.socket],
        token_for_others: str,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if token_for_others:
            self.token, self.identity_provider_class = token_for_others, OwnerIdentity
        # Otherwise, each kernel would make one, and logging keeps loggers forever.
        self.event_logger = EventLogger()
        self.workbench_settings = settings
        self.service = service
        self._sockets = sockets
        logging.getLogger(type(self).__name__).addFilter(_is_not_about_trust)

    @property
    def asks_owner(self) -> bool:
        """Whether the user who started the server must log in with a token that is in a file."""
        return self.identity_provider_class is OwnerIdentity and not TELLS_OWNERS

    def setup_template_dirs(self) -> None:
        super().setup_template_dirs()
        self.template_paths[:0] = [str(TEMPLATES), str(FOLDER)]
        compile_once(self.template_paths, self.voila_configuration.template)

    def init_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = super().init_settings()
        return {
            **settings,
            SERVICE: self.service,
            "apps": Path(self.root_dir),
            "allow_remote_access": True,  # CheckedApplication has checked the Host header
            "any_host": bool(self.workbench_settings.token),
            "local_hostnames": ["localhost", self.workbench_settings.host.lower()],
            "headers": {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "same-origin"},
            "log_function": _log_request,
            "xsrf_cookie_kwargs": {"samesite": "strict"},
            "static_immutable_cache": kept_addresses(self.base_url),
        }

    def init_handlers(self) -> list[Any]:
        base_url = self.server_url
        voila = [
            (pattern, VOILA_HANDLERS[handler], *options)
            for pattern, handler, *options in super().init_handlers()
            if handler in VOILA_HANDLERS
        ]
        return [
            *handlers(base_url),
            (re.escape(base_url) + "?", HomeHandler),
            (re.escape(url_path_join(base_url, "api")), ApiPageHandler),
            (re.escape(url_path_join(base_url, "login")), LoginHandler),
            (re.escape(url_path_join(base_url, "logout")), LogoutHandler),
            *file_routes(base_url, voila=self.static_paths, extensions=self.labextensions_path),
            *voila,
            (r".*", LostHandler),
        ]

    def start(self) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        self.port: int = self._sockets[0].getsockname()[1]
        self._temporary = TemporaryFolder("k")  # a short name, because the sockets of kernels are in it
        self.connection_dir = str(self._temporary.path)
        self.app = CheckedApplication(**self.init_settings())
        self.app.add_handlers(".*$", self.init_handlers())
        self.ioloop = IOLoop.current()
        signal.signal(signal.SIGTERM, self._handle_signal_stop)
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        self.ioloop.add_callback(self._open)
        gc.freeze()
        try:
            self.ioloop.start()
        finally:
            self.stop()

    async def _open(self) -> None:
        self.service.lag.start()
        self.server = BoundedServer(self.app, xheaders=False)
        self.server.add_sockets(self._sockets)
        once = f"?token={self.token}" if self.asks_owner else ""
        _log.warning(
            "Playlist Workbench is at http://%s:%d%s%s", _shown(self.ip), self.port, self.base_url, once
        )
        await wait_until_preheated(self.kernel_manager)
        gc.freeze()  # loaded objects stay: traversing them in each full collection took 150 ms
        self.service.lag.end_start_up()

    def stop(self) -> None:
        self.server.stop()
        self.service.closing = True
        self.ioloop.run_sync(self.kernel_manager.end_all)
        self._temporary.close()


def _is_not_about_trust(record: logging.LogRecord) -> bool:
    """Whether a record is not about trust, which concerns stored outputs; the apps have none."""
    return not record.getMessage().endswith("is not trusted")


def configuration(settings: Settings, apps: Path, base_url: str) -> Config:
    """Return Voila's configuration; the user's own voila.json is not read."""
    config = page_configuration(partial(_page_config, apps))
    config.Voila.root_dir = str(apps)
    config.Voila.ip = settings.host
    config.Voila.port = settings.port
    config.Voila.port_retries = 0
    config.Voila.open_browser = False
    config.Voila.base_url = base_url
    config.Voila.token = settings.token or ""
    config.IdentityProvider.cookie_options = {"samesite": "lax"}
    config.Voila.log_level = logging.WARNING
    config.Voila.config_file_paths = []
    config.VoilaConfiguration.multi_kernel_manager_class = AppKernels
    config.VoilaConfiguration.preheat_kernel = True
    config.VoilaConfiguration.default_pool_size = 1
    config.VoilaConfiguration.file_allowlist = []
    config.KernelProvisionerFactory.default_provisioner_name = FORKED
    config.KernelManager.transport = "ipc"  # sockets in a private folder, not ports
    config.KernelRestarter.restart_limit = 0  # a new kernel would not know its page
    config.MappingKernelManager.cull_idle_timeout = CULL_IDLE_S
    config.MappingKernelManager.cull_interval = CULL_EVERY_S
    config.MappingKernelManager.cull_connected = False
    config.KernelManager.shutdown_wait_time = SHUTDOWN_WAIT_S
    return config


def page_configuration(page_config_hook: Callable[..., dict[str, Any]]) -> Config:
    """Return the configuration of the pages, in ``workbench serve`` and in JupyterLab."""
    config = Config()
    config.VoilaConfiguration.strip_sources = True
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.extension_allowlist = list(EXTENSIONS)
    config.VoilaConfiguration.page_config_hook = page_config_hook
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaExecutor.timeout = EXECUTION_TIMEOUT_S
    config.VoilaExecutor.iopub_timeout = IOPUB_TIMEOUT_S
    config.VoilaExecutor.cell_error_instruction = CELL_FAILED
    return config


def _page_config(
    apps: Path, page_config: dict[str, Any], *, base_url: str, notebook_path: str, **_: Any
) -> dict[str, Any]:
    """Return the values for the template of a page."""
    return with_kept_files(page_config, base_url) | {
        "workbenchApps": [vars(app) for app in app_entries(apps)],
        "workbenchHere": PurePath(notebook_path).stem,
    }


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _log_request(handler: RequestHandler) -> None:
    level = logging.DEBUG if handler.get_status() < 500 else logging.WARNING
    _log.log(level, "%d %s %s", handler.get_status(), handler.request.method, handler.request.path)


def base_url_of(prefix: str) -> str:
    """Return a base URL with a slash at both ends."""
    return url_path_join("/", prefix, "/")
