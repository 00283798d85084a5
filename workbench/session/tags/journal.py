"""The journal of one run: the values that were written into each file, and how to undo that.

Each line is on the disk before its file is changed. A journal whose name ends in ``.unfinished`` belongs to a run that
is under way or was interrupted; a lock distinguishes the two.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from workbench.audio.tags.writing import Value
from workbench.errors import TagsError, TagsStoppedError

FINISHED, UNFINISHED = ".jsonl", ".unfinished"
_LOCK = "lock"


@dataclass(frozen=True)
class Entry:
    """One change of one file.

    Attributes
    ----------
    known, before, after : str
        Content hash in the library, and of the file before and after the change.
    beside : str
        Path of the hidden, complete changed copy, which exists until the file is changed.
    in_place : bool
        Whether the copy was written into the file, which has other names or an owner that a copy cannot have.
    mtime_ns : int
        Time of the file before the change.
    fields : mapping
        The value of each field in the file before (``None`` if it had none).
    written : mapping
        The value that was written into each field; empty if a backup was restored.
    undo : bytes
        See :mod:`workbench.audio.tags.undo`.
    """

    track_id: int
    path: str
    known: str
    before: str
    after: str
    beside: str
    in_place: bool
    mtime_ns: int
    fields: Mapping[str, str | None]
    written: Mapping[str, Value]
    undo: bytes

    def to_json(self) -> str:
        """Return the entry as one line of JSON."""
        return json.dumps(asdict(replace(self, undo=b"")) | {"undo": base64.b64encode(self.undo).decode()})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Entry:
        """Return the entry from the values of a line that :meth:`to_json` wrote."""
        return cls(**{**values, "undo": base64.b64decode(values["undo"])})


class Journal:
    """An open journal. A failed write raises ``TagsStoppedError``, because no file is changed without a backup."""

    def __init__(self, folder: Path) -> None:
        name = datetime.now(UTC).strftime("tags-%Y%m%d-%H%M%S-%f")
        self.path = folder / (name + UNFINISHED)
        with _stopped(self.path):
            self._file = self.path.open("xb", buffering=0)

    def copying(self, beside: Path) -> None:
        """Record the path of a copy before it is made."""
        self._write(json.dumps({"copying": os.fspath(beside)}))

    def add(self, entry: Entry) -> None:
        """Record a change; it is on the disk when this returns."""
        self._write(entry.to_json())
        with _stopped(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _write(self, line: str) -> None:
        start, rest = self._file.tell(), memoryview(line.encode("utf-8", "surrogateescape") + b"\n")
        with _stopped(self.path):
            try:
                while rest:
                    rest = rest[self._file.write(rest) or 0 :]
            except OSError:
                self._file.truncate(start)  # lines after an incomplete one could not be read
                raise


@contextmanager
def _stopped(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TagsStoppedError(
            f"The backup {path} cannot be written: {error.strerror or error}. It has every file that was changed; the "
            "others are as they were. Check the disk of the data folder.",
            path=str(path),
        ) from error


def entries(journal: Path) -> Iterator[Entry]:
    """Yield the changes of a journal in their order.

    Raises
    ------
    TagsError
        The file is not a journal, or it is damaged.
    """
    try:
        with journal.open("rb") as file:
            for values in _lines(file):
                if "copying" not in values:
                    yield Entry.from_dict(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TagsError(
            f"{journal} cannot be read as a backup of tags: {error}.", path=str(journal)
        ) from error


def last(journal: Path) -> tuple[str | None, Entry | None]:
    """Return the last copy that was made, and the change that was recorded after it, if any."""
    beside, entry = None, None
    with journal.open("rb") as file:
        for values in _lines(file):
            if "copying" in values:
                beside, entry = values["copying"], None
            else:
                entry = Entry.from_dict(values)
    return beside, entry


def _lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield the values of each complete line. Only the last line can be incomplete; its file was not changed."""
    for line in file:
        if not line.endswith(b"\n"):
            return
        yield json.loads(line.decode("utf-8", "surrogateescape"))


def finish(journal: Path) -> None:
    """Give a journal its final name, or delete it if it is empty."""
    if next(entries(journal), None) is None:
        journal.unlink()
    else:
        journal.rename(journal.with_suffix(FINISHED))


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Return a context manager that keeps other processes from changing tags of this library.

    Raises
    ------
    TagsError
        Another process is changing tags, or the folder cannot be written.
    """
    with _stopped(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            said = "Another process is writing tags of this library. Wait until it is done, and try again."
            raise TagsError(said) from error
        yield
