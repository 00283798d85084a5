"""Make tasks from a plan, and save their results as rows of the library."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.audio.bounds import call_inside
from workbench.audio.fingerprint import content_hash
from workbench.audio.scan import FoundFile
from workbench.audio.source import open_file, size_and_time, slow_error
from workbench.audio.tags import read_tags
from workbench.errors import AudioError
from workbench.processing.job.task import Cached, Failure, Task
from workbench.session.jobs.lost_folders import failure_of, lost_folders
from workbench.session.jobs.model_outputs import save_outputs
from workbench.session.jobs.own_problems import OwnProblems
from workbench.session.jobs.plan import Plan, Stale
from workbench.session.jobs.reading import read_each
from workbench.session.jobs.report import Report
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, FeaturesVersion, KnownFile, ScannedFile

if TYPE_CHECKING:
    from workbench.analysis.analyze_file import Analyzed

Elsewhere = Callable[[Sequence[str]], dict[str, FeatureRecord]]


class AnalysisTasks:
    """The tasks of a plan, and the code that saves their results.

    :meth:`tasks` is read on a thread of the job while the workers already run, so nobody waits for the hashing.

    Parameters
    ----------
    stale : callable
        Takes the versions of features; returns why these must be computed again, or ``None``.
    keep : callable
        Saves the features of a content.
    elsewhere : callable, optional
        Returns the features that another server has computed for these contents.
    timeout_s : float
        Longest time to read one file.
    """

    def __init__(
        self,
        library: Library,
        plan: Plan,
        *,
        stale: Stale,
        keep: Callable[[str, FeatureRecord], None],
        elsewhere: Elsewhere | None = None,
        timeout_s: float = math.inf,
    ) -> None:
        self.library = library
        self.plan = plan
        self.stale = stale
        self.keep = keep
        self.elsewhere = elsewhere
        self.timeout_s = timeout_s
        self.analyzed = 0
        self.cached = 0
        self.audio_seconds = 0.0
        self.failed: list[Failure] = []
        self._files: dict[str, list[ScannedFile]] = {}
        self._lost: set[str] = set()
        self._cue_sheets = 0
        self._own_problems = OwnProblems()
        self._started = time.monotonic()

    def tasks(self) -> Iterator[Task | Cached | Failure]:
        """Record each file of the plan in the library; yield whether it is known, cannot be read, or is a task."""
        # This comes first, so that a moved file finds its old row when it is added below.
        self.library.files.mark_missing(
            [file.id for path, file in self.plan.missing.items() if not os.path.lexists(path)]
            + [file.id for file in self.plan.excluded.values()]
        )
        self.library.files.mark_present(
            [file.id for file in self.plan.cached.values() if file.status == "missing"]
        )
        self._read_tags_again()
        for path in self.plan.cached:
            yield self._known(path)
        yield from self.plan.failed
        todo = [file for file in self.plan.found if file.path in self.plan.reasons]
        read = partial(call_inside, self.plan.within, _read, self.timeout_s)
        give_up = partial(_given_up, self.timeout_s)
        for scanned in read_each(read, todo, timeout_s=self.timeout_s, give_up=give_up):
            gone = [file for file in scanned if self._is_gone(file.path, file.error_kind)]
            there = [file for file in scanned if file not in gone]
            self._cue_sheets += sum(bool(file.tags.get("cue_sheet")) for file in there)
            self.library.files.add(there)
            yield from self._judge(there)
            for file in gone:
                yield from self._let_go([file], file.error or "")

    def _read_tags_again(self) -> None:
        """Read the tags again of files that changed while size and time stayed the same; their features are kept."""
        known = [(file, self.plan.cached[file.path]) for file in self.plan.retagged]
        read = partial(call_inside, self.plan.within, _retagged)
        for batch in read_each(read, known, timeout_s=self.timeout_s, give_up=lambda pair: (None, pair[1])):
            there = [(file, before) for file, before in batch if file is not None]
            rewritten = [file for file, before in there if self._has_new_tags(file, before)]
            self.library.files.add([file for file, _ in there if file not in rewritten])
            for file in rewritten:
                self._renew_hash(file)

    def _has_new_tags(self, file: ScannedFile, before: KnownFile) -> bool:
        """Whether the tags of a file differ from the library's; false where an older version kept fewer tags."""
        return before.ctime_ns is not None and not self.library.files.has_tags(file)

    def _renew_hash(self, file: ScannedFile) -> None:
        """Record new tags and the content hash of the file that has them, by which it is found when it moves."""
        try:
            key = call_inside(self.plan.within, content_hash, file.path, self.timeout_s)
        except AudioError:
            return
        if file.content_hash is None or key == file.content_hash:  # tags can come from a file beside it
            self.library.files.add([file])
        else:
            self.library.carry_over(replace(file, content_hash=key), file.content_hash)

    def _judge(self, scanned: list[ScannedFile]) -> Iterator[Task | Cached | Failure]:
        hashes = [file.content_hash for file in scanned if file.content_hash]
        if self.plan.force:
            self.library.features.clear_quarantine(hashes)
        versions = self.library.features.versions(hashes)
        quarantined = self.library.features.quarantined(hashes)
        if self.elsewhere is not None and not self.plan.force:
            versions |= self._take_over([key for key in dict.fromkeys(hashes) if self._needs(key, versions)])
        for file in scanned:
            key = file.content_hash
            if key is None:
                yield Failure(file.path, file.error or "", file.error_kind or "")
            elif key in self._files:
                self._files[key].append(file)
            elif bad := quarantined.get(key):
                yield Failure(file.path, bad.error, bad.error_kind)
            elif key in versions and not self.plan.force and not self.stale(versions[key]):
                yield self._known(file.path)
            else:
                self._files[key] = [file]
                yield Task(key=key, path=file.path, size_bytes=file.size_bytes)

    def _is_gone(self, path: str, kind: str | None) -> bool:
        """Whether a file could not be read because it was deleted, or because its drive or share was removed."""
        return kind == "missing" or (kind == "audio" and bool(lost_folders([path], self.plan.roots)))

    def _let_go(self, files: Sequence[ScannedFile], error: str) -> list[Failure]:
        """Mark files that were deleted since the scan as missing; if a whole folder disappeared, report that once."""
        paths = [file.path for file in files]
        folders = lost_folders(paths, self.plan.roots)
        lost = {path for found in folders.values() for path in found}
        deleted = [path for path in paths if path not in lost]
        known = self.library.files.known(deleted)
        self.library.files.mark_missing([file.id for file in known.values()])
        new = [folder for folder in folders if folder not in self._lost]
        self._lost.update(new)
        return [failure_of(folder) for folder in new] + [Failure(path, error, "missing") for path in deleted]

    def _needs(self, key: str, versions: dict[str, FeaturesVersion]) -> bool:
        return key not in self._files and (key not in versions or bool(self.stale(versions[key])))

    def _take_over(self, keys: list[str]) -> dict[str, FeaturesVersion]:
        """Save the features of these contents that another server has computed; return their versions."""
        assert self.elsewhere is not None
        found = self.elsewhere(keys)
        for key, record in found.items():
            self.library.features.save(key, record)
        return {key: record.computed_by for key, record in found.items()}

    def _known(self, path: str) -> Cached:
        self.cached += 1
        return Cached(path)

    def on_value(self, task: Task, value: Analyzed) -> float:
        """Store one result at once; return its seconds of audio."""
        files = self._files[task.key]
        if _changed(files[0]):
            self._fail_first(
                task, Failure(task.path, "The file changed while it was analyzed; run again.", "changed")
            )
            return 0.0
        del self._files[task.key]
        self.keep(task.key, value.features.to_record(value.seconds))
        save_outputs(self.library, task.key, value.outputs)
        self._own_problems.add(task.path, value.own_problems)
        self.analyzed += len(files)
        self.audio_seconds += value.features.duration_s
        return value.features.duration_s

    def on_failure(self, task: Task | None, failure: Failure) -> list[Failure]:
        """Save why a file could not be analyzed; return one failure for each file with the same content."""
        if task is None:
            self.failed.append(failure)
            return [failure]
        if self._is_gone(task.path, failure.kind):
            return self._fail_first(task, failure)
        self.library.features.save_failure(task.key, failure.error, failure.kind)
        failed = [
            Failure(file.path, failure.error.replace(task.path, file.path), failure.kind)
            for file in self._files.pop(task.key)
        ]
        self.failed += failed
        return failed

    def _fail_first(self, task: Task, failure: Failure) -> list[Failure]:
        """Record the failure of the file that was read; other files with the same content are analyzed next time."""
        first, *others = self._files.pop(task.key)
        if failure.kind == "changed":
            failed = [failure]
        else:
            gone = [first, *[file for file in others if not os.path.lexists(file.path)]]
            others = [file for file in others if file not in gone]
            failed = self._let_go(gone, failure.error)
        copy = "Another file with this content, which was read for both, changed or was deleted; run again."
        failed += [Failure(file.path, copy, "changed") for file in others]
        self.failed += failed
        return failed

    def report(self, workers: int) -> Report:
        """Return the report of the work so far."""
        return Report(
            found=len(self.plan.found),
            analyzed=self.analyzed,
            cached=self.cached,
            failed=tuple(self.failed),
            seconds=time.monotonic() - self._started,
            audio_seconds=self.audio_seconds,
            workers=workers,
            skipped=self.plan.skipped,
            excluded=len(self.plan.excluded),
            cue_sheets=self._cue_sheets,
            plugin_problems=self._own_problems.sentences(),
        )


