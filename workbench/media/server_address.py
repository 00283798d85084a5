"""Check addresses of media servers, and whether others can read what is sent to them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from workbench.errors import MediaServerError


def checked_url(url: str) -> str:
    """Return an address in the form in which it is saved: with ``http://`` or ``https://``, without ``/rest``.

    Raises
    ------
    MediaServerError
        The text is not the address of a web server, or contains a user or password.
    """
    text = url.strip().rstrip("/").removesuffix("/rest")
    if "@" in text.partition("://")[2].partition("/")[0]:  # first: no other message may show it
        raise MediaServerError(
            "The address has a user or password in it. Give --user; you are asked for the password."
        )
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise MediaServerError(
            f"{url!r} is not the address of a media server. Give one such as http://localhost:4533."
        )
    return text


def is_private(url: str) -> bool:
    """Whether nobody else can read what is sent to an address, because it is encrypted or on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return parts.scheme == "https" or here
