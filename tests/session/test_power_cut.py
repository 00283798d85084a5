"""A process that is killed anywhere while it writes tags leaves each file old or new, and the next one tidies up.

A process of its own writes and kills itself at a chosen line of our code or of the standard library's copying.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
import soundfile

from workbench import Workbench
from workbench.analysis.features import VERSION
from workbench.audio.fingerprint import content_hash
from workbench.audio.tags import read_tags
from workbench.session.tags.recovery import scanned
from workbench.store.library.records import FeatureRecord

STEPPED = ("session/tags/", "audio/tags/replacing", "audio/tags/writing", "library/library.py", "shutil.py")
PARTS = 4  # of the run, each with a kill at a random line of it


def make_library(data_dir: Path, music: Path) -> list[Path]:
    """Two analyzed files, of which the second has another name, so that it is written in place."""
    music.mkdir()
    paths = [music / "one.flac", music / "two.wav"]
    for number, path in enumerate(paths):
        soundfile.write(path, np.random.default_rng(number).normal(0, 0.1, 200_000), 44_100)
    os.link(paths[1], music / "other name.txt")
    with Workbench(data_dir) as wb:
        for path in paths:
            content = content_hash(path)
            values = {"bpm": 124.0, "key": "A", "scale": "minor"}
            wb.library.features.save(content, FeatureRecord(VERSION, values, np.ones(3, "f4"), {}))
            wb.library.files.add([scanned(str(path), content)])
    return paths


def write_and_die(data_dir: Path, at_line: int | None, lines: Any) -> None:
    """Write the tags; count the lines that were executed, and kill this process at one of them."""

    def step(frame: FrameType, event: str, _: object) -> Any:
        if not any(part in frame.f_code.co_filename for part in STEPPED):
            return None
        if event == "line":
            lines.value += 1
            if lines.value == at_line:
                os.kill(os.getpid(), signal.SIGKILL)
        return step

    with Workbench(data_dir) as wb:
        plan = wb.tags.plan()
        sys.settrace(step)
        wb.tags.write(plan)
        sys.settrace(None)


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that have imported what they need, without the threads and connections of this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["workbench.session.workbench", "workbench.session.tags.tags", "workbench.models.columns", "mutagen"]
    )
    return context


def run(processes: Any, data_dir: Path, at_line: int | None) -> tuple[int | None, int]:
    lines = processes.Value("q", 0)
    child = processes.Process(target=write_and_die, args=(data_dir, at_line, lines))
    child.start()
    child.join(60)
    return child.exitcode, lines.value


def test_a_killed_process_leaves_old_or_new_files(processes: Any, tmp_path: Path) -> None:
    paths = make_library(tmp_path / "whole", tmp_path / "whole music")
    exit_code, lines = run(processes, tmp_path / "whole", None)
    assert exit_code == 0 and lines > 200
    new = [path.read_bytes() for path in paths]
    assert all(read_tags(path).tag_key == "Am" for path in paths)

    generator, ends = np.random.default_rng(), set()
    for part in range(PARTS):
        at_line = int(generator.integers(part * lines // PARTS, (part + 1) * lines // PARTS)) + 1
        data_dir, music = tmp_path / f"data {part}", tmp_path / f"music {part}"
        paths = make_library(data_dir, music)
        old = [path.read_bytes() for path in paths]
        said = f"killed at line {at_line} of {lines}"

        assert run(processes, data_dir, at_line)[0] == -signal.SIGKILL, said
        assert paths[0].read_bytes() in (old[0], new[0]), said

        with Workbench(data_dir) as wb:
            plan = wb.analyze.plan(music)  # as the next analysis does
            assert not plan.reasons, said
            state = tuple(path.read_bytes() for path in paths)
            ends.add(state == tuple(new))
            assert all(now in both for now, *both in zip(state, old, new, strict=True)), said
            assert (music / "other name.txt").read_bytes() == state[1], said
            assert sorted(path.name for path in music.iterdir()) == ["one.flac", "other name.txt", "two.wav"]
            assert [wb.track(str(path)).content_hash for path in paths] == [content_hash(p) for p in paths]
            for backup in wb.tags.backups():
                assert {file.problem for file in wb.tags.restore(backup.name)} == {None}, said
        assert [path.read_bytes() for path in paths] == old, said
    assert False in ends
