"""Terminals that show few characters, and a Python that reads names in another encoding."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.cli.main import main
from workbench.cli.options import ERROR
from workbench.cli.output import print_json_pages
from workbench.errors import WorkbenchError
from workbench.store.library.records import ScannedFile

TITLE = "naïve – 東京 🎵"
# Without the two PYTHON variables, Python itself takes C for UTF-8.
OLD_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.fixture
def titled_dir(data_dir: Path) -> Path:
    with Workbench(data_dir) as wb:
        wb.library.files.add([ScannedFile(f"/music/{TITLE}.wav", 1, 1, "abc", {"title": TITLE})])
    return data_dir


def run(*arguments: object, **environ: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "workbench", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False, env=os.environ | environ)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_listing_replaces_what_the_terminal_cannot_show(titled_dir: Path, encoding: str) -> None:
    done = run("tracks", "--data-dir", titled_dir, PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert TITLE.encode(encoding, "replace") in done.stdout


@pytest.mark.parametrize("environ", [{"PYTHONIOENCODING": "ascii"}, OLD_LOCALE])
def test_json_loses_nothing(titled_dir: Path, environ: dict[str, str]) -> None:
    done = run("tracks", "--json", "--data-dir", titled_dir, **environ)
    assert json.loads(done.stdout.decode("ascii"))["tracks"][0]["title"] == TITLE


def test_names_with_accents_are_found_in_an_old_locale(tmp_path: Path, data_dir: Path) -> None:
    (tmp_path / f"{TITLE}.wav").write_bytes(b"not audio: the name counts")
    done = run("analyze", tmp_path / f"{TITLE}.wav", "--json", "--data-dir", data_dir, **OLD_LOCALE)
    (failure,) = json.loads(done.stdout)["failed"]
    assert failure["path"] == str(tmp_path / f"{TITLE}.wav")
    assert failure["kind"] == "format"


# A title for the window, the end of a line, a cleared screen (C1), and text from right to left.
ORDERS = "bad\x1b]0;PWN\x07\n\x9b2J\u202e.ogg"


@pytest.mark.parametrize(
    "command",
    [
        ["tracks"],
        ["tracks", "--where", ORDERS],
        ["tracks", "--csv"],
        ["analyze", f"/nowhere/{ORDERS}"],
        ["playlist", "random", "--name", ORDERS],
        ["playlist", "random", "--start", ORDERS],
        ["playlist", "--read", f"/nowhere/{ORDERS}.m3u8"],
        [ORDERS],
    ],
)
def test_names_give_the_terminal_no_orders(
    data_dir: Path, capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    track = ScannedFile(f"/music/{ORDERS}", 1, 1, "abc", {"title": ORDERS, "artist": ORDERS})
    with Workbench(data_dir) as wb:
        wb.library.files.add([track])
    with contextlib.suppress(SystemExit):
        main([*command, "--data-dir", str(data_dir)])
    said = "".join(capfd.readouterr())
    assert said
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", said.replace("\r\n", "\n")), ascii(said)


def test_log_gives_the_terminal_no_orders(data_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main(["tracks", "--data-dir", str(data_dir)])
    assert logging.lastResort is not None
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "No tags in %s", (ORDERS,), None)
    logging.lastResort.handle(record)
    assert capfd.readouterr().err == "No tags in bad\\x1b]0;PWN\\x07\\n\\x9b2J\\u202e.ogg\n"


def test_json_keeps_names_and_gives_the_terminal_no_orders(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Workbench(data_dir) as wb:
        wb.library.files.add([ScannedFile("/music/a.ogg", 1, 1, "abc", {"title": ORDERS})])
    main(["tracks", "--json", "--data-dir", str(data_dir)])
    said = capfd.readouterr().out
    assert "\x9b" not in said
    assert json.loads(said)["tracks"][0]["title"] == ORDERS


def test_a_column_that_does_not_exist_is_an_error_in_json_too(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["tracks", "--columns", "titel", "--json", "--data-dir", str(data_dir)]) == ERROR
    assert "Did you mean title" in json.loads(capfd.readouterr().out)["message"]


@pytest.fixture(scope="module")
def long_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tracks whose listing is longer than a pipe holds."""
    data_dir = tmp_path_factory.mktemp("long")
    with Workbench(data_dir) as wb:
        wb.library.files.add(
            [ScannedFile(f"/music/{n}.ogg", 1, 1, str(n), {"title": TITLE}) for n in range(3000)]
        )
    return data_dir


@pytest.mark.parametrize("json_too", [["--json"], []])
def test_a_reader_that_has_enough_ends_a_listing_quietly(long_dir: Path, json_too: list[str]) -> None:
    command = [sys.executable, "-m", "workbench", "tracks", "--data-dir", str(long_dir), *json_too]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141  # as shells say that a command was ended by SIGPIPE


@pytest.mark.parametrize(("shell", "code"), [(">&-", 0), ("2>&-", 0), (">/dev/full", ERROR)])
def test_an_output_that_takes_nothing_gives_no_traceback(titled_dir: Path, shell: str, code: int) -> None:
    command = f'"{sys.executable}" -m workbench tracks --data-dir "{titled_dir}" {shell}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr.decode()
    assert (b"disk is full" in done.stderr) == (code == ERROR)


def test_a_long_listing_is_one_document(long_dir: Path) -> None:
    listed = json.loads(run("tracks", "--json", "--limit", "1500", "--data-dir", long_dir).stdout)
    assert listed["total"] == len(listed["tracks"]) == 1500


def test_an_error_after_the_first_page_is_in_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    def pages() -> Iterator[list[int]]:
        yield [1, 2]
        raise WorkbenchError("The disk is gone.")

    assert not print_json_pages("tracks", pages())
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "tracks": [1, 2],
        "total": 2,
        "error": WorkbenchError.kind,
        "message": "The disk is gone.",
    }
    assert said.err == "workbench: The disk is gone.\n"
