"""``wb.watch``: analyze new files in some folders as they come, and mark missing ones."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.audio.excluded import excluded_paths
from workbench.audio.formats import AUDIO_EXTENSIONS
from workbench.audio.scan import FoundFile, scan
from workbench.errors import CancelledError, LibraryPathError, StoreError, WorkbenchError
from workbench.readable import counted, naming
from workbench.session.jobs.lost_folders import failure_of, lost_folders
from workbench.session.watching.changes import POLL_S, changes, needs_polling
from workbench.session.watching.settling import Settling
from workbench.user_paths import expand_home

if TYPE_CHECKING:
    from workbench.session.analysis import Analysis
    from workbench.session.jobs.plan import Plan
    from workbench.session.jobs.report import Report
    from workbench.store.library.library import Library

QUIET_S = 5.0  # set by hand: programs that copy or encode write more often
GRACE_S = 60.0  # set by hand: tag editors replace a file within seconds, people move folders within a minute
_CHECK_S = 0.2  # how soon a stop ends an analysis


class WatchEvent(NamedTuple):
    """Something that the watch did or found; ``message`` describes it in a sentence.

    Attributes
    ----------
    kind : {"watching", "analyzed", "missing", "away", "failed"}
    paths : tuple of str
        Files, or folders for ``watching`` and ``away``.
    """

    kind: Literal["watching", "analyzed", "missing", "away", "failed"]
    message: str
    paths: tuple[str, ...] = ()


class Watch:
    """A watch over folders. Iterating runs it until ``stop`` is set; each step is an event.

    Parameters
    ----------
    paths : sequence of path
        Folders. A folder that does not exist yet, such as a share, is watched as soon as it does.
    quiet_s, grace_s : float
        See :class:`~workbench.session.watching.settling.Settling`.
    poll_s : float, optional
        Interval of polling, instead of events of the system; by default, network shares are polled.
    within : sequence of Path, optional
        Links may not lead out of these folders.

    Raises
    ------
    LibraryPathError
        There are no paths.
    """

    def __init__(
        self,
        library: Library,
        analyze: Analysis,
        exclude: Sequence[str],
        paths: Sequence[str | os.PathLike[str]],
        *,
        quiet_s: float = QUIET_S,
        grace_s: float = GRACE_S,
        poll_s: float | None = None,
        within: Sequence[Path] | None = None,
    ) -> None:
        self._library = library
        self._analyze = analyze
        self._exclude = exclude
        self._within = within
        self._roots = [os.path.normpath(expand_home(path).absolute()) for path in paths]
        if not self._roots:
            raise LibraryPathError("Say which folders to watch, or set WATCH.", path="")
        self._poll_s = poll_s
        self._settling = Settling(quiet_s, grace_s, time.monotonic)
        self._quiet_s = quiet_s
        self.stop = Event()

    def __iter__(self) -> Iterator[WatchEvent]:
        there: dict[str, tuple[int, int]] = {}
        expected: Iterable[str] = self._roots
        while not self.stop.is_set():
            now = _identities(self._roots)
            if away := tuple(root for root in expected if root not in now):
                yield WatchEvent(
                    "away", f"{', '.join(away)}: not there now. Nothing is marked as missing.", away
                )
            fresh = [root for root, identity in now.items() if there.get(root) != identity]
            expected = there = now
            yield from self._while_mounted(fresh, there)

    def _while_mounted(self, fresh: Sequence[str], there: dict[str, tuple[int, int]]) -> Iterator[WatchEvent]:
        """Follow changes until one of the folders is mounted or unmounted."""
        if not there:
            self.stop.wait(1)
            return
        poll_s = self._poll_s or (POLL_S if any(map(needs_polling, there)) else None)
        how = f"looks for changes every {poll_s:g} seconds" if poll_s else "the system tells of changes"
        # The watch starts before the folders are scanned, so that no change is missed.
        unread, unseen, lost = tuple(fresh), set[str](), False
        for changed in changes(list(there), self.stop, poll_s=poll_s):
            unseen |= changed or set()
            lost = lost or changed is None
            try:
                if unread:
                    self._catch_up(unread)
                    yield WatchEvent("watching", f"{', '.join(unread)} ({how})", unread)
                    unread = ()
                if lost:
                    self._catch_up(list(there))
                    lost = False
                for path in sorted(unseen):
                    self._note(path)
                unseen.clear()
            except (LibraryPathError, StoreError) as error:
                yield WatchEvent("failed", f"{error} Tried again later.", unread or tuple(sorted(unseen)))
            yield from self._settle()
            if _identities(self._roots) != there:
                return

    def _catch_up(self, roots: Sequence[str]) -> None:
        """Add all files that an analysis of these folders would read now."""
        plan = self._analyze.plan(*roots, within=self._within)
        for path in (*plan.reasons, *plan.missing, *(file.path for file in plan.retagged)):
            self._settling.note(path)
        for path, file in plan.cached.items():
            if file.status == "missing":
                self._settling.note(path)

    def _note(self, path: str) -> None:
        """Add a change of a file, or of a folder that appeared or disappeared with its files."""
        if os.path.isdir(path):  # noqa: PTH112 - Path raises where a folder above may not be entered
            with suppress(LibraryPathError):  # it may have been removed again
                for entry in scan(path, exclude=self._exclude):
                    if isinstance(entry, FoundFile):
                        self._settling.note(entry.path)
        elif Path(path).suffix.lower() in AUDIO_EXTENSIONS:
            self._settling.note(path)
        elif not os.path.lexists(path):
            for known, file in self._library.files.known([path]).items():
                if file.status != "missing":
                    self._settling.note(known)

    def _settle(self) -> Iterator[WatchEvent]:
        if complete := self._wanted(self._settling.complete()):
            yield from self._analyzed(complete)
        if gone := self._settling.gone():
            yield from self._marked(gone)

    def _wanted(self, paths: Sequence[str]) -> list[str]:
        """Return the files that a scan of the folders would find."""
        below = {root: [path for path in paths if path.startswith(root + os.sep)] for root in self._roots}
        left_out = {
            path
            for root, inside in below.items()
            if inside
            for path in excluded_paths(inside, root, self._exclude)
        }
        left_out |= {path for path in paths if Path(path).name.startswith(".")}
        is_elsewhere = functools.cache(self._is_read_elsewhere)
        return [
            path for path in paths if path not in left_out and not is_elsewhere(path.rpartition(os.sep)[0])
        ]

    def _is_read_elsewhere(self, folder: str) -> bool:
        """Whether a link leads to a folder that is watched under its own name, such as the folder with the link."""
        real = os.path.realpath(folder)
        for root in self._roots:
            if folder == root or folder.startswith(root + os.sep):
                plain = os.path.realpath(root) + folder[len(root) :]
                if real != plain:
                    return any(f"{real}/".startswith(os.path.realpath(one) + "/") for one in self._roots)
        return False

    def _analyzed(self, paths: Sequence[str]) -> Iterator[WatchEvent]:
        try:
            there = [path for path in paths if os.path.isfile(path)]  # noqa: PTH113 - as above
            plan = self._analyze.plan(*there, within=self._within)
            if not _has_work(plan):
                return
            report = self._finished(plan)
        except CancelledError:
            return
        except (
            WorkbenchError
        ) as error:  # the database is locked, or the workers cannot start: the watch continues
            for path in paths:
                self._settling.note(path)
            yield WatchEvent("failed", f"{error} Tried again in {self._quiet_s:g} seconds.", tuple(paths))
            return
        done = (
            f"{counted(len(plan.found), 'file')}: {report.analyzed} analyzed, {report.cached} known already"
        )
        failed = f", {len(report.failed)} failed" if report.failed else ""
        yield WatchEvent("analyzed", f"{done}{failed}.", tuple(file.path for file in plan.found))
        for failure in report.failed:
            yield WatchEvent("failed", naming(failure.path, failure.error), (failure.path,))

    def _finished(self, plan: Plan) -> Report:
        job = self._analyze(plan=plan, show=False)
        try:
            while not job.done() and not self.stop.wait(_CHECK_S):
                pass
        finally:
            if not job.done():
                job.cancel()
        return job.result()

    def _marked(self, paths: Sequence[str]) -> Iterator[WatchEvent]:
        try:
            known = self._library.files.known(paths)
            here = {path: file.id for path, file in known.items() if file.status != "missing"}
            lost = lost_folders(here, self._roots)
            spared = {path for inside in lost.values() for path in inside}
            gone = tuple(sorted(here.keys() - spared))
            self._library.files.mark_missing([here[path] for path in gone])
        except StoreError as error:
            for path in paths:
                self._settling.note(path)
            yield WatchEvent("failed", f"{error} Tried again later.", tuple(paths))
            return
        for folder, inside in lost.items():
            yield WatchEvent("away", failure_of(folder, len(inside)).error, (folder,))
        if gone:
            yield WatchEvent("missing", f"{counted(len(gone), 'file')} gone, now marked as missing.", gone)


def check_folders(paths: Sequence[str | os.PathLike[str]]) -> None:
    """Raise ``LibraryPathError`` for a path that is not a folder."""
    for path in paths:
        if not expand_home(path).is_dir():
            raise LibraryPathError(f"{path} is not a folder. Give folders that exist.", path=os.fspath(path))


def _has_work(plan: Plan) -> bool:
    back = any(file.status == "missing" for file in plan.cached.values())
    return bool(plan.reasons or plan.retagged or back)


def _identities(roots: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the identity (disk and inode) of the folder at each path, which changes when a disk is mounted there."""
    found = {}
    for root in roots:
        try:
            status = Path(root).stat()
        except OSError:
            continue
        found[root] = (status.st_dev, status.st_ino)
    return found
