"""Folder in, tracks out: scan → fingerprint → known? → tasks for the workers → store.

A plan is made from names, sizes and times alone, so that it can say what will be done before anything is read.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.audio.fingerprint import content_hash
from workbench.audio.scan import FoundFile, ScanProblem, scan
from workbench.audio.tags import read_tags
from workbench.errors import AudioError
from workbench.processing.job.task import Cached, Failure, Task
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, KnownFile, ScannedFile

if TYPE_CHECKING:
    from workbench.analysis.features import TrackFeatures

Stale = Callable[[int], str | None]
Elsewhere = Callable[[Sequence[str]], dict[str, FeatureRecord]]

# What failed for these reasons fails again on the same bytes; only --force tries again.
LASTING_KINDS = frozenset({"format", "empty", "crash", "timeout"})
HASHING_THREADS = 2
BATCH = 64


@dataclass(frozen=True)
class Report:
    """What an analysis did. ``seconds`` is wall time; ``failed`` holds values, not exceptions."""

    found: int
    analyzed: int
    cached: int
    failed: tuple[Failure, ...]
    seconds: float
    audio_seconds: float
    workers: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"failed": [failure.to_dict() for failure in self.failed]}


@dataclass
class Plan:
    """What an analysis would do, by reason. ``describe()`` says it in a sentence."""

    found: list[FoundFile]
    reasons: dict[str, str]
    """Path → why it must be analyzed."""
    cached: dict[str, KnownFile]
    failed: list[Failure]
    force: bool = False
    missing: dict[str, KnownFile] = field(default_factory=dict)

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
        return ", ".join(parts)


def make_plan(
    library: Library, paths: Sequence[str | os.PathLike[str]], *, force: bool, stale: Stale
) -> Plan:
    """Compare the files below ``paths`` with what the library knows, by path, size and time.

    Parameters
    ----------
    stale : callable
        Feature version → why it must be computed again, or ``None``.

    Raises
    ------
    LibraryPathError
        One of ``paths`` does not exist or cannot be read.
    """
    roots = [os.path.normpath(Path(path).expanduser().absolute()) for path in paths]
    entries = list(scan(roots))
    found = [entry for entry in entries if isinstance(entry, FoundFile)]
    problems = [entry for entry in entries if isinstance(entry, ScanProblem)]
    known = library.files.known(roots)
    plan = Plan(
        found, {}, {}, [Failure(problem.path, problem.error, problem.kind) for problem in problems], force
    )
    for file in found:
        _classify(plan, file, known.get(file.path), force=force, stale=stale)
    plan.missing = _gone(known, found, problems)
    return plan


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


class Ingest:
    """One run of a plan: the tasks it yields, and what becomes of their results.

    ``tasks()`` is consumed on the job's thread while the workers already run, so hashing costs no waiting.
    """

    def __init__(
        self,
        library: Library,
        plan: Plan,
        *,
        stale: Stale,
        keep: Callable[[str, FeatureRecord], None],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.library = library
        self.plan = plan
        self.stale = stale
        self.keep = keep
        self.elsewhere = elsewhere
        self.analyzed = 0
        self.cached = 0
        self.audio_seconds = 0.0
        self.failed: list[Failure] = []
        self._files: dict[str, list[ScannedFile]] = {}
        self._started = time.monotonic()

    def tasks(self) -> Iterator[Task | Cached | Failure]:
        """Record each file of the plan in the library; yield what it is: known, unreadable, or work to do."""
        # First: a file that moved takes its row along when it is added below.
        self.library.files.mark_missing(
            [file.id for path, file in self.plan.missing.items() if not os.path.lexists(path)]
        )
        self.library.files.mark_present(
            [file.id for file in self.plan.cached.values() if file.status == "missing"]
        )
        for path in self.plan.cached:
            yield self._known(path)
        yield from self.plan.failed
        todo = [file for file in self.plan.found if file.path in self.plan.reasons]
        with ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix="workbench-hash") as pool:
            for batch in batched(todo, BATCH):
                scanned = list(pool.map(_read, batch))
                self.library.files.add(scanned)
                yield from self._judge(scanned)

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

    def _needs(self, key: str, versions: dict[str, int]) -> bool:
        return key not in self._files and (key not in versions or bool(self.stale(versions[key])))

    def _take_over(self, keys: list[str]) -> dict[str, int]:
        """Save what another server has found out about these contents; return its versions."""
        assert self.elsewhere is not None
        found = self.elsewhere(keys)
        for key, record in found.items():
            self.library.features.save(key, record)
        return {key: record.version for key, record in found.items()}

    def _known(self, path: str) -> Cached:
        self.cached += 1
        return Cached(path)

    def on_value(self, task: Task, value: tuple[TrackFeatures, float]) -> float:
        """Store one result at once; return its seconds of audio."""
        features, seconds = value
        files = self._files[task.key]
        if _changed(files[0]):
            self.on_failure(
                task, Failure(task.path, "The file changed while it was analyzed; run again.", "changed")
            )
            return 0.0
        del self._files[task.key]
        self.keep(task.key, features.to_record(seconds))
        self.analyzed += len(files)
        self.audio_seconds += features.duration_s
        return features.duration_s

    def on_failure(self, task: Task | None, failure: Failure) -> None:
        """Remember why a file could not be analyzed; files with the same bytes share its fate."""
        if task is None:
            self.failed.append(failure)
            return
        files = self._files.pop(task.key)
        self.library.features.save_failure(task.key, failure.error, failure.kind)
        self.failed += [Failure(file.path, failure.error, failure.kind) for file in files]

    def report(self, workers: int) -> Report:
        """Return what has been done so far."""
        return Report(
            found=len(self.plan.found),
            analyzed=self.analyzed,
            cached=self.cached,
            failed=tuple(self.failed),
            seconds=time.monotonic() - self._started,
            audio_seconds=self.audio_seconds,
            workers=workers,
        )


def batched(items: Sequence[FoundFile], size: int) -> Iterator[Sequence[FoundFile]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _read(file: FoundFile) -> ScannedFile:
    try:
        key, tags = content_hash(file.path), asdict(read_tags(file.path))
    except AudioError as error:
        return ScannedFile(
            file.path, file.size_bytes, file.mtime_ns, None, error=str(error), error_kind=error.kind
        )
    return ScannedFile(file.path, file.size_bytes, file.mtime_ns, key, tags)


def _changed(file: ScannedFile) -> bool:
    try:
        now = Path(file.path).stat()
    except FileNotFoundError:
        return False
    return (now.st_size, now.st_mtime_ns) != (file.size_bytes, file.mtime_ns)
