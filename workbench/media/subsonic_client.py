"""A client for servers with the API of Subsonic or OpenSubsonic: Navidrome, Airsonic, Gonic, Ampache, Supysonic …

Requests are forms (POST), because the length of a URL is limited and servers write it, with its secrets, to their logs.
Source of the API: subsonic.org (1.16.1) and opensubsonic.netlify.app.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.errors import MediaServerError
from workbench.media.answers import HttpClient, http_client
from workbench.media.kept_servers import KeptServer
from workbench.readable import one_line

API_VERSION = "1.16.1"
OLDEST = (1, 8, 0)  # the first version with updatePlaylist and search3
TOKENS_SINCE = (1, 13, 0)
FAILED, WRONG_LOGIN, NO_TOKENS, NOT_ALLOWED, NOT_FOUND = 0, 40, 41, 50, 70
LOGIN_CODES = frozenset({WRONG_LOGIN, NO_TOKENS, 42, 43, 44})


@dataclass(frozen=True)
class Spoken:
    """The description of a server by itself."""

    version: tuple[int, ...]
    program: str
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        number = ".".join(map(str, self.version))
        named = [self.program, f"Subsonic {number}", "OpenSubsonic" if self.extensions else ""]
        return ", ".join(filter(None, named))


@contextmanager
def subsonic(server: KeptServer, timeout_s: float | None = None) -> Iterator[SubsonicClient]:
    """Lend a client of a server."""
    with http_client(server, timeout_s) as client:
        yield SubsonicClient(client)


class SubsonicClient:
    """Calls methods of the API. Every failure is a MediaServerError that names the server."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self.server = client.server
        self.error = client.error

    def call(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """Call a method; a parameter that is a list is sent once for each value.

        Raises
        ------
        MediaServerError
            The call failed. ``code`` is that of the API, such as 40 for a wrong login and 70 for a missing object.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        answer = self._response(method, given | _login(self.server))
        if answer.get("status") != "ok":
            raise self._refusal(answer)
        return answer

    def ping(self) -> Spoken:
        """Log in, and return the description of the server.

        Raises
        ------
        MediaServerError
            The server does not let the user in, or is too old.
        """
        return self._spoken(self.call("ping"))

    def version(self) -> tuple[int, ...]:
        """Return the version of the server's API, which it tells without a login."""
        return _version(self._response("ping", {}))

    def _spoken(self, answer: Mapping[str, Any]) -> Spoken:
        version = _version(answer)
        if version < OLDEST:
            raise self.error(
                f"speaks Subsonic {answer.get('version')}; the workbench needs {'.'.join(map(str, OLDEST))} (2012) "
                "or newer. Update the server."
            )
        program = " ".join(str(answer[key]) for key in ("type", "serverVersion") if answer.get(key))
        extensions: tuple[str, ...] = ()
        if answer.get("openSubsonic") is True:
            listed = self.call("getOpenSubsonicExtensions").get("openSubsonicExtensions")
            extensions = tuple(str(one.get("name")) for one in several(listed))
        return Spoken(version, program, extensions)

    def _response(self, method: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        form = {"v": API_VERSION, "c": "playlist-workbench", "f": "json"} | dict(parameters)
        answer = self._client.ask("POST", f"/rest/{method}.view", data=form)
        response = answer.get("subsonic-response") if isinstance(answer, dict) else None
        if not isinstance(response, dict):
            raise self.error("does not answer as a Subsonic server does. Check the address.")
        return response

    def _refusal(self, answer: Mapping[str, Any]) -> MediaServerError:
        said = answer.get("error")
        said = said if isinstance(said, dict) else {}
        reason = one_line(str(said.get("message") or "no reason given")).rstrip(".")
        try:
            code = int(said.get("code", 0))
        except (TypeError, ValueError, OverflowError):
            code = 0
        if code in LOGIN_CODES:
            user = f" --user {shlex.quote(self.server.user)}" if self.server.user else ""
            command = f"workbench media add {self.server.name} --url {self.server.url}{user}"
            advice = f"Give the login again: {command}."
            return self.error(f"refuses the login: {reason}. {advice}", code)
        if code == NOT_ALLOWED:
            return self.error(f"does not allow this to {self.server.user or 'this user'}: {reason}.", code)
        if code == FAILED:
            return self.error(f"failed: {reason}. Its log may say why.", code)
        return self.error(f"refused: {reason} (code {code}).", code)


def several(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; some servers send a single one without the list."""
    found = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [one for one in found if isinstance(one, dict)]


def _login(server: KeptServer) -> dict[str, str]:
    login = server.login
    if "api_key" in login:
        return {"apiKey": login["api_key"]}
    if "password" in login:
        return {"u": server.user, "p": f"enc:{login['password'].encode().hex()}"}
    return {"u": server.user, "t": login.get("token", ""), "s": login.get("salt", "")}


def _version(answer: Mapping[str, Any]) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in str(answer.get("version")).split("."))
    except ValueError:
        return (0,)
