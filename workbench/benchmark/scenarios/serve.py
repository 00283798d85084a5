"""Request analyses from a running server, and other answers at the same time. This runs in the parent process."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.benchmark.child import ScenarioInput
from workbench.benchmark.processes import Watch, environment
from workbench.errors import ProcessingError

# All set by hand: bursts with the requests of several busy pages, repeated to see the spread. A server is calm when it
# uses little of one core. The requests wait for that, so that the start is not measured.
AT_ONCE = 32
WITHIN_S = 1.0
BETWEEN_BURSTS_S = 0.5
REPEATS, REPEATED_FOR_S = 3, 2.0
CALM_CPU_SHARE = 0.2
CALM_WITHIN_S = 30.0
ANSWER_WITHIN_S = 600.0
WAIT_S = 30


def in_turns(inputs: Mapping[str, ScenarioInput]) -> Iterator[tuple[str, dict[str, float]]]:
    """Start both servers at once, which saves time; measure one after the other, and yield side and measurements."""
    with ExitStack() as stack:
        servers = {
            side: stack.enter_context(_Server(*COMMANDS[side](given))) for side, given in inputs.items()
        }
        urls = {side: server.address() for side, server in servers.items()}
        for side, url in urls.items():
            yield side, _ask(url, inputs[side].tracks)


def _before(given: ScenarioInput) -> tuple[list[str], dict[str, str]]:
    code = "import sys, pathlib; from workbench.benchmark.plain_program import serve; serve(pathlib.Path(sys.argv[1]))"
    return [sys.executable, "-c", code, str(given.folder / "plain.sqlite3")], {}


def _after(given: ScenarioInput) -> tuple[list[str], dict[str, str]]:
    library = str(given.folder / "library")
    command = [sys.executable, "-m", "workbench", "serve", "--data-dir", library, "--port", "0"]
    return command, {
        "WORKBENCH_LIBRARY_ROOTS": os.pathsep.join({str(Path(path).parent) for path in given.tracks})
    }


COMMANDS = {"before": _before, "after": _after}


def _ask(url: str, tracks: Sequence[str]) -> dict[str, float]:
    found = _ask_about_one(url, tracks[0])
    return found | {"concurrent_requests": _served_while(url, lambda: _analyze_each(url, tracks))}


class _Server:
    """A server process during a ``with`` statement."""

    def __init__(self, command: Sequence[str], more: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment() | more
        )

    def __enter__(self) -> _Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)

    def address(self) -> str:
        """Wait until the server has started, and return its address."""
        assert self._process.stdout is not None
        line = ""
        for line in self._process.stdout:
            if found := re.search(r"is at (http://\S+)", line):
                threading.Thread(target=self._process.stdout.read, daemon=True).start()
                _wait_until_calm(self._process.pid)
                return found[1]
        raise ProcessingError(f"The benchmark's server did not start: {line.strip()}")


def _wait_until_calm(pid: int) -> None:
    """Wait until the apps are preheated, as before a first visit."""
    watch = Watch(pid)
    deadline = time.monotonic() + CALM_WITHIN_S
    used, at = watch.cpu_s(), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.5)
        before_s, before_at = used, at
        used, at = watch.cpu_s(), time.monotonic()
        if used - before_s < CALM_CPU_SHARE * (at - before_at):
            return


def _ask_about_one(url: str, track: str) -> dict[str, float]:
    """Measure the time of the first answer, of the result, and of the answer to a repeated request."""
    start = time.perf_counter()
    first = _post(url, {"file_path": track})
    found = {"api_response_time": time.perf_counter() - start}
    _wait_for(url, first)
    found["api_result_time"] = time.perf_counter() - start
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < REPEATED_FOR_S:
        start = time.perf_counter()
        _post(url, {"file_path": track})
        times.append(time.perf_counter() - start)
    return found | {"api_repeated_time": statistics.median(times)}


def _analyze_each(url: str, tracks: Sequence[str]) -> None:
    for track in tracks:
        _wait_for(url, _post(url, {"file_path": track, "force_reanalysis": True}))


def _wait_for(url: str, answer: dict[str, Any]) -> None:
    """Wait for the job if the answer is a job."""
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while answer.get("id") and answer["status"] in ("queued", "running") and time.monotonic() < deadline:
        answer = _get(url, f"/api/v1/jobs/{answer['id']}?wait={WAIT_S}")


def _served_while(url: str, work: Callable[[], None]) -> float:
    """Return how many of AT_ONCE requests are answered within WITHIN_S while ``work`` runs; median of bursts."""
    counts: list[int] = []
    worker = threading.Thread(target=work)
    worker.start()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while worker.is_alive() or not counts:
            answers = list(pool.map(lambda _: _seconds_for(url), range(AT_ONCE)))
            counts.append(sum(seconds <= WITHIN_S for seconds in answers))
            worker.join(BETWEEN_BURSTS_S)
    return statistics.median(counts)


def _seconds_for(url: str) -> float:
    start = time.perf_counter()
    _get(url, "/api/v1/tracks?limit=50")
    return time.perf_counter() - start


def _get(url: str, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(url.rstrip("/") + path, timeout=ANSWER_WITHIN_S) as answer:
        value: dict[str, Any] = json.loads(answer.read())
    return value


def _post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request(
            "POST", "/api/v1/tracks/analyze", json.dumps(body), {"Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        value: dict[str, Any] = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status >= 400:
        raise ProcessingError(f"The benchmark's server answered {answer.status}: {value.get('message')}")
    return value
