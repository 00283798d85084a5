"""Keep the media servers that the user has added in a file of the data folder that only its owner can read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import MediaServerError
from workbench.whole_file import whole_file

FILE_NAME = "media-servers.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # it is typed after --to, and is part of addresses


@dataclass(frozen=True)
class KeptServer:
    """A media server, with the login.

    Attributes
    ----------
    name : str
        The user's name for it.
    url : str
        Address without ``/rest``.
    kind : {"subsonic", "jellyfin"}
    user : str
        Name of the user; empty with an API key.
    login : mapping
        Secret: ``{"salt", "token"}`` (MD5 of password and salt), ``{"password"}`` or ``{"api_key"}``.
    prefixes : mapping
        Folders here, each with the same folder on the server, if the user has given them.
    """

    name: str
    url: str
    kind: str = "subsonic"
    user: str = ""
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} ({self.url})"


def check_name(name: str) -> None:
    """Raise ``MediaServerError`` if a server may not have this name."""
    if not _NAME.fullmatch(name) or name == "mpd":
        raise MediaServerError(
            f"{name!r} cannot be the name of a media server. Use a word of letters, digits, '.', '-' and '_', other "
            "than mpd.",
            server=name,
        )


class KeptServers:
    """The servers in a data folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def all(self) -> list[KeptServer]:
        """Return all servers, sorted by name.

        Raises
        ------
        MediaServerError
            The file is damaged.
        """
        return [self._kept(name, said) for name, said in sorted(self._read().items())]

    def get(self, name: str) -> KeptServer:
        """Return the server of a name.

        Raises
        ------
        MediaServerError
            There is none of this name.
        """
        found = self._read()
        if name not in found:
            known = ", ".join(sorted(found)) or "none yet"
            raise MediaServerError(
                f"There is no media server {name!r}. Added: {known}. Add one with workbench media add NAME --url URL "
                "--user USER. An MPD is named by its address: mpd, mpd://HOST, mpd://HOST:PORT or "
                "mpd:///PATH/OF/SOCKET.",
                server=name,
            )
        return self._kept(name, found[name])

    def save(self, server: KeptServer) -> None:
        """Save a server, in place of an earlier one of this name.

        Raises
        ------
        MediaServerError
            The name is not a single word or means MPD, or the file cannot be written.
        """
        check_name(server.name)
        said = asdict(server)
        del said["name"]
        self._write(self._read() | {server.name: said})

    def remove(self, name: str) -> None:
        """Forget a server.

        Raises
        ------
        MediaServerError
            There is none of this name.
        """
        self.get(name)
        self._write({kept: said for kept, said in self._read().items() if kept != name})

    def _kept(self, name: str, said: Mapping[str, Any]) -> KeptServer:
        try:
            return KeptServer(name=name, **said)
        except TypeError as error:
            raise self._damaged(error) from error

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
            if not isinstance(found, dict):
                raise ValueError("it is not an object")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error
        return found

    def _write(self, servers: Mapping[str, Any]) -> None:
        try:
            with whole_file(self._path, mode=0o600) as unfinished:
                unfinished.write_text(json.dumps(servers, indent=1, ensure_ascii=False), "utf-8")
        except OSError as error:
            raise MediaServerError(
                f"{self._path} cannot be written: {error.strerror}. Give this user write access to the data folder."
            ) from error

    def _damaged(self, error: Exception) -> MediaServerError:
        return MediaServerError(
            f"{self._path} cannot be read: {error}. Remove the file and add the servers again."
        )
