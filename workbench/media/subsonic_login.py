"""Find out how a Subsonic server takes a login, and keep as little of the password as it allows."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from workbench.errors import MediaServerError
from workbench.media.kept_servers import KeptServer
from workbench.media.subsonic_client import NO_TOKENS, TOKENS_SINCE, Spoken, SubsonicClient, subsonic


def checked_url(url: str) -> str:
    """Return an address as it is kept: with ``http://`` or ``https://``, without ``/rest``.

    Raises
    ------
    MediaServerError
        It is not the address of a web server, or has a user or password in it.
    """
    text = url.strip().rstrip("/").removesuffix("/rest")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise MediaServerError(
            f"{url!r} is not the address of a media server. Give one such as http://localhost:4533."
        )
    if parts.username or parts.password:
        raise MediaServerError(
            "The address has a user or password in it. Give --user; you are asked for the password."
        )
    return text


def logged_in(server: KeptServer, secret: str, *, send_password: bool = False) -> tuple[KeptServer, Spoken]:
    """Return the server with a login that works, and what it says of itself.

    A server gets a salted hash of the password, and that alone is kept. Servers that speak Subsonic before 1.13 do not
    know this: they get the password itself, over HTTPS, on this machine, or if ``send_password`` says so.

    Parameters
    ----------
    secret : str
        The password; an API key if the server has no user.

    Raises
    ------
    MediaServerError
        The server does not let the user in, or it must get the password over an open connection.
    """
    if not server.user:
        return _tried(server, {"api_key": secret})
    salt = secrets.token_hex(8)
    token = hashlib.md5((secret + salt).encode(), usedforsecurity=False).hexdigest()
    try:
        return _tried(server, {"salt": salt, "token": token})
    except MediaServerError as error:
        with subsonic(server) as client:
            if error.details.get("code") is None or not _wants_password(client, error):
                raise
    if not (send_password or _is_private(server.url)):
        raise MediaServerError(
            f"{server} is too old for logins without the password, and others could read the password on the way. "
            "Give an https:// address, or allow it with --send-password.",
            server=server.name,
        )
    return _tried(server, {"password": secret})


def _tried(server: KeptServer, login: Mapping[str, str]) -> tuple[KeptServer, Spoken]:
    known = replace(server, login=login)
    with subsonic(known) as client:
        return known, client.ping()


def _wants_password(client: SubsonicClient, error: MediaServerError) -> bool:
    return bool(error.details.get("code") == NO_TOKENS or client.version() < TOKENS_SINCE)


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return parts.scheme == "https" or here
