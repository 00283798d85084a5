"""Run a command of the workbench as a job, in a process of its own, which can be ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from workbench.errors import ProcessingError
from workbench.processing.job.single_call import Steps

_STEP = re.compile(r"(\d+)/(\d+) (.*)")  # how commands write their progress
END_WAIT_S = 5.0  # set by hand; then it is killed


@dataclass(frozen=True)
class CommandReport:
    """The result of a command: the last line of its output, and how long it took."""

    said: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def command_call(arguments: Sequence[str]) -> Callable[[Steps], CommandReport]:
    """Return a function that runs ``workbench`` with these arguments and raises ``ProcessingError`` if it fails."""

    def call(steps: Steps) -> CommandReport:
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # so that its child processes end with it
        )
        steps.on_cancel = lambda: _signal(process, signal.SIGTERM)
        steps(0, 0, "starting")
        try:
            said = _listen(process, steps)
        finally:
            _end(process)
        steps.check()
        if process.returncode:
            raise ProcessingError(said or "The command ended without a reason.")
        return CommandReport(said, time.monotonic() - start)

    return call


def _listen(process: subprocess.Popen[str], steps: Steps) -> str:
    said = ""
    assert process.stderr is not None
    with process.stderr as lines:
        for line in lines:
            said = line.strip() or said
            if found := _STEP.search(line):
                steps(int(found[1]), int(found[2]), found[3])
    process.wait()
    return said.removeprefix("workbench: ")


def _end(process: subprocess.Popen[str]) -> None:
    _signal(process, signal.SIGTERM)
    try:
        process.wait(END_WAIT_S)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
