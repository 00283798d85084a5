"""Keep the library up to date with files whose tags were written, also after an interrupted run."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.audio.source import inode_time, size_and_time
from workbench.audio.tags import read_tags
from workbench.errors import TagsError, WorkbenchError
from workbench.session.tags.changing import settle
from workbench.session.tags.journal import UNFINISHED, Entry, only_one
from workbench.store.library.records import ScannedFile

if TYPE_CHECKING:
    from workbench.store.library.library import Library

BACKUPS = "tag-backups"
"""The folder of the journals, in the data folder."""


def carry_over(library: Library, entry: Entry) -> None:
    """Record the new content of a file; its sound is the same."""
    with library.transaction():
        library.carry_over(scanned(entry.path, entry.after), entry.known)
        library.written_tags.forget(entry.track_id, entry.fields)
        library.written_tags.save(entry.track_id, entry.written)


def scanned(path: str, content_hash: str) -> ScannedFile:
    """Return a record of the current state of a file."""
    status = Path(path).stat()
    tags = asdict(read_tags(path))
    return ScannedFile(path, *size_and_time(status), content_hash, tags, ctime_ns=inode_time(status))


def finish_cut_off(library: Library, folder: Path) -> None:
    """Complete the runs that a crash or a power cut interrupted, unless another process is writing tags."""
    if any(folder.glob(f"*{UNFINISHED}")):
        with suppress(TagsError), only_one(folder):
            settle_all(library, folder)


def settle_all(library: Library, folder: Path) -> None:
    """Settle every unfinished journal. The caller holds the lock."""
    for path in sorted(folder.glob(f"*{UNFINISHED}")):
        with suppress(WorkbenchError, OSError):  # the journal is kept, because the disk may be mounted again
            settle(path, partial(carry_over, library))
