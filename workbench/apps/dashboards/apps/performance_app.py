"""The Performance app: measurements of all processes of the workbench."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.views.performance_view import PerformanceView
from workbench.session.jobs.followed_job import FollowedJob

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench


class PerformanceApp(SessionApp):
    """The performance view of one workbench."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self.view = PerformanceView(
            wb.performance,
            wb.performance.history,
            wb.performance.clear_caches,
            self._bench,
            self._running_bench,
        )
        super().__init__(wb, self.view)
        self.view.look()

    def _bench(self) -> FollowedJob:
        return FollowedJob(self._wb.queue, self._wb.queue.submit("benchmark", {}))

    def _running_bench(self) -> FollowedJob | None:
        found = self._wb.queue.unfinished("benchmark")
        return FollowedJob(self._wb.queue, found[0]) if found else None
