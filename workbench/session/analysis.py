"""``wb.analyze``: plan an analysis of files and folders, and start it.

A plan reads names, sizes and times only, so it can say what will be done before any file is opened.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from workbench.audio.excluded import excluded_paths
from workbench.audio.scan import FoundFile, ScanProblem, SkippedFile, scan
from workbench.cards.verbs import Verbs
from workbench.errors import LibraryPathError
from workbench.processing.job.task import Failure
from workbench.session.caches import Caches
from workbench.session.jobs.jobs import Jobs
from workbench.session.jobs.kinds import analysis_title
from workbench.session.jobs.lost_folders import failure_of, lost_folders
from workbench.session.jobs.plan import Plan, Stale
from workbench.session.tags.recovery import BACKUPS, finish_cut_off
from workbench.settings import Settings
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, FeaturesVersion, KnownFile
from workbench.user_paths import expand_home

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.analysis.analyze_file import Listener
    from workbench.models.networks.model_file import ModelFile
    from workbench.processing.job.job import Job
    from workbench.session.jobs.report import Report
    from workbench.session.plugins.plugins import Plugins

PathLike = str | os.PathLike[str]

# After an error of these kinds, the same bytes fail again, so only --force tries again.
LASTING_KINDS = frozenset({"format", "empty", "crash", "timeout"})


_UNFINISHED = {"failed": "tried before", "analyzed": "damaged in the database"}


class Analysis(Verbs):
    """The analysis of audio files; call it with folders and files."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        caches: Caches,
        jobs: Jobs,
        plugins: Plugins,
        *,
        advice: Callable[[], str | None],
    ) -> None:
        self._settings = settings
        self._advice = advice
        self._library = library
        self._caches = caches
        self._jobs = jobs
        self._plugins = plugins

    def __call__(
        self,
        *paths: PathLike,
        force: bool = False,
        recursive: bool = True,
        formats: Sequence[str] | None = None,
        plan: Plan | None = None,
        timeout: float | None = None,
        show: bool | None = None,
    ) -> Job[Report]:
        """Analyze every audio file below these folders and files; return at once.

        Parameters
        ----------
        force, recursive, formats
            See :meth:`plan`.
        plan : Plan, optional
            From :meth:`plan`, instead of ``paths``.
        timeout : float, seconds, optional
            Deadline for one file; ANALYSIS_TIMEOUT_SECONDS by default.
        show : bool, optional
            Show a progress bar; by default in a notebook and on a terminal.
        """
        from workbench.analysis.analyze_file import analyze_and_listen
        from workbench.models.networks.registry import models_that_listen
        from workbench.processing.job.notebook import tell_in_notebook
        from workbench.session.jobs.analysis_tasks import AnalysisTasks

        if show is not False:
            tell_in_notebook(self._advice)
        plan = plan or self.plan(*paths, force=force, recursive=recursive, formats=formats)
        shared = self._caches.shared
        elsewhere = shared.get_many if shared is not None else None
        timeout_s = self._settings.analysis_timeout_seconds if timeout is None else timeout
        tasks = AnalysisTasks(
            self._library,
            plan,
            stale=self._stale,
            keep=self.keep,
            elsewhere=elsewhere,
            timeout_s=timeout_s,
        )
        for_workers = self._settings.with_(token=None, redis_url=None)
        models = models_that_listen(self._settings.models_dir)
        arguments = (for_workers, _listen_with(models) if models else None, self._plugins.sent())
        return self._jobs.start(
            tasks,
            analyze_and_listen,
            arguments,
            timeout=timeout_s,
            show=show,
            title=analysis_title(plan.roots),
            within=plan.within,
        )

    def plan(
        self,
        *paths: PathLike,
        force: bool = False,
        recursive: bool = True,
        formats: Sequence[str] | None = None,
        within: Sequence[Path] | None = None,
    ) -> Plan:
        """Plan an analysis of these folders and files, with the reason for each file, without opening any file.

        Parameters
        ----------
        force : bool
            Analyze analyzed files again, and retry failed ones.
        recursive : bool
            Scan the folders inside of folders, too.
        formats : sequence of str, optional
            Only files with these suffixes, such as ``flac``.
        within : sequence of Path, optional
            Links may not lead out of these folders, neither now nor when the files are read.

        Raises
        ------
        LibraryPathError
            One of ``paths`` does not exist or cannot be read.
        SettingsError
            A pattern of SCAN_EXCLUDE is not valid.
        """
        if not all(map(os.fspath, paths)):
            raise LibraryPathError("The path is empty. Give a folder or file that exists.", path="")
        finish_cut_off(self._library, self._settings.data_dir / BACKUPS)  # before a half-written file is read
        exclude = self._settings.scan_exclude
        roots = [os.path.normpath(expand_home(path).absolute()) for path in paths]
        entries = list(scan(roots, formats=formats, recursive=recursive, exclude=exclude, within=within))
        found = [entry for entry in entries if isinstance(entry, FoundFile)]
        problems = [entry for entry in entries if isinstance(entry, ScanProblem)]
        known = self._library.files.known(roots)
        failed = [Failure(problem.path, problem.error, problem.kind) for problem in problems]
        skipped = Counter(entry.extension for entry in entries if isinstance(entry, SkippedFile))
        plan = Plan(found, {}, {}, failed, force, roots=roots, skipped=dict(skipped), within=within)
        for file in found:
            _classify(plan, file, known.get(file.path), force=force, stale=self._stale)
        plan.missing = _gone(known, found, problems)
        plan.excluded = _left_out_now(known, found, roots, exclude)
        if not force:
            _spare_lost_folders(plan)
        return plan

    def keep(self, content_hash: str, record: FeatureRecord) -> None:
        """Save the result of a worker, also in the shared cache."""
        self._library.features.save(content_hash, record)
        if self._caches.shared is not None:
            self._caches.shared.put(content_hash, record)

    def _stale(self, version: FeaturesVersion) -> str | None:
        from workbench.analysis.features import stale
        from workbench.analysis.own_descriptors import changed

        return stale(version.analysis, self._settings.descriptors) or changed(
            version.own, self._plugins.versions
        )


def _listen_with(models: Sequence[ModelFile]) -> Callable[[], Listener]:
    from workbench.models.networks.listening import ModelListener

    return partial(ModelListener, models)


def _spare_lost_folders(plan: Plan) -> None:
    """Remove files from the list of missing ones if their whole drive or share is missing.

    If one of them is found elsewhere, they were moved.
    """
    new = {(file.size_bytes, file.mtime_ns) for file in plan.found if plan.reasons.get(file.path) == "new"}
    gone = [path for path, file in plan.missing.items() if file.status != "missing"]
    for folder, paths in lost_folders(gone, plan.roots).items():
        if any((plan.missing[path].size_bytes, plan.missing[path].mtime_ns) in new for path in paths):
            continue
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
        plan.reasons[file.path] = _UNFINISHED.get(before.status, "not finished")
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
    """Return the tracks in places that scans leave out now; an older version or other patterns found them."""
    present = {file.path for file in found}
    unseen = [path for path, file in known.items() if path not in present and file.status != "missing"]
    below = {
        root: [path for path in unseen if path.startswith(root.rstrip(os.sep) + os.sep)] for root in roots
    }
    left_out = [
        path for root, paths in below.items() if paths for path in excluded_paths(paths, root, exclude)
    ]
    return {path: known[path] for path in left_out if os.path.lexists(path)}
