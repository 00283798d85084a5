"""What a page says instead of its content."""

from __future__ import annotations

from tornado.web import HTTPError


class PageError(HTTPError):
    """A page that is refused, with the reason and what to do, in words for who asked for it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status)  # without a line in the log, which another site could fill
        self.message = message
