"""Find the kind of login that a Subsonic server accepts, and keep as little of the password as possible."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace

from workbench.errors import MediaServerError
from workbench.media.kept_servers import KeptServer
from workbench.media.server_address import is_private
from workbench.media.subsonic_client import NO_TOKENS, TOKENS_SINCE, SubsonicClient, subsonic


def logged_in(server: KeptServer, secret: str, *, send_password: bool = False) -> tuple[KeptServer, str]:
    """Return the server with a login that works, and the server's description.

    A server gets a salted hash of the password, and only that is kept. Servers with an API before 1.13 do not support
    this, so they get the password itself: over HTTPS, on this machine, or if ``send_password`` allows it.

    Parameters
    ----------
    secret : str
        The password, or an API key if the server has no user.

    Raises
    ------
    MediaServerError
        The server does not let the user in, or the password would have to be sent without encryption.
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
    if not (send_password or is_private(server.url)):
        raise MediaServerError(
            f"{server} is too old for logins without the password, and others could read the password on the way. "
            "Give an https:// address, or allow it with --send-password.",
            server=server.name,
        )
    return _tried(server, {"password": secret})


def _tried(server: KeptServer, login: Mapping[str, str]) -> tuple[KeptServer, str]:
    known = replace(server, login=login)
    with subsonic(known) as client:
        return known, str(client.ping())


def _wants_password(client: SubsonicClient, error: MediaServerError) -> bool:
    return bool(error.details.get("code") == NO_TOKENS or client.version() < TOKENS_SINCE)
