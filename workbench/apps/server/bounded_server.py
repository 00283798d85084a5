"""The HTTP server with limits on what a connection may send before its login is known, and how long it may take."""

from __future__ import annotations

import logging
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

# Set by hand.
UNASKED_BODY_BYTES = 64 * 1024  # of a request without permission for more; pages send no bodies
HEADER_BYTES = 32 * 1024  # room for a long filter and the cookies of all programs on this machine
IDLE_S = (
    15.0  # until the headers of the next request arrive; browsers open a new connection when they need one
)
BODY_S = 30.0  # for the largest body, with 35 kB/s
CONNECTIONS = 500  # half of the files that a process may usually have open
CONNECTIONS_PER_CLIENT = 200  # a browser opens six, and one for each page

_log = logging.getLogger(__name__)


class BoundedServer(HTTPServer):
    """Closes slow and surplus connections. A handler may allow a larger body when it knows the user."""

    def initialize(self, request_callback: Any, **options: Any) -> None:  # type: ignore[override]
        """Set up the server; see ``HTTPServer``."""
        super().initialize(
            request_callback,
            max_body_size=UNASKED_BODY_BYTES,
            max_header_size=HEADER_BYTES,
            idle_connection_timeout=IDLE_S,
            body_timeout=BODY_S,
            **options,
        )
        self._open: list[tuple[str, IOStream]] = []

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a new connection, or close it where there are too many."""
        client = str(address[0])
        self._open = [(who, other) for who, other in self._open if not other.closed()]
        if (
            len(self._open) >= CONNECTIONS
            or sum(who == client for who, _ in self._open) >= CONNECTIONS_PER_CLIENT
        ):
            _log.info("A connection of %s was closed: there are too many.", client)
            stream.close()
            return
        self._open.append((client, stream))
        super().handle_stream(stream, address)
