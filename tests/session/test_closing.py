"""Sessions that nobody closes, and what is left of one that was closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench import DatabaseUnavailableError, Workbench
from workbench.apps.dashboards.apps.problems_app import ProblemsApp
from workbench.apps.dashboards.apps.session_app import CLOSED


def test_a_session_closes_with_its_process(data_dir: Path) -> None:
    code = f"from workbench import Workbench; wb = Workbench({str(data_dir)!r}); print(wb.performance().keys() > set())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert not list(data_dir.glob("*-wal"))  # a database that nobody closed keeps its write-ahead log
    with Workbench(data_dir, role="next") as wb:
        assert {process["role"] for process in wb.performance()["processes"]} == {"next"}


def test_a_closed_session_opens_again(data_dir: Path) -> None:
    wb = Workbench(data_dir, role="first")
    assert wb.reopen() is wb and len(wb.table()) == 0
    wb.close()
    with pytest.raises(DatabaseUnavailableError, match="was closed"):
        wb.library.version()
    wb.reopen()
    assert len(wb.table()) == 0
    wb.close()


def widgets_in(widget: Any) -> list[Any]:
    return [widget, *[inner for child in getattr(widget, "children", ()) for inner in widgets_in(child)]]


def test_an_app_of_a_closed_session_says_so_and_opens_it_again(data_dir: Path) -> None:
    wb = Workbench(data_dir)
    app = ProblemsApp(wb)
    for _ in range(2):
        wb.close()
        assert any(CLOSED in str(getattr(widget, "value", "")) for widget in widgets_in(app))
        [again] = [
            widget for widget in widgets_in(app) if getattr(widget, "description", "") == "Open it again"
        ]
        again.click()
        assert len(wb.table()) == 0
        assert not any(CLOSED in str(getattr(widget, "value", "")) for widget in widgets_in(app))
    wb.close()
