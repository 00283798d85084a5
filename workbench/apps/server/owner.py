"""Recognize connections from programs of the user who started the server.

Linux lists the user of both ends of a local connection (proc_pid_net(5), ``/proc/net/tcp``).
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.iostream import IOStream

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
TELLS_OWNERS = sys.platform == "linux"
_ESTABLISHED = "01"
_LOCAL, _REMOTE, _STATE, _USER, _INODE = 1, 2, 3, 7, 9  # columns


class OwnerIdentity(IdentityProvider):
    """Requires the token, except from programs of this user and of root, who can read it from its file."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._owned: WeakKeyDictionary[IOStream, bool] = WeakKeyDictionary()

    async def get_user(self, handler: Any) -> User | None:
        """Return the user of a request; ``None`` if the client must log in with the token."""
        owned = self._is_owned(handler.request.connection.stream)
        if owned and not self.get_token(handler):
            return User("owner")
        return await self._get_user(handler) or (User("owner") if owned else None)

    def _is_owned(self, stream: IOStream) -> bool:
        if stream not in self._owned:
            self._owned[stream] = is_own(stream.socket)
        return self._owned[stream]


def is_own(connection: socket.socket) -> bool:
    """Return whether the other end of a connection is a socket of this user or of root on this machine."""
    if not TELLS_OWNERS:
        return False
    try:
        here, there = _written(connection.getsockname()), _written(connection.getpeername())
        lines = [line.split() for table in TABLES if table.exists() for line in table.open()]
    except (OSError, ValueError):
        return False
    return any(
        line[_LOCAL] in there
        and line[_REMOTE] in here
        and line[_STATE] == _ESTABLISHED
        and line[_INODE] != "0"  # 0: its process has closed it, and the user is unknown
        and int(line[_USER]) in (0, os.getuid())
        for line in lines
    )


def _written(address: tuple[Any, ...]) -> set[str]:
    """Return an address in the format of the tables; an IPv4 address also in its IPv6 form."""
    host = ipaddress.ip_address(str(address[0]).partition("%")[0])
    if not host.is_loopback and not getattr(host, "ipv4_mapped", None):
        return set()
    mapped = getattr(host, "ipv4_mapped", None) or host
    forms = {mapped.packed} | ({bytes(10) + b"\xff\xff" + mapped.packed} if mapped.version == 4 else set())
    return {f"{_words(packed)}:{address[1]:04X}" for packed in forms}


def _words(packed: bytes) -> str:
    """Return bytes as hexadecimal words in the byte order of this machine."""
    return "".join(
        f"{int.from_bytes(packed[at : at + 4], sys.byteorder):08X}" for at in range(0, len(packed), 4)
    )
