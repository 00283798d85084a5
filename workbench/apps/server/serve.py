"""``workbench serve``: check the settings, open the library, serve until stopped."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import re
import socket
from pathlib import Path

from workbench.errors import ServerError, SettingsError
from workbench.log_lines import show_log
from workbench.machine.open_files import raise_open_file_limit
from workbench.readable import counted
from workbench.settings import PREFIX, Settings

FILES = 256  # 22 of the server (measured), 16 pages of one client with a dozen each, and connections
SHORTEST_TOKEN = (
    16  # chosen: 64 bits where it is made of hexadecimal digits, out of reach of guesses over a network
)
_BASE_URL = re.compile(r"(/[A-Za-z0-9._~-]+)*/?$")


def serve(
    settings: Settings, *, base_url: str = "/", apps: Path | None = None, token_for_others: bool = True
) -> int:
    """Serve the Voila apps and REST; return the exit status.

    Parameters
    ----------
    token_for_others : bool
        Without a ``TOKEN``, require from other users of this machine a token that is made and kept in the data folder.
    base_url : str
        Prefix of every address, for a proxy that does not remove it.
    apps : Path, optional
        Folder of notebooks to serve, each kept preheated; by default the shipped ones, and a page for each app of a
        plug-in.

    Raises
    ------
    SettingsError
        The host is not loopback and the token is missing or short, or the base URL is not a path.
    ServerError
        The port is taken, or this process may open too few files.
    StoreError
        The library cannot be opened.
    """
    refuse_open_host(settings)
    refuse_few_files()
    if not _BASE_URL.match(base_url):
        raise SettingsError(f"--base-url {base_url!r} is not allowed; allowed: a path such as /music/.")
    show_log(logging.WARNING, "%(asctime)s %(name)s: %(message)s")
    pass_to_kernels(settings)

    # Before the library is opened, because a second server must not continue the jobs of the first.
    sockets = _listen(settings.host, settings.port)
    from workbench.apps.app_pages import AppPages
    from workbench.apps.server.service import Service
    from workbench.apps.server.token_file import TOKEN_NAME, kept_token
    from workbench.apps.voila.voila_app import WorkbenchVoila, base_url_of, configuration

    service = Service(settings, role="server")
    pages = AppPages(service.workbench.plugins.apps)
    try:
        others = "" if settings.token or not token_for_others else kept_token(settings.data_dir / TOKEN_NAME)
        app = WorkbenchVoila(
            settings,
            service,
            sockets=sockets,
            token_for_others=others,
            config=configuration(settings, apps or pages.folder, base_url_of(base_url)),
        )
        app.initialize([])
        app.start()
    finally:
        pages.close()
        service.close()
    return 0


def _listen(host: str, port: int) -> list[socket.socket]:
    from tornado.netutil import bind_sockets

    try:
        return bind_sockets(port, host)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken by another program" if taken else f"cannot be used ({error.strerror})"
        raise ServerError(
            f"Port {port} on {host} {reason}. Stop what uses it, or choose another with --port.",
            port=port,
            host=host,
        ) from error


def refuse_open_host(settings: Settings) -> None:
    """Raise ``SettingsError`` if others could reach the server without a token, or with a token that can be guessed."""
    if is_loopback(settings.host):
        return
    if settings.token and len(settings.token) >= SHORTEST_TOKEN:
        return
    if settings.token:
        raise SettingsError(
            f"HOST={settings.host} is not allowed with a token of {counted(len(settings.token), 'character')}, which "
            f"can be guessed. Set {PREFIX}TOKEN to a secret of at least {SHORTEST_TOKEN} characters.",
            name="TOKEN",
        )
    raise SettingsError(
        f"HOST={settings.host} is not allowed without a token: anyone who can reach the server could read "
        f"your music and run analyses. Set {PREFIX}TOKEN to a long secret, or leave HOST=127.0.0.1.",
        name="HOST",
    )


def refuse_few_files() -> None:
    """Increase the limit of open files as far as possible; raise ``ServerError`` if it is too low for our pages."""
    allowed = raise_open_file_limit()
    if allowed is not None and allowed < FILES:
        raise ServerError(
            f"This process may open {counted(allowed, 'file')} and sockets at a time, and the server needs {FILES:,}. "
            f"Raise the limit, such as with `ulimit -n {FILES}`, and start it again.",
            allowed=allowed,
            needed=FILES,
        )


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def pass_to_kernels(settings: Settings) -> None:
    """Put the settings without the token into the environment of our child processes."""
    for name, value in settings.to_dict().items():
        if name == "REDIS_URL" and settings.redis_url:
            os.environ[PREFIX + name] = settings.redis_url  # kernels also keep features there
        elif name == "TOKEN" or value is None:
            os.environ.pop(PREFIX + name, None)
        elif isinstance(value, list):
            os.environ[PREFIX + name] = os.pathsep.join(value)
        else:
            os.environ[PREFIX + name] = str(value)
