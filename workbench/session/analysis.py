"""``wb.analyze``: plan an analysis of files and folders, and start it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.session.caches import Caches
from workbench.session.jobs.jobs import Jobs
from workbench.settings import Settings
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord

if TYPE_CHECKING:
    from workbench.processing.job.job import Job
    from workbench.session.jobs.plan import Plan
    from workbench.session.jobs.report import Report

PathLike = str | os.PathLike[str]


class Analysis:
    """The analysis of audio files; call it with folders and files."""

    def __init__(self, settings: Settings, library: Library, caches: Caches, jobs: Jobs) -> None:
        self._settings = settings
        self._library = library
        self._caches = caches
        self._jobs = jobs

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
        from workbench.analysis.features import stale
        from workbench.models.networks.listening import analyze_and_listen
        from workbench.models.networks.registry import models_that_listen
        from workbench.session.jobs.analysis_tasks import AnalysisTasks

        plan = plan or self.plan(*paths, force=force, recursive=recursive, formats=formats)
        shared = self._caches.shared
        elsewhere = shared.get_many if shared is not None else None
        tasks = AnalysisTasks(self._library, plan, stale=stale, keep=self.keep, elsewhere=elsewhere)
        for_workers = self._settings.with_(token=None, redis_url=None)
        models = models_that_listen(self._settings.models_dir)
        return self._jobs.start(tasks, analyze_and_listen, (for_workers, models), timeout=timeout, show=show)

    def plan(
        self,
        *paths: PathLike,
        force: bool = False,
        recursive: bool = True,
        formats: Sequence[str] | None = None,
    ) -> Plan:
        """Say what an analysis of these folders and files would do, and why, without opening any file.

        Parameters
        ----------
        force : bool
            Analyze again what is known, and try again what failed.
        recursive : bool
            Look into folders inside of folders.
        formats : sequence of str, optional
            Only files with these suffixes, such as ``flac``.

        Raises
        ------
        LibraryPathError
            One of ``paths`` does not exist or cannot be read.
        """
        from workbench.analysis.features import stale
        from workbench.session.jobs.plan import make_plan

        return make_plan(
            self._library,
            paths,
            force=force,
            stale=stale,
            recursive=recursive,
            formats=formats,
            exclude=self._settings.scan_exclude,
        )

    def keep(self, content_hash: str, record: FeatureRecord) -> None:
        """Save what a worker found, and renew the caches."""
        self._library.features.save(content_hash, record)
        self._caches.features.pop(content_hash, None)
        if self._caches.shared is not None:
            self._caches.shared.put(content_hash, record)
