"""Draw the pictures of the apps in docs/images from the demo library: `python make_screenshots.py [OUT] [DATA_DIR]`.

Each is under 150 kB: drawn at 1280 × 800 or 1000, or at a phone's 390 × 844, and reduced to a palette where needed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))

from chromium import FLAGS  # noqa: E402

MOST_BYTES = 150_000


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder) / "data"
        analyze_demo(data_dir)
        with chromium() as browser:
            draw_cards(data_dir, browser, out / "cards.png")
        with served(data_dir) as url, chromium() as browser:
            for name, (app, width, height, dark, act) in PICTURES.items():
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
                )
                page.set_default_timeout(120_000)
                page.goto(f"{url}voila/render/{app}.ipynb")
                page.wait_for_selector(".pw-page")
                act(page)
                page.wait_for_timeout(1500)
                path = out / f"{name}.png"
                page.screenshot(path=path)
                page.close()
                reduce(path)
                print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


def analyze_demo(data_dir: Path) -> None:
    from workbench import Workbench

    with Workbench(data_dir) as wb:
        report = wb.analyze(wb.make_demo_library()).result()
        print(f"{report.analyzed} analyzed, {report.cached} known", file=sys.stderr)
        if not wb.playlists():
            wb.playlist(
                "similarity", start=int(wb.table().ids[0]), size=8, random_state=7, name="After the ferry"
            )


def draw_cards(data_dir: Path, browser: Any, path: Path) -> None:
    from workbench import Workbench

    with Workbench(data_dir) as wb:
        track, playlist = (
            wb.track("Blue Tram"),
            wb.playlist("similarity", start="Blue Tram", size=4, random_state=7, name="Evening"),
        )
        cards = track._repr_html_() + playlist._repr_html_()
    page = browser.new_page(viewport={"width": 1560, "height": 600})
    halves = (
        f"<div data-jp-theme-light='{light}' style='background: {back}; flex: 1; padding: 14px'>{cards}</div>"
        for light, back in (("true", "#fff"), ("false", "#0d1117"))
    )
    page.set_content(
        f"<!doctype html><body style='display: flex; font: 14px sans-serif; margin: 0'>{''.join(halves)}"
    )
    page.screenshot(path=path, full_page=True)
    page.close()
    reduce(path)


def served(data_dir: Path) -> AbstractContextManager[str]:
    command = [sys.executable, "-m", "workbench", "serve", "--data-dir", str(data_dir), "--port", "0"]
    return server(command, os.environ | {"WORKBENCH_LIBRARY_ROOTS": str(data_dir)})


@contextmanager
def server(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Start a server, and yield the address that it prints."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    url = next(found[1] for line in process.stderr if (found := re.search(r"is at (http://\S+)", line)))
    try:
        yield url
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def chromium() -> Iterator[Any]:
    import shutil

    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def reduce(path: Path) -> None:
    """Rewrite a picture with a palette when it is too large."""
    from PIL import Image

    for colors in (256, 128, 64):
        if path.stat().st_size <= MOST_BYTES:
            return
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(colors).save(path, optimize=True)


def choose_track(page: Any) -> None:
    page.locator(".pw-grid [role=row][aria-rowindex='8']").first.click()
    page.wait_for_selector(".pw-wave:not([hidden])")
    page.wait_for_timeout(1000)


def show_track(page: Any) -> None:
    choose_track(page)
    page.locator(".pw-wave").scroll_into_view_if_needed()
    page.locator(".pw-grid").nth(1).scroll_into_view_if_needed()


def trace_playlist(page: Any) -> None:
    page.get_by_text("Laying out").wait_for(state="hidden")
    page.get_by_text("Neighbors stay neighbors").first.wait_for()
    page.get_by_label("Playlist", exact=True).select_option(index=1)
    page.wait_for_timeout(1500)
    box = page.locator(".pw-field").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".pw-field").press("ArrowRight")
    page.locator(".pw-field").press("Enter")
    page.wait_for_selector(".pw-wave:not([hidden])")


def make_playlist(page: Any) -> None:
    page.get_by_label("size").fill("10")
    page.get_by_label("size").press("Tab")
    page.get_by_role("button", name="Make playlist").click()
    page.wait_for_selector(".pw-list li")


def follow_playlist(page: Any) -> None:
    make_playlist(page)
    page.locator(".pw-chart").last.scroll_into_view_if_needed()
    page.locator(".pw-field").scroll_into_view_if_needed()


def wait_for_figures(page: Any) -> None:
    page.wait_for_selector(".pw-score")
    page.wait_for_timeout(9000)


def wait_for_problems(page: Any) -> None:
    page.get_by_text("Duplicates (").wait_for()


Act = Callable[[Any], None]
PICTURES: dict[str, tuple[str, int, int, bool, Act]] = {
    "library": ("library", 1280, 800, False, choose_track),
    "track": ("library", 1280, 800, False, show_track),
    "music_map": ("music_map", 1280, 1000, False, trace_playlist),
    "music_map_dark": ("music_map", 1280, 1000, True, trace_playlist),
    "playlist_maker": ("playlist_maker", 1280, 800, False, make_playlist),
    "playlist_path": ("playlist_maker", 1280, 800, False, follow_playlist),
    "performance": ("performance", 1280, 800, False, wait_for_figures),
    "performance_dark": ("performance", 1280, 800, True, wait_for_figures),
    "problems": ("problems", 1280, 800, False, wait_for_problems),
    "library_phone": ("library", 390, 844, False, choose_track),
    "playlist_phone_dark": ("playlist_maker", 390, 844, True, follow_playlist),
}

if __name__ == "__main__":
    main()
