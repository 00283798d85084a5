"""Format log records so that names of files and texts of errors cannot control a terminal."""

from __future__ import annotations

import logging

from workbench.readable import one_line, printable


class PrintableRecords:
    """Mixin for a ``logging.Formatter`` that escapes control characters and line breaks within a message."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return one_line(super().formatMessage(record))  # type: ignore[misc]

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))  # type: ignore[misc]


class LogLines(PrintableRecords, logging.Formatter):
    """Python's log formatter with escaped control characters."""


def show_log(level: int, format: str = logging.BASIC_FORMAT) -> None:
    """Print log records of a level or above on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogLines(format))
    logging.basicConfig(level=level, handlers=[handler])


def show_warnings_printable() -> None:
    """Make Python's handler of last resort escape control characters."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(LogLines())