def _read(timeout_s: float, file: FoundFile) -> ScannedFile:
    try:
        key, tags = content_hash(file.path, timeout_s), asdict(read_tags(file.path))
    except AudioError as error:
        return _scanned(file, None, error=str(error), error_kind=error.kind)
    return _scanned(file, key, tags=tags)


def _given_up(timeout_s: float, file: FoundFile) -> ScannedFile:
    error = slow_error(file.path, timeout_s)
    return _scanned(file, None, error=str(error), error_kind=error.kind)


def _retagged(known: tuple[FoundFile, KnownFile]) -> tuple[ScannedFile | None, KnownFile]:
    """Read the tags of a file whose content is known; ``None`` if it cannot be read now."""
    file, before = known
    try:
        with open_file(file.path):
            return _scanned(file, before.content_hash, tags=asdict(read_tags(file.path))), before
    except AudioError:
        return None, before


def _scanned(file: FoundFile, key: str | None, **more: Any) -> ScannedFile:
    return ScannedFile(file.path, file.size_bytes, file.mtime_ns, key, ctime_ns=file.ctime_ns, **more)


def _changed(file: ScannedFile) -> bool:
    try:
        now = Path(file.path).stat()
    except OSError:  # deleted, perhaps with its folder: the tags that were read are still right
        return False
    return size_and_time(now) != (file.size_bytes, file.mtime_ns)
