"""The Performance app: measurements of all processes of the workbench."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from workbench.apps.dashboards.apps.session_app import SessionApp
from workbench.apps.dashboards.views.performance_view import PerformanceView
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.session.workbench import Workbench


class PerformanceApp(SessionApp):
    """The performance view of one workbench."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self.view = PerformanceView(
            wb.performance, wb.performance.history, wb.performance.clear_caches, self._bench
        )
        super().__init__(wb, self.view)
        self.view.look()

    def _bench(self) -> None:
        command = [
            sys.executable,
            "-P",
            "-m",
            "workbench",
            "bench",
            "--quick",
            "--data-dir",
            str(self._wb.settings.data_dir),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise WorkbenchError(f"The benchmark did not finish: {last[0]}")
