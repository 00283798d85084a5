"""How quick the apps are in a real browser: `python bench_dashboards.py [TRACKS] [POINTS]` (10,000 and 100,000).

A library of invented features is written to a temporary folder and served; Chromium opens each app warm: its kernel
preheated, in a profile that has visited it twice, as a person's browser has (Chromium keeps compiled scripts from the
second visit on; private windows never do). Paint and readiness are taken inside the page, from the start of the
navigation to the second frame after what is waited for is there: what drives the browser adds up to 0.4 s of its own.
Beside stands the processor time of server, kernels and browser, which other programs do not disturb.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from make_screenshots import FLAGS, served

APPS = ("library", "music_map", "playlist_maker", "performance", "problems")
PAGES = 10
WATCHED_S = 60.0
ROWS = "document.querySelector('.pw-grid').getAttribute('aria-rowcount')"
GENRES = ("House", "Techno", "Ambient", "Jazz", "Rock", "Folk", "Hip Hop", "Classical", "Funk", "Soul")


def main() -> None:
    tracks = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    points = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    print(
        f"Chromium headless {' '.join(FLAGS[:1])}; load average {psutil.getloadavg()[0]:.1f} on "
        f"{psutil.cpu_count()} cores"
    )
    print(f"{'what':52} {'wall':>9} {'processor':>10} {'target':>9}")
    with tempfile.TemporaryDirectory() as folder:
        invent_library(Path(folder) / "small", tracks)
        with served(Path(folder) / "small") as url, person() as browser:
            measure_small(browser, url, tracks)
        invent_library(Path(folder) / "large", points)
        with served(Path(folder) / "large") as url, person() as browser:
            measure_large(browser, url, points)


@contextmanager
def person() -> Iterator[Any]:
    """A Chromium with a profile of its own, kept between visits."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as profile, sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(
            profile,
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=FLAGS,
            viewport={"width": 1280, "height": 800},
        )
        yield browser
        browser.close()


def measure_small(browser: Any, url: str, tracks: int) -> None:
    for app in APPS:
        page = warm(browser, url, app, APP, f"{app}: warm first paint", "< 1 s")
        if app == "performance":
            watch(page)
        page.close()
    page = warm(browser, url, "library", ROW, f"library: table of {tracks:,} ready", "< 1.5 s")
    measure_filter(page, tracks)
    measure_switching(page)
    page.close()
    measure_ten_pages(browser, url)


def measure_switching(page: Any) -> None:
    """Open each app by its link three times, and print how long that took."""
    took: dict[str, list[float]] = {app: [] for app in APPS}
    for app in (*APPS[1:], APPS[0]) * 3:
        wait_until_quiet()
        page.evaluate(NOTE_SWITCH, APP)
        page.locator(f'.pw-nav a[href$="{app}.ipynb"]').click(no_wait_after=True)
        page.wait_for_function("window.switchedMs")
        took[app].append(page.evaluate("window.switchedMs") / 1000)
    for app, times in took.items():
        said = ", ".join(f"{seconds:.2f}" for seconds in sorted(times))
        print(f"{f'{app}: opened by its link':52} {said} s {'< 0.5 s':>12}", flush=True)


def measure_ten_pages(browser: Any, url: str) -> None:
    """Open every app twice, one page after the other, and print the memory of everything but the browser."""
    for number in range(PAGES + 1):
        print(
            f"{f'{number} open pages: server and kernels, shared memory once':52} {memory_mb():6.0f} MB",
            end="",
        )
        print(f" {'':>12} {'< 600 MB':>9}" if number == PAGES else "", flush=True)
        if number < PAGES:
            open_app(browser, url, APPS[number % len(APPS)], APP)
            wait_until_quiet()


