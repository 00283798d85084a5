"""Write predicted genres into files: a separate step with a plan first and a backup of every file.

A file is changed as a copy beside it that takes its place only when it is whole, so that an interrupted run leaves
each file as it was or as it should be. Sound is never touched: features and embeddings stay valid and are carried
over to the new content.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.audio.fingerprint import content_hash
from workbench.errors import AudioError, ModelError
from workbench.models.genre_tag import set_genre
from workbench.models.predicted import TAGGER

if TYPE_CHECKING:
    from workbench.store.library.library import Library

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class TagWrite:
    """One planned change: the genre tag of a file, what it was and what it will be."""

    path: str
    content_hash: str
    old: str | None
    new: str
    probability: float
    problem: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values."""
        return asdict(self)


def plan_tag_writes(
    library: Library, label: str = "genre", *, minimum_probability: float = 0.8, overwrite: bool = False
) -> list[TagWrite]:
    """Return which files would get a predicted genre, without changing any (dry run).

    Parameters
    ----------
    minimum_probability : float
        Leave out predictions less sure than this, 0–1.
    overwrite : bool
        Also files that have a genre already.

    Raises
    ------
    ModelError
        The label is not ``genre``, or nothing has been predicted.
    """
    if label != "genre":
        raise ModelError(
            f"Only predicted genres can be written into files, not {label}: no other label has a tag.",
            label=label,
        )
    predictions = {found.content_hash: found for found in library.models.predictions(model=TAGGER + label)}
    if not predictions:
        raise ModelError(
            "No genre has been predicted; run `workbench tagger apply --label genre` first.", label=label
        )
    writes = []
    for track in library.tracks.select(status="analyzed"):
        found = predictions.get(track.content_hash)
        if found is None or not found.scores or (track.genre and not overwrite):
            continue
        new = max(found.scores, key=lambda name: found.scores[name])
        if found.scores[new] >= minimum_probability and new != track.genre:
            writes.append(TagWrite(track.path, track.content_hash, track.genre, new, found.scores[new]))
    return writes


def write_tags(
    writes: Iterable[TagWrite], *, backup_dir: Path, on_written: Callable[[TagWrite, str], None]
) -> list[TagWrite]:
    """Write planned genres into files.

    Parameters
    ----------
    on_written : callable
        ``on_written(write, content_hash)`` is called for each changed file with the hash of its new content.
    backup_dir : Path
        A folder is made in it with a copy of every file as it was and a manifest;
        :func:`restore_tags` puts them back.

    Returns
    -------
    list of TagWrite
        As planned; those that could not be written have a ``problem`` and their file is as it was.
    """
    folder = backup_dir / datetime.now(UTC).strftime("tags-%Y%m%d-%H%M%S-%f")
    folder.mkdir(parents=True)
    done: list[TagWrite] = []
    with (folder / MANIFEST).open("a", encoding="utf-8") as manifest:
        for number, write in enumerate(writes):
            kept = folder / f"{number:06d}{Path(write.path).suffix}"
            try:
                _back_up(write, kept)
                manifest.write(json.dumps({"path": write.path, "kept": kept.name}) + "\n")
                manifest.flush()
                on_written(write, _write_one(write))
                done.append(write)
            except (OSError, ModelError, AudioError) as error:
                done.append(replace(write, problem=str(error)))
    return done


def restore_tags(folder: Path) -> list[str]:
    """Put the files of one backup folder back and return their paths; analyze them again to update the library.

    Raises
    ------
    ModelError
        The folder is no backup of tags, or a file cannot be put back.
    """
    try:
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        for entry in entries:
            _replace_by_copy(folder / Path(entry["kept"]).name, Path(entry["path"]))
        return [entry["path"] for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder} cannot be restored: {error}.", path=str(folder)) from error


def _back_up(write: TagWrite, kept: Path) -> None:
    shutil.copy2(write.path, kept)
    if content_hash(kept) != write.content_hash:
        kept.unlink()
        raise ModelError(
            f"{write.path} has changed since it was analyzed; analyze it again first.", path=write.path
        )


def _write_one(write: TagWrite) -> str:
    """Set the genre of one file and return the hash of its new content."""
    path = Path(write.path).resolve()  # of a link, the file is changed and the link stays
    with tempfile.TemporaryDirectory(prefix=".workbench-", dir=path.parent) as beside:
        changed = Path(beside) / path.name
        shutil.copy2(path, changed)
        set_genre(changed, write.new)
        new_hash = content_hash(changed)
        _put_in_place(changed, path)
    return new_hash


def _put_in_place(changed: Path, path: Path) -> None:
    """Give a file the content of another. Links to it, its owner and its permissions stay."""
    before = path.stat()
    if before.st_nlink == 1 and _has_owner(changed, before):
        changed.replace(path)
        return
    with changed.open("rb") as source, path.open("r+b") as target:
        if hasattr(os, "posix_fallocate"):  # so that a full disk is refused before a byte changes
            os.posix_fallocate(target.fileno(), 0, changed.stat().st_size)
        shutil.copyfileobj(source, target)
        target.truncate()
        os.fsync(target.fileno())
    times = changed.stat()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _has_owner(changed: Path, before: os.stat_result) -> bool:
    """Whether a file could be given the owner, group and permissions of another."""
    try:
        os.chown(changed, before.st_uid, before.st_gid)
        changed.chmod(stat.S_IMODE(before.st_mode))
    except OSError:
        return False
    return True


def _replace_by_copy(source: Path, target: Path) -> None:
    target = target.resolve()
    with tempfile.TemporaryDirectory(prefix=".workbench-", dir=target.parent) as beside:
        copy = Path(beside) / target.name
        shutil.copy2(source, copy)
        _put_in_place(copy, target)
