"""Change one file so that it is the old one or the new one whenever the power is cut, and note how to change it back.

A copy beside the file is changed. When it is complete and on the disk, and the journal has noted the change, it takes
the place of the file. A file with several names, or of an owner that a copy cannot have, gets the content of the copy
instead; the copy stays until that is done, so that :func:`settle` can do it again.
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
    """Change a file and return what the journal noted.

    Parameters
    ----------
    edit : callable
        Changes the copy that it gets.
    check : callable
        Gets the content hash of the file, and raises if it may not be changed.

    Raises
    ------
    TagsError, AudioError, OSError
        The file is as it was.
    """
    real = Path(path).resolve()  # of a link, the file is changed and the link stays
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
    """Make a copy of a changed file what the file was before.

    Raises
    ------
    TagsError
        The backup does not give the file that it was made of.
    """
    after = copy.rename(copy.with_name("after"))
    rebuild(after, entry.undo, copy)
    shutil.copystat(after, copy)
    if content_hash(copy) != entry.before:
        raise TagsError(f"The backup of {entry.path} is damaged. The file is as it was.", path=entry.path)
    os.utime(copy, ns=(copy.stat().st_atime_ns, entry.mtime_ns))


def settle(journal: Path, carry_over: Callable[[Entry], None]) -> None:
    """Bring the last change of a run that was cut off to its end, and close the journal.

    Raises
    ------
    TagsError, OSError
        The file cannot be written now. The copy beside it is complete and stays.
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
    """Whether a file begins as the changed copy and goes on as the file before: the write into it was cut off."""
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