def memory_mb() -> float:
    """Proportional set sizes of our processes without the browser."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "chrom" not in process.name() and "node" not in process.name():
                total += process.memory_full_info().pss
    return total / 1e6


def measure_filter(page: Any, tracks: int) -> None:
    field = page.get_by_placeholder("night ·")
    for query in ("bpm 120-124 and genre ~ house", "night"):
        field.fill(query)
        _, took = timed(
            lambda: (
                field.press("Enter"),
                page.wait_for_function(f"{ROWS} < {tracks // 2}"),
            )
        )
        line(f"library: filter {query!r}", took, "< 0.2 s")
        field.fill("")
        field.press("Enter")
        page.wait_for_function(f"{ROWS} == {tracks + 1}")
    _, took = timed(
        lambda: (
            page.get_by_role("button", name="Tempo (BPM)").first.click(),
            page.wait_for_selector("[aria-sort=ascending]"),
        )
    )
    line("library: sort by tempo", took, "< 0.2 s")


def measure_large(browser: Any, url: str, points: int) -> None:
    drawn = f".pw-field[data-drawn='{points}']"
    page = warm(browser, url, "music_map", drawn, f"music_map: {points:,} points ready", "< 4 s")
    frames = page.evaluate(FRAMES)
    print(f"{'music_map: a frame while zooming, median':52} {1000 * frames:6.0f} ms")
    page.close()
    warm(browser, url, "library", ROW, f"library: table of {points:,} ready", "")


def watch(page: Any) -> None:
    """Measure what a minute of the live dashboard sends and costs."""
    received = [0]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda e: received.append(len(e["response"]["payloadData"])))
    wait_until_quiet()  # until the kernel for the next visitor is ready, which is none of this page's doing
    share = busy_percent(page)
    page.goto("about:blank")
    wait_until_quiet()
    share -= busy_percent(page)
    print(f"{'performance: server and kernels, more than idle':52} {share:6.1f} % {'':>13} {'< 2 %':>9}")
    print(f"{'performance: sent in that minute':52} {sum(received) / 1e6:6.2f} MB {'':>12} {'< 5 MB':>9}")


def busy_percent(page: Any) -> float:
    """Return what server and kernels use of one core over ``WATCHED_S``."""
    before = processor_s(browser=False)
    page.wait_for_timeout(WATCHED_S * 1000)
    return 100 * (processor_s(browser=False) - before) / WATCHED_S


APP = ".pw-page button, .pw-page select"
ROW = ".pw-grid [role=row][aria-rowindex='2']"

# Notes when an element is there and has been painted: two frames later.
NOTE_PAINT = """new MutationObserver((_, observer) => {
  const visible = (node) => node.getBoundingClientRect().height;
  if (![...document.querySelectorAll(%s)].some(visible)) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.paintedAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true, attributes: true });"""

# Notes how long it takes from the next click until the content of another app has been painted.
NOTE_SWITCH = """(selector) => {
  const content = () => document.getElementById("rendered_cells"), before = content();
  window.switchedMs = undefined;
  addEventListener("click", () => {
    const clicked = performance.now();
    new MutationObserver((_, observer) => {
      const isDrawn = (node) => content() !== before && node.getBoundingClientRect().height;
      if (![...document.querySelectorAll(selector)].some(isDrawn)) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => { window.switchedMs = performance.now() - clicked; }));
    }).observe(document, { childList: true, subtree: true, attributes: true });
  }, { capture: true, once: true });
}"""

# Turns the wheel thirty times and times the drawing of each frame.
FRAMES = """async () => {
  const field = document.querySelector('.pw-field'), took = [];
  for (let i = 0; i < 30; i++) {
    const before = performance.now();
    const deltaY = i < 15 ? -40 : 40;
    field.dispatchEvent(new WheelEvent('wheel', { deltaY, clientX: 400, clientY: 400, cancelable: true }));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    took.push(performance.now() - before);
  }
  return took.sort((a, b) => a - b)[15] / 1000;
}"""


def warm(browser: Any, url: str, app: str, selector: str, what: str, target: str) -> Any:
    """Visit an app three times and print how long the last visit took until ``selector`` was painted."""
    for _ in range(2):
        open_app(browser, url, app, selector)[0].close()
        wait_until_quiet()
    (page, painted_s), took = timed(lambda: open_app(browser, url, app, selector))
    line(what, (painted_s, took[1]), target)
    return page


def open_app(browser: Any, url: str, app: str, selector: str) -> tuple[Any, float]:
    """Return the page and the seconds from the start of the navigation until ``selector`` was painted."""
    page = browser.new_page()
    page.set_default_timeout(300_000)
    page.add_init_script(NOTE_PAINT % json.dumps(selector))
    page.goto(f"{url}voila/render/{app}.ipynb", wait_until="commit")
    page.wait_for_function("window.paintedAt")
    return page, page.evaluate("window.paintedAt") / 1000


def timed(act: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """Return what ``act`` returns, with wall and processor seconds of our processes, the browser included."""
    wall, processor = time.perf_counter(), processor_s()
    value = act()
    return value, (time.perf_counter() - wall, processor_s() - processor)


def processor_s(*, browser: bool = True) -> float:
    """Processor seconds of every process below this one that lives, with or without the browser."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if not browser and "chrom" in process.name():
                continue
            spent = process.cpu_times()
        except psutil.Error:
            continue
        total += spent.user + spent.system
    return total


def wait_until_quiet() -> None:
    """Wait until the next kernel is preheated: until our processes use under a tenth of a core for two seconds."""
    for _ in range(60):
        before = processor_s()
        time.sleep(2)
        if processor_s() - before < 0.2:
            return


def line(what: str, took: tuple[float, float], target: str) -> None:
    print(f"{what:52} {took[0]:7.2f} s {took[1]:8.2f} s {target:>9}", flush=True)


def invent_library(data_dir: Path, tracks: int) -> None:
    """Fill a library with tracks that have features but no files."""
    from workbench import Workbench
    from workbench.store.library.records import ScannedFile

    rng = np.random.default_rng(1)
    centers = rng.normal(0, 2, (len(GENRES), 48))
    with Workbench(data_dir) as wb:
        for first in range(0, tracks, 1000):
            numbers = range(first, min(first + 1000, tracks))
            wb.library.files.add(
                [
                    ScannedFile(
                        f"/music/{i:06}.flac",
                        30_000_000,
                        i,
                        f"{i:032x}",
                        {
                            "title": f"{('Night', 'Morning', 'River', 'Stone')[i % 4]} {i}",
                            "artist": f"Artist {i % 900}",
                            "album": f"Album {i % 3000}",
                            "genre": GENRES[i % len(GENRES)],
                            "year": 1960 + i % 60,
                        },
                    )
                    for i in numbers
                ]
            )
            with wb.library.pool.writing():
                for i in numbers:
                    wb.library.features.save(f"{i:032x}", invented_features(rng, centers[i % len(GENRES)]))


def invented_features(rng: np.random.Generator, center: np.ndarray) -> Any:
    from workbench.analysis.features import VERSION
    from workbench.store.library.records import FeatureRecord

    scalars = {
        "duration_s": 200.0,
        "bpm": float(rng.normal(120, 20)),
        "key": "A",
        "scale": "minor",
        "camelot": "8A",
        "loudness_lufs": float(rng.normal(-12, 3)),
        "danceability": 1.0,
        "true_peak_dbtp": -1.0,
    }
    return FeatureRecord(VERSION, scalars, (center + rng.normal(0, 1, len(center))).astype(np.float32), {})


if __name__ == "__main__":
    main()
