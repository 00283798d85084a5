"""A client of MPD with limits for servers whose answers do not end. Imported when used."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from mpd import MPDClient

from workbench.errors import MediaServerError
from workbench.media.mpd_address import MpdAddress

# Limit of the whole exchange as a multiple of that of one answer; set by hand: some minutes, for 10,000 tracks.
EXCHANGE_LIMITS = 20
# Limit of one answer: the longest playlist of MPD (16,384 songs) with the longest paths.
MOST_BYTES = 64 * 1024 * 1024


class BoundedMpdClient(MPDClient):  # type: ignore[misc]  # the package has no types
    """An MPD client in which each answer and the whole exchange have a time limit, and each answer a size limit."""

    def __init__(self, address: MpdAddress) -> None:
        super().__init__()
        self.timeout = address.timeout_s
        self._address = address

    def _connect_tcp(self, host: str, port: int) -> socket.socket:
        return _BoundedSocket(super()._connect_tcp(host, port), self._address)

    def _connect_unix(self, path: str) -> socket.socket:
        return _BoundedSocket(super()._connect_unix(path), self._address)


class _BoundedSocket(socket.socket):
    """A connected socket with limits. The bytes that are received between two requests are one answer."""

    def __init__(self, connected: socket.socket, address: MpdAddress) -> None:
        super().__init__(fileno=connected.detach())
        self._address = address
        self._over_at = time.monotonic() + EXCHANGE_LIMITS * address.timeout_s
        self._expect_answer()

    def recv_into(self, *args: Any) -> int:
        count = self._in_time(super().recv_into, *args)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise MediaServerError(
                f"{self._address} sends more than {MOST_BYTES >> 20} MiB for one question, as no MPD does. Check the "
                "address.",
                server=str(self._address),
            )
        return count

    def send(self, *args: Any) -> int:
        self._expect_answer()
        return self._in_time(super().send, *args)

    def _expect_answer(self) -> None:
        self._bytes_left = MOST_BYTES
        self._answered_by = min(self._over_at, time.monotonic() + self._address.timeout_s)

    def _in_time(self, act: Callable[..., int], *args: Any) -> int:
        left_s = self._answered_by - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self.settimeout(left_s)
        return act(*args)
