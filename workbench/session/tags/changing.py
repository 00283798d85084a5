"""Change one file atomically, also if the power is cut, and record how to change it back.

A copy beside the file is changed. When it is complete and on the disk, and the change is in the journal, it replaces
the file. If the file has several names, or an owner that a copy cannot have, the content of the copy is written into
the file instead; the copy is kept until that is done, so that :func:`settle` can repeat it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from workbench.audio.fingerprint import content_hash
from workbench.audio.tags import replacing
from workbench.audio.tags.undo import Bytes, difference, rebuild
from workbench.audio.tags.writing import Value
from workbench.errors import TagsError
from workbench.session.tags.journal import Entry, Journal, finish, last

_COMPARED_BYTES = 1 << 20


def change(
    journal: Journal,
    path: str,
    edit: Callable[[Path], None],
    *,
    track_id: int,
    known: str,
    fields: Mapping[str, str | None],
    written: Mapping[str, Value],
    check: Callable[[str], None],
) -> Entry:
    """Change a file and return its entry in the journal.

    Parameters
    ----------
    edit : callable
        Changes a copy of the file; called with the path of the copy.
    check : callable
        Called with the content hash of the file; raises if the file may not be changed.

    Raises
    ------
    TagsError, AudioError, OSError
        The change failed. The file is not changed.
    """
    real = Path(path).resolve()  # the target of a link is changed, and the link is kept
    replacing.check_writable(real)
    beside = replacing.place_beside(real)
    journal.copying(beside)
    keep = False
    try:
        beside.parent.mkdir(exist_ok=True)
        shutil.copy2(real, beside)
        before = content_hash(beside)
        check(before)
        mtime_ns = beside.stat().st_mtime_ns
        edit(beside)
        replacing.sync_file(beside)
        entry = Entry(
            track_id, path, known, before, content_hash(beside), os.fspath(beside),
            not replacing.can_be_replaced(beside, real), mtime_ns, fields, written, difference(real, beside),
        )  # fmt: skip
        journal.add(entry)
        if entry.in_place:
            keep = True
            replacing.overwrite(beside, real)
            keep = False
        else:
            replacing.replace(beside, real)
        return entry
    finally:
        if not keep:
            replacing.remove_beside(beside)


def put_back(entry: Entry, copy: Path) -> None:
    """Restore a copy of a changed file to the state before the change.

    Raises
    ------
    TagsError
        The backup does not give the original file.
    """
    after = copy.rename(copy.with_name("after"))
    rebuild(after, entry.undo, copy)
    shutil.copystat(after, copy)
    if content_hash(copy) != entry.before:
        raise TagsError(f"The backup of {entry.path} is damaged. The file is as it was.", path=entry.path)
    os.utime(copy, ns=(copy.stat().st_atime_ns, entry.mtime_ns))


def settle(journal: Path, carry_over: Callable[[Entry], None]) -> None:
    """Complete the last change of an interrupted run, and close the journal.

    Raises
    ------
    TagsError, OSError
        The file cannot be written now. The complete copy beside it is kept.
    """
    beside, entry = last(journal)
    if entry is not None:
        real = Path(entry.path).resolve()
        copy = Path(entry.beside)
        if entry.in_place and copy.exists() and real.exists() and _is_mixture(real, copy, entry):
            replacing.overwrite(copy, real)
        if real.exists() and content_hash(real) == entry.after:
            carry_over(entry)
    if beside is not None:
        replacing.remove_beside(Path(beside))
    finish(journal)


def _is_mixture(real: Path, copy: Path, entry: Entry) -> bool:
    """Whether a file begins like the changed copy and continues like the original, after an interrupted write."""
    if content_hash(copy) != entry.after or content_hash(real) in (entry.before, entry.after):
        return False
    old = copy.with_name("before")
    rebuild(copy, entry.undo, old)
    now, new, before = (np.memmap(path, np.uint8, "r") for path in (real, copy, old))
    same = _length_of_same(now, new)
    rest = now[same : len(before)]
    return bool(np.array_equal(rest, before[same : same + len(rest)]) and not now[same + len(rest) :].any())


def _length_of_same(one: Bytes, two: Bytes) -> int:
    length = min(len(one), len(two))
    for start in range(0, length, _COMPARED_BYTES):
        end = min(length, start + _COMPARED_BYTES)
        differing = np.flatnonzero(one[start:end] != two[start:end])
        if len(differing):
            return start + int(differing[0])
    return length
