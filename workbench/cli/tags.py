"""``workbench write-tags`` and ``workbench restore-tags``: write values of the library into files, and undo that."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.cli.options import DONE, SOME_FAILED, Add, open_library
from workbench.cli.output import print_json, put, say
from workbench.readable import UNKNOWN, counted, one_line

if TYPE_CHECKING:
    from workbench.session.tags.changes import FieldChange, FileChange, TagPlan
    from workbench.session.tags.tags import TagBackup

_SAID_EVERY = 100  # files between two lines of progress


def add_commands(add: Add) -> None:
    """Add the commands to a parser; ``add(name, command, text)`` adds a command."""
    write = add(
        "write-tags",
        _write_tags,
        "show which tags would be written into which files; with --write, write them",
    )
    write.add_argument(
        "paths", nargs="*", metavar="PATH", help="only tracks in these files and folders (default: all)"
    )
    write.add_argument("--where", metavar="FILTER", help="only tracks that this filter finds")
    write.add_argument(
        "--fields",
        type=_names,
        metavar="NAMES",
        help="some of bpm, key, replaygain, mood, genre, and other columns such as danceability, which get "
        "WORKBENCH_ before their name (default bpm,key,replaygain)",
    )
    write.add_argument(
        "--key",
        choices=("name", "camelot", "openkey"),
        default="name",
        help="how keys are written: Am, 8A or 1m (default name)",
    )
    write.add_argument(
        "--minimum",
        type=_probability,
        default=0.8,
        metavar="P",
        help="leave out genres of a tagger that are less probable (default 0.8)",
    )
    write.add_argument("--overwrite", action="store_true", help="also where a file has another value already")
    write.add_argument(
        "--write", action="store_true", help="change the files; restore-tags changes them back"
    )
    restore = add("restore-tags", _restore_tags, "list what write-tags changed, or change it back")
    restore.add_argument(
        "backup", nargs="?", metavar="BACKUP", help="the name of a backup, or: last (default: list them)"
    )


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a probability from 0 to 1")
    return value


def _write_tags(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        fields = {} if options.fields is None else {"fields": options.fields}
        plan = wb.tags.plan(
            *options.paths,
            where=options.where,
            key=options.key,
            overwrite=options.overwrite,
            minimum_probability=options.minimum,
            **fields,
        )
        files = wb.tags.write(plan, on_file=_progress(len(plan))) if options.write else plan.files
    failed = any(file.problem for file in files)
    if options.json:
        print_json(
            {"written": options.write, "files": [file.to_dict() for file in files], "notes": list(plan.notes)}
        )
    else:
        _print_table(files, plan, written=options.write)
    return SOME_FAILED if failed else DONE


def _print_table(files: Sequence[FileChange], plan: TagPlan, *, written: bool) -> None:
    for file in files:
        put(one_line(file.path))
        _print_rows(file.changes)
        for one in file.kept:
            put(f"    {one.field:<12} {_cell(one.old)} stays; --overwrite writes {one_line(one.new_text)}")
        if file.problem:
            put(f"    NOT WRITTEN: {one_line(file.problem)}")
    for note in plan.notes:
        say(note)
    many = sum(bool(file.changes) and not file.problem for file in files)
    if written:
        put(f"{counted(many, 'file')} written" + ("; workbench restore-tags last undoes it" if many else ""))
    else:
        put(f"{counted(many, 'file')} would be written" + ("; nothing was: add --write" if many else ""))


def _print_rows(changes: Iterable[FieldChange]) -> None:
    for one in changes:
        put(f"    {one.field:<12} {_cell(one.old):<12} → {one_line(one.new_text)}")


def _cell(old: str | None) -> str:
    return UNKNOWN if old is None else one_line(old)


def _restore_tags(options: argparse.Namespace) -> int:
    with open_library(options) as wb:
        if options.backup is None:
            return _list(options, wb.tags.backups())
        files = wb.tags.restore(options.backup, on_file=_progress(None))
    failed = [file for file in files if file.problem]
    if options.json:
        print_json({"restored": len(files) - len(failed), "files": [file.to_dict() for file in files]})
    else:
        for file in failed:
            put(f"{one_line(file.path)}\n    NOT RESTORED: {one_line(file.problem or '')}")
        put(f"{counted(len(files) - len(failed), 'file')} as before")
    return SOME_FAILED if failed else DONE


def _list(options: argparse.Namespace, backups: Sequence[TagBackup]) -> int:
    if options.json:
        print_json({"backups": [backup.to_dict() for backup in backups]})
        return DONE
    for backup in backups:
        put(f"{backup.name}  {counted(backup.files, 'file')}  {', '.join(backup.fields)}")
    put(
        f"{counted(len(backups), 'backup')}"
        + ("; workbench restore-tags NAME restores one" if backups else "")
    )
    return DONE


def _progress(total: int | None) -> Callable[[FileChange], None]:
    done = 0

    def on_file(file: FileChange) -> None:
        nonlocal done
        done += 1
        if done % _SAID_EVERY == 0:
            say(f"{done:,} of {counted(total, 'file')}" if total else counted(done, "file"))

    return on_file
