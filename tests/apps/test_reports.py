"""Reports as files, and what the system needs to make them every week."""

from __future__ import annotations

import json
import os
import plistlib
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pytest

from workbench import ReportError, Workbench
from workbench.apps.reports import schedule
from workbench.apps.reports.page import html_page
from workbench.apps.reports.run import find_notebook, report_names
from workbench.cli.main import main
from workbench.session.reports.library_report import SAME_REPORT_S, since_of
from workbench.session.reports.reports import Reports

OUTSIDE = re.compile(r"""(?:src|href|xlink:href|url|@import)[=\s("']+(?:https?:)?//""")


def workbench(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", *words],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


def test_the_library_report_is_one_page_that_asks_for_nothing(library_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "with a blank" / "library.html"
    done = workbench(
        "report", "library", "-p", "since=2020-01-01", "--data-dir", str(library_dir), "--out", str(out)
    )
    assert (done.returncode, done.stdout) == (0, f"{out}\n"), done.stderr
    page = out.read_text("utf-8")
    assert "<title>Library report</title>" in page
    assert "30 new tracks since 01 January 2020" in page
    assert page.count("data:image/svg+xml;base64") == 2 and "<script" not in page and "image/png" not in page
    assert not OUTSIDE.search(page)
    assert "check_parameters" not in page and "nan" not in re.sub(r"<[^>]+>", " ", page).lower().split()


def test_a_report_that_fails_leaves_a_notebook_that_says_why(data_dir: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.ipynb"
    make = nbformat.v4
    parameters = make.new_code_cell("size: int = 3  # how many", metadata={"tags": ["parameters"]})
    check = make.new_code_cell("import workbench\nworkbench.check_parameters(globals())")
    notebook = make.new_notebook(cells=[parameters, check])
    nbformat.write(notebook, own)
    assert workbench("report", str(own)).stderr.endswith("choose its kernel and save it.\n")
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(notebook, own)
    out = tmp_path / "out.html"
    done = workbench("report", str(own), "-p", "size=many", "--data-dir", str(data_dir), "--out", str(out))
    assert done.returncode == 1 and not out.exists()
    assert "The parameter size: 'many' is not allowed; allowed: a whole number." in done.stderr
    assert "Traceback" not in done.stderr
    assert "a whole number" in (tmp_path / "out.failed.ipynb").read_text("utf-8")


def test_a_wrong_name_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "libary"]) == 1
    assert "Did you mean library?" in capsys.readouterr().err
    assert main(["report", "library", "-p", "sinse=2026-01-01"]) == 1
    assert "Did you mean since?" in capsys.readouterr().err
    assert main(["schedule", "report", "library", "-p", "since"]) == 1
    assert "-p since has no value" in capsys.readouterr().err
    assert report_names() == ["library", "performance", "playlist", "tagger"]
    assert find_notebook("analyze_library").name == "analyze_library.ipynb"


def test_a_page_leaves_out_code_hints_and_widgets() -> None:
    make = nbformat.v4
    bar = make.new_output(
        "display_data",
        {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "HBox()"},
    )
    cells = [
        make.new_markdown_cell("# My <title>"),
        make.new_markdown_cell("a hint", metadata={"tags": ["not-in-file"]}),
        make.new_code_cell(
            "secret = 1", outputs=[bar, make.new_output("stream", name="stderr", text="a warning")]
        ),
    ]
    page = html_page(make.new_notebook(cells=cells))
    assert "My &lt;title&gt;</title>" in page
    assert not any(word in page for word in ("secret", "a hint", "HBox", "a warning", "http:", "https:"))


@pytest.mark.browser
def test_a_report_as_pdf(chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.apps.reports import pdf

    monkeypatch.setattr(pdf, "BROWSERS", (chromium,))
    pdf.print_pdf("<h1>Report</h1>", tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_without_a_browser_a_pdf_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["report", "library", "--to", "pdf"]) == 1
    assert "A PDF needs Chromium, Chrome, Edge or Brave" in capsys.readouterr().err


def test_new_is_what_came_after_the_last_report_but_not_after_this_one_run_again() -> None:
    assert since_of(None, [], 1e6) is None
    assert since_of(None, [100.0, 200.0], 200.0 + SAME_REPORT_S - 1) == 100.0
    assert since_of(None, [100.0, 200.0], 201.0 + SAME_REPORT_S) == 200.0
    assert since_of(date(1970, 1, 3), [100.0], 1e6) == pytest.approx(2 * 86400, abs=86400)


def test_the_next_library_report_knows_the_last(library_dir: Path) -> None:
    with Workbench(library_dir) as wb:
        now = 2e9  # in 2033, so every track was added before
        parts = (wb.settings, wb.library, wb.table, wb.problems, wb.playlists, wb.performance, wb.tagger)
        assert "This is the first report" in str(Reports(*parts, now=lambda: now).library().new.to_html())
        later = Reports(*parts, now=lambda: now + 7 * 86400).library()
        assert later.since == now and "No track was added." in later.new.to_html()
        assert "Grid Theory" in later.artists.to_html()


def test_reports_of_an_empty_library(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        report = wb.reports.library()
        for shown in (report.facts, report.new, report.artists, report.genres, report.attention):
            assert "nan" not in shown.to_html()
        assert "of 100" in wb.reports.performance().scores.to_html()


def test_the_playlist_report_says_how_tracks_lead_to_each_other(library_dir: Path) -> None:
    with Workbench(library_dir) as wb:
        wb.playlist("harmonic", size=4, random_state=1, name="Four")
        report = wb.reports.playlist()
        assert report.playlist.name == "Four" and len(report.columns["bpm"]) == len(report.playlist) > 1
        transitions = report.transitions.to_html()
        assert "1 → 2" in transitions and "BPM" in transitions and "LU" in transitions
        assert "random orders" in report.quality.to_html()


WORDS = ("/opt/my apps/python", "-m", "workbench", "report", "library", "-p", 'name=100% "x" $HOME')


def planned(at: str = "sun 04:00") -> schedule.Schedule:
    return schedule.Schedule("workbench-report-library", WORDS, schedule.read_when(at))


def test_cron_runs_the_same_words() -> None:
    line = schedule.cron_line(planned("Monday 7:30"))
    when, _, command = line.rstrip("\n").partition("  ")
    assert when == "30 7 * * 1"
    assert not re.search(r"(?<!\\)%", command)  # cron takes a bare % for a line break
    shell = command.replace(r"\%", "%").replace("'/opt/my apps/python'", "printf '%s|'")
    done = subprocess.run(["/bin/sh", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout.split("|")[:-1] == list(WORDS[1:])
    broken = schedule.Schedule("x", ["workbench", "two\nlines"], schedule.read_when("daily 00:00"))
    with pytest.raises(ReportError, match="line break"):
        schedule.check({"crontab": schedule.cron_line(broken)}, "cron")


def test_launchd_gets_the_same_words() -> None:
    agent = plistlib.loads(schedule.launchd_agent(planned("fri 23:05")).encode())
    assert agent["ProgramArguments"] == list(WORDS)
    assert agent["StartCalendarInterval"] == {"Hour": 23, "Minute": 5, "Weekday": 5}


def test_systemd_takes_the_timer() -> None:
    command = (shutil.which("true") or "/bin/true", *WORDS[1:])
    plan = schedule.Schedule("workbench-report-library", command, schedule.read_when("sun 04:00"))
    files, steps = schedule.files_and_steps(plan, "systemd")
    service, timer = files.values()
    assert '"name=100%% \\"x\\" $$HOME"' in service
    assert "OnCalendar=Sun *-*-* 04:00:00" in timer
    assert any("systemctl --user enable" in step for step in steps)
    assert schedule.check(files, "systemd")


@pytest.mark.parametrize("text", ["sunday", "04:00", "sun 24:00", "sun 4:60", "someday 04:00"])
def test_a_wrong_time_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="is not a day and a time"):
        schedule.read_when(text)


def test_a_refresh_is_scheduled_for_a_playlist_that_is_there(
    library_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "WORKBENCH_DATA_DIR", str(library_dir))
    with Workbench(library_dir) as wb:
        wb.playlist("random", size=3, random_state=1, name="Three")
    assert main(["schedule", "refresh", "Three", "--for", "cron"]) == 0
    assert "playlist --refresh Three" in capsys.readouterr().out
    assert main(["schedule", "refresh", "Thre", "--for", "cron"]) == 1


def test_a_refresh_can_go_to_a_media_server(
    library_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "WORKBENCH_DATA_DIR", str(library_dir))
    with Workbench(library_dir) as wb:
        wb.playlist("random", size=3, random_state=1, name="Three")
    assert main(["schedule", "refresh", "Three", "--to", "mpd", "--for", "cron"]) == 0
    assert "playlist --refresh Three --to mpd" in capsys.readouterr().out
    assert main(["schedule", "report", "library", "--to", "mpd"]) == 1
    assert "html or pdf" in capsys.readouterr().err


@pytest.mark.parametrize("system", ["systemd", "launchd", "cron"])
def test_a_watch_is_kept_running(tmp_path: Path, capsys: pytest.CaptureFixture[str], system: str) -> None:
    folder = tmp_path / "My 100 % music"
    folder.mkdir()
    assert main(["schedule", "watch", str(folder), "--for", system, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [(path, text)] = answer["files"].items()
    assert answer["command"][-2:] == ["watch", str(folder)] and answer["checked"]
    if system == "systemd":
        assert path.endswith("workbench-watch.service")
        assert f'watch "{str(folder).replace("%", "%%")}"' in text and "Restart=on-failure" in text
    elif system == "launchd":
        agent = plistlib.loads(text.encode())
        assert agent["ProgramArguments"] == answer["command"] and agent["RunAtLoad"]
    else:
        assert text.startswith("@reboot  ") and "\\%" in text
    assert main(["schedule", "watch", str(tmp_path / "no"), "--for", system]) == 1
    assert "is not a folder" in capsys.readouterr().err
