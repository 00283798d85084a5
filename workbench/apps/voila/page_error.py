"""The error that a page shows instead of its content."""

from __future__ import annotations

from tornado.web import HTTPError


class PageError(HTTPError):
    """A page is refused; the message tells the user why and what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status)  # without a line in the log, because another site could fill it
        self.message = message
