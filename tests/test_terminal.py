"""Terminals that show few characters, and a Python that reads names in another encoding."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbench import Workbench
from workbench.cli.main import main
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
