"""Programs of the user who started the server, told from those of other users by the system.

Linux says for both ends of a connection within the machine whose they are (proc_pid_net(5), ``/proc/net/tcp``).
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
    """Asks everybody for the token but the programs of this user and root's, who could read it from its file."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._owned: WeakKeyDictionary[IOStream, bool] = WeakKeyDictionary()

    async def get_user(self, handler: Any) -> User | None:
        """Return who sends a request; ``None`` for those who must show the token."""
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
        and line[_INODE] != "0"  # or its process has closed it, and the user is not known any more
        and int(line[_USER]) in (0, os.getuid())
        for line in lines
    )


def _written(address: tuple[Any, ...]) -> set[str]:
    """Return an address as the tables have it, IPv4 also as it looks when it is used through IPv6."""
    host = ipaddress.ip_address(str(address[0]).partition("%")[0])
    if not host.is_loopback and not getattr(host, "ipv4_mapped", None):
        return set()
    mapped = getattr(host, "ipv4_mapped", None) or host
    forms = {mapped.packed} | ({bytes(10) + b"\xff\xff" + mapped.packed} if mapped.version == 4 else set())
    return {f"{_words(packed)}:{address[1]:04X}" for packed in forms}


def _words(packed: bytes) -> str:
    """Write bytes as the words of this machine."""
    return "".join(
        f"{int.from_bytes(packed[at : at + 4], sys.byteorder):08X}" for at in range(0, len(packed), 4)
    )
