"""What an analysis would do, and why: the files on disk compared with what the library knows.

A plan reads names, sizes and times only, so it can say what will be done before any file is opened.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.audio.excluded import excluded_paths
from workbench.audio.scan import FoundFile, ScanProblem, SkippedFile, scan
from workbench.processing.job.task import Failure
from workbench.readable import counted
from workbench.session.jobs.lost_folders import failure_of, lost_folders
from workbench.store.library.library import Library
from workbench.store.library.records import KnownFile
from workbench.user_paths import expand_home

Stale = Callable[[int], str | None]

# What failed for these reasons fails again on the same bytes; only --force tries again.
LASTING_KINDS = frozenset({"format", "empty", "crash", "timeout"})

_CUE_SHEETS = "CUE sheets are not read: an album in one file is one track"


@dataclass
class Plan:
    """What an analysis would do, by reason. :meth:`describe` says it in a sentence."""

    found: list[FoundFile]
    reasons: dict[str, str]
    """Path → why it must be analyzed."""
    cached: dict[str, KnownFile]
    failed: list[Failure]
    force: bool = False
    retagged: list[FoundFile] = field(default_factory=list)
    """Files of :attr:`cached` whose tags may have changed: only the tags are read again."""
    missing: dict[str, KnownFile] = field(default_factory=dict)
    excluded: dict[str, KnownFile] = field(default_factory=dict)
    """Tracks of the library that scans leave out now, such as those in recycle bins; they will count as missing."""
    roots: list[str] = field(default_factory=list)
    """The folders and files that were scanned."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Extension → how many files the scan left out because of it."""

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.reasons.values()))

    def describe(self) -> str:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(self.counts.items()))
        todo = f"{len(self.reasons)} to analyze ({why})" if self.reasons else "nothing to analyze"
        parts = [f"{len(self.found)} files found: {todo}", f"{len(self.cached)} known and unchanged"]
        if self.failed:
            parts.append(f"{len(self.failed)} that failed before or cannot be read")
        if self.missing:
            parts.append(f"{len(self.missing)} gone since")
        if self.excluded:
            parts.append(f"{len(self.excluded)} in recycle bins and other excluded folders")
        return "; ".join([", ".join(parts), *filter(None, [skipped_text(self.skipped)])])


def skipped_text(skipped: Mapping[str, int]) -> str:
    """Say what a scan left out, the most frequent first, and what becomes of CUE sheets; empty if it was nothing.

    >>> skipped_text({".sid": 2, ".mid": 10})
    '12 files skipped: .mid 10, .sid 2'
    """
    if not skipped:
        return ""
    ordered = sorted(skipped.items(), key=lambda item: (-item[1], item[0]))
    text = f"{counted(sum(skipped.values()), 'file')} skipped: " + ", ".join(
        f"{ext} {n}" for ext, n in ordered
    )
    return f"{text}. {_CUE_SHEETS}" if ".cue" in skipped else text


def scan_notes(report: Mapping[str, Any]) -> list[str]:
    """Say what a scan left out and which music it took as a whole, from the values of a report.

    >>> scan_notes({"skipped": {".mid": 1}, "excluded": 2, "cue_sheets": 0})
    ['1 file skipped: .mid 1', '2 tracks in recycle bins and other excluded folders count as missing now']
    """
    notes = [skipped_text(report["skipped"])]
    if excluded := report["excluded"]:
        verb = "counts" if excluded == 1 else "count"
        notes.append(
            f"{counted(excluded, 'track')} in recycle bins and other excluded folders {verb} as missing now"
        )
    if sheets := report["cue_sheets"]:
        notes.append(f"{counted(sheets, 'file')} with a CUE sheet inside. {_CUE_SHEETS}")
    return [note for note in notes if note]


