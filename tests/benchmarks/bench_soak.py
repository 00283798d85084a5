"""Whether a server that is used for an hour grows: `python tests/benchmarks/bench_soak.py [--minutes 60] [--every 6]`.

Every EVERY seconds a person does everything once: analyzes a new file and one again, makes a playlist and deletes it,
looks through the tracks, asks for similar ones and for performance, and opens one of the apps in a browser. Each minute
prints what the server holds. What grew is the difference between the second half and the fifth minute.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
from bench_scale import make_files
from bench_server import Process

sys.path.append(str(Path(__file__).parents[1]))
from chromium import FLAGS

APPS = ("library", "map", "maker", "performance", "problems")
PERFORMANCE = ("metrics", "cache/stats", "database/pool", "async-processor/health", "resource-usage")
SETTLED_MINUTES = 5  # chosen by issue 18
COLUMNS = ("server MB", "all MB", "processes", "descriptors", "threads", "WAL MB", "rounds")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=6)
    parser.add_argument("--no-pages", action="store_true")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data_dir = Path(folder) / "data"
        make_files(Path(folder) / "new", 3600)
        command = [sys.executable, "-m", "workbench", "serve", "--port", "0", "--data-dir", str(data_dir)]
        server = Process(command, WORKBENCH_LIBRARY_ROOTS=folder)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        try:
            prepare(server, Path(folder) / "music")
            soak(server, data_dir, browser, options, sorted((Path(folder) / "new").rglob("*.wav")))
        finally:
            browser.close()
            server.stop()


def prepare(server: Process, music: Path) -> None:
    from workbench.audio.demo.demo_library import make_demo_library

    make_demo_library(music)
    job = ask(server, "tracks/import", {"directory_path": str(music)})
    if "id" not in job:
        raise SystemExit(job["message"])
    while job["status"] not in ("done", "failed", "cancelled"):
        job = ask(server, f"jobs/{job['id']}?wait=60")
    if job["status"] != "done":
        raise SystemExit(str(job))


def soak(server: Process, data_dir: Path, browser: Any, options: argparse.Namespace, new: list[Path]) -> None:
    print("minute".rjust(7) + "".join(name.rjust(14) for name in COLUMNS), flush=True)
    begun, rows, turn = time.monotonic(), [], 0
    while (minute := (time.monotonic() - begun) / 60) < options.minutes:
        everything_once(server, str(new[turn % len(new)]), turn)
        if not options.no_pages:
            visit(server, browser, APPS[turn % len(APPS)])
        turn += 1
        if minute >= len(rows):
            rows.append([*held(server, data_dir), turn])
            print(f"{minute:7.1f}" + "".join(f"{value:14,.1f}" for value in rows[-1]), flush=True)
        time.sleep(options.every)
    settled = rows[min(SETTLED_MINUTES, len(rows) // 2)]
    later = [statistics.median(column) for column in zip(*rows[len(rows) // 2 :], strict=True)]
    grown = (
        f"{name} {after - before:+.1f}" for name, before, after in zip(COLUMNS, settled, later, strict=True)
    )
    print("second half against the fifth minute: " + ", ".join(list(grown)[:-1]))


def everything_once(server: Process, new: str, turn: int) -> None:
    total = ask(server, "tracks?limit=100")["total"]
    track = 1 + turn % 30
    ask(server, "tracks/analyze", {"file_path": new})
    again = ask(server, f"tracks/{track}")["path"]
    ask(server, "tracks/analyze", {"file_path": again, "force_reanalysis": True})
    for path in (
        f"tracks?after={total // 2}",
        f"tracks/{track}/similar",
        "stats/analysis",
        "database/info",
        "health",
    ):
        ask(server, path)
    for path in PERFORMANCE:
        ask(server, f"performance/{path}")
    request = {"method": "similarity", "size": 10, "parameters": {"start": track}}
    made = ask(server, "playlists/generate", request)
    if "id" in made:
        ask(server, f"playlists/{made['id']}", method="DELETE")


def visit(server: Process, browser: Any, app: str) -> None:
    page = browser.new_page()
    try:
        page.goto(f"http://{server.host}:{server.port}/voila/render/{app}.ipynb", timeout=60_000)
        page.wait_for_selector(".pw-page", timeout=60_000)
    except Exception as error:  # noqa: BLE001 - a page that is late is seen, and the soak goes on
        print(f"{app}: {str(error).splitlines()[0]}")
    finally:
        page.close(run_before_unload=True)  # by this event, the page ends its kernel


def ask(server: Process, path: str, body: Any = None, method: str | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    address = f"http://{server.host}:{server.port}/api/v1/{path}"
    request = Request(address, data, {"Content-Type": "application/json"} if data else {}, method=method)
    try:
        with urlopen(request, timeout=120) as answer:
            content = answer.read()
    except HTTPError as error:
        return json.loads(error.read())
    return json.loads(content) if content else None


def held(server: Process, data_dir: Path) -> list[float]:
    """Return memory of the server and of all its processes, their number, and the server's descriptors and threads."""
    root = psutil.Process(server.process.pid)
    sizes = []
    for process in [root, *root.children(recursive=True)]:
        try:
            sizes.append(process.memory_full_info().pss / 1e6)
        except psutil.Error:
            continue
    wal = data_dir / "library.sqlite3-wal"
    size = wal.stat().st_size / 1e6 if wal.exists() else 0.0
    return [root.memory_info().rss / 1e6, sum(sizes), len(sizes), root.num_fds(), root.num_threads(), size]


if __name__ == "__main__":
    main()
