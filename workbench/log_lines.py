"""Log records as lines in which names of files and texts of errors give a terminal no orders."""

from __future__ import annotations

import logging

from workbench.readable import one_line, printable


class PrintableRecords:
    """For a ``logging.Formatter``: writes out control characters, and the ends of lines within a message."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return one_line(super().formatMessage(record))  # type: ignore[misc]

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))  # type: ignore[misc]


class LogLines(PrintableRecords, logging.Formatter):
    """Python's own formatter, printable."""


def show_log(level: int, format: str = logging.BASIC_FORMAT) -> None:
    """Print log records of a level or above on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(LogLines(format))
    logging.basicConfig(level=level, handlers=[handler])


def show_warnings_printable() -> None:
    """Let the handler that Python uses where nobody asked for another write printable lines."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(LogLines())