def make_plan(
    library: Library,
    paths: Sequence[str | os.PathLike[str]],
    *,
    force: bool,
    stale: Stale,
    recursive: bool = True,
    formats: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
) -> Plan:
    """Compare the files below ``paths`` with what the library knows, by path, size and times.

    Parameters
    ----------
    stale : callable
        Feature version → why it must be computed again, or ``None``.
    recursive : bool
        Look into folders inside of folders.
    formats : sequence of str, optional
        Only files with these suffixes, such as ``flac``.
    exclude : sequence of str
        Patterns of files and folders to leave out, as in ``.gitignore``.

    Raises
    ------
    LibraryPathError
        One of ``paths`` does not exist or cannot be read.
    SettingsError
        One of ``exclude`` is not a pattern.
    """
    roots = [os.path.normpath(expand_home(path).absolute()) for path in paths]
    entries = list(scan(roots, formats=formats, recursive=recursive, exclude=exclude))
    found = [entry for entry in entries if isinstance(entry, FoundFile)]
    problems = [entry for entry in entries if isinstance(entry, ScanProblem)]
    known = library.files.known(roots)
    failed = [Failure(problem.path, problem.error, problem.kind) for problem in problems]
    skipped = Counter(entry.extension for entry in entries if isinstance(entry, SkippedFile))
    plan = Plan(found, {}, {}, failed, force, roots=roots, skipped=dict(skipped))
    for file in found:
        _classify(plan, file, known.get(file.path), force=force, stale=stale)
    plan.missing = _gone(known, found, problems)
    plan.excluded = _left_out_now(known, found, roots, exclude)
    if not force:
        _spare_lost_folders(plan)
    return plan


def _spare_lost_folders(plan: Plan) -> None:
    """Take files off the list of missing ones that went away together with a drive or share."""
    for folder, paths in lost_folders(plan.missing, plan.roots).items():
        plan.failed.append(failure_of(folder, len(paths)))
        for path in paths:
            del plan.missing[path]


def _classify(plan: Plan, file: FoundFile, before: KnownFile | None, *, force: bool, stale: Stale) -> None:
    if before is None:
        plan.reasons[file.path] = "new"
    elif (before.size_bytes, before.mtime_ns) != (file.size_bytes, file.mtime_ns):
        plan.reasons[file.path] = "changed"
    elif force:
        plan.reasons[file.path] = "forced"
    elif before.status == "failed" and before.error_kind in LASTING_KINDS:
        plan.failed.append(Failure(file.path, before.error or "failed before", before.error_kind or "error"))
    elif before.features_version is None:
        plan.reasons[file.path] = "tried before" if before.status == "failed" else "not finished"
    elif reason := stale(before.features_version):
        plan.reasons[file.path] = reason
    else:
        plan.cached[file.path] = before
        if before.ctime_ns != file.ctime_ns:
            plan.retagged.append(file)


def _gone(
    known: dict[str, KnownFile], found: list[FoundFile], problems: list[ScanProblem]
) -> dict[str, KnownFile]:
    present = {file.path for file in found}
    unreadable = tuple(problem.path.rstrip(os.sep) for problem in problems)
    return {
        path: file
        for path, file in known.items()
        if path not in present
        and not any(path == bad or path.startswith(bad + os.sep) for bad in unreadable)
        and not os.path.lexists(path)
    }


def _left_out_now(
    known: dict[str, KnownFile], found: list[FoundFile], roots: list[str], exclude: Sequence[str]
) -> dict[str, KnownFile]:
    """Return the tracks that an older version, or older patterns, took from where scans do not look now."""
    present = {file.path for file in found}
    unseen = [path for path, file in known.items() if path not in present and file.status != "missing"]
    below = {
        root: [path for path in unseen if path.startswith(root.rstrip(os.sep) + os.sep)] for root in roots
    }
    left_out = [
        path for root, paths in below.items() if paths for path in excluded_paths(paths, root, exclude)
    ]
    return {path: known[path] for path in left_out if os.path.lexists(path)}
