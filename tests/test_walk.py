"""A file on its way from ``workbench analyze`` to its row enters the modules that docs/architecture.md names."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import soundfile
from signals import tone

import workbench
from workbench.cli.main import main

PACKAGE = Path(workbench.__file__).parent
PAGE = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8").partition("## Two paths")[2]
MOST_MODULES = 15
DEEPEST = 3
"""A file is looked for in an argument, in what that holds, and so on, so many times."""


def holds(value: Any, name: str, depth: int = 0) -> bool:
    """Whether a value is the path of a file of this name, or one of our objects or collections with such a path."""
    if isinstance(value, str | Path):
        return str(value).endswith(name)
    if depth == DEEPEST:
        return False
    if isinstance(value, list | tuple):
        inside = value
    elif isinstance(value, dict):
        inside = tuple(value.values())
    else:
        ours = type(value).__module__.startswith("workbench.")
        inside = tuple(getattr(value, "__dict__", {}).values()) if ours else ()
    return any(holds(one, name, depth + 1) for one in tuple(inside))


@contextmanager
def modules_given(name: str) -> Iterator[set[str]]:
    """Collect the modules of the package of which a function gets a file as an argument, on any thread."""
    found: set[str] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(f"{PACKAGE}/"):
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            given = [frame.f_locals.get(one) for one in names if one not in ("self", "cls")]
            if holds(given, name):
                found.add(Path(code.co_filename).relative_to(PACKAGE).as_posix())

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def test_a_file_enters_the_modules_that_the_page_names(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    soundfile.write(tmp_path / "music" / "waltz.wav", tone(220, 2), 44100)
    with modules_given("waltz.wav") as entered:
        assert main(["analyze", str(tmp_path / "music"), "--data-dir", str(tmp_path / "data")]) == 0
    counted = re.findall(r"`([\w/]+\.py)`", PAGE.partition("- **A file from")[2].partition("- **`size`")[0])
    helpers = set(re.findall(r"`([\w/]+\.py)`", PAGE.partition("- **A file from")[0]))
    assert len(counted) == len(set(counted)) <= MOST_MODULES
    named = {*counted, *helpers} - {"tests/test_walk.py"}
    assert [one for one in sorted(named) if not (PACKAGE / one).is_file()] == []
    assert {one for one in entered if one not in named and not one.startswith("audio/tags/")} == set()
    assert {"audio/scan.py", "audio/fingerprint.py", "store/library/files.py", "processing/job/loop.py",
            "processing/cluster/workers.py", "session/jobs/analysis_tasks.py"} <= entered & set(counted)  # fmt: skip
