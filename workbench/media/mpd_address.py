"""Read addresses of MPD: ``mpd://host:port``, ``mpd:///path/of/socket``, or ``mpd`` for MPD_HOST, as in mpc."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from workbench.errors import MediaServerError

DEFAULT_PORT = 6600
TIMEOUT_S = 30.0  # as in mpc


@dataclass(frozen=True)
class MpdAddress:
    """The address of an MPD.

    Attributes
    ----------
    host : str
        A host name or IP address, or a Unix socket: its path, or ``@`` and the name of an abstract socket.
    password : str
        Empty if none is needed. It is never shown.
    timeout_s : float
        How long to wait for each answer.
    """

    host: str
    port: int = DEFAULT_PORT
    password: str = ""
    timeout_s: float = TIMEOUT_S

    def __str__(self) -> str:
        return f"MPD at {self.host}" if self.is_socket else f"MPD at {self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"<{self}>"

    @property
    def is_socket(self) -> bool:
        return self.host.startswith(("/", "@"))


def mpd_address(text: str, environ: Mapping[str, str]) -> MpdAddress:
    """Read an address.

    Parameters
    ----------
    text : str
        The address; for ``mpd``, host, password and port are read from the environment.
    environ : mapping
        ``MPD_HOST`` (``password@host``, a path or ``@name``), ``MPD_PORT`` and ``MPD_TIMEOUT``. The password of
        MPD_HOST is used if the address has none, because other users of a machine can see command lines.

    Raises
    ------
    MediaServerError
        The text is not an address of an MPD.
    """
    usual = _from_environment(environ)
    if text in ("mpd", "mpd:", "mpd://"):
        return usual
    if not text.startswith("mpd://"):
        raise MediaServerError(
            f"{text!r} is not a media server. Allowed: mpd, mpd://HOST, mpd://HOST:PORT, mpd:///PATH/OF/SOCKET.",
            server=text,
        )
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORT
    except ValueError as error:
        raise MediaServerError(f"The address of the media server cannot be read: {error}.") from error
    password = unquote(parts.password or parts.username or "") or usual.password
    host = parts.hostname or unquote(parts.path)
    if not host.strip("/"):
        raise MediaServerError(f"{text!r} has no host. Add one, as in mpd://localhost.", server=text)
    return replace(usual, host=host, port=port, password=password)


def _from_environment(environ: Mapping[str, str]) -> MpdAddress:
    said = environ.get("MPD_HOST") or "localhost"
    password, at, host = said.partition("@")
    if not (password and at):  # "@name" is an abstract socket
        password, host = "", said
    port = int(_number(environ, "MPD_PORT", DEFAULT_PORT, high=65535))
    return MpdAddress(host, port, password, _number(environ, "MPD_TIMEOUT", TIMEOUT_S, high=86400))


def _number(environ: Mapping[str, str], name: str, default: float, *, high: int) -> float:
    text = environ.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= high:
        raise MediaServerError(f"{name}={text!r} is not allowed; allowed: a number from 1 to {high}.")
    return number
