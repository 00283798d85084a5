"""``workbench lab`` in a real browser: the launcher, an app in a tab, each notebook with its widgets, sound and Tab."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
import soundfile
from chromium import chromium_with_caches, forget
from lab_page import CONNECTED, IDLE, OUTPUT, RUN_ALL, complete, errors, hear, nudge, run_all
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import BrowserContext, Page, TimeoutError
from waiting import until

from workbench.apps.notebooks import app_entries, apps_folder, notebook_entries

pytestmark = pytest.mark.browser
COLD_KERNEL = {
    "argv": [sys.executable, "-X", "utf8", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    "display_name": "Python (ipykernel, cold)",
    "language": "python",
}
"""Kernels of this one start as a user's do; those of "python3" are forks (``warm_python``)."""
CARD = '.jp-LauncherCard[data-category="Playlist Workbench"]'


class Lab(NamedTuple):
    """A running JupyterLab: its address, and the folder of notebooks that it shows."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def lab(
    known_contents_dir: Path,
    analyzed_data_dir: Path,
    style_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    """JupyterLab on an empty folder, and an empty library that knows the contents of the demo and of the styles."""
    here = tmp_path_factory.mktemp("lab")
    shutil.copytree(known_contents_dir, here / "data")
    shutil.copytree(analyzed_data_dir / "demo", here / "data" / "demo")
    shutil.copytree(style_folder, here / "data" / "styles")
    cold = here / "kernels" / "cold"
    cold.mkdir(parents=True)
    (cold / "kernel.json").write_text(json.dumps(COLD_KERNEL))
    command = [sys.executable, "-m", "workbench", "lab", str(here / "notebooks"), "--no-browser"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    log = here / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--data-dir", str(here / "data"), "--port", "0", "--", "--allow-root"],
            env=inherited
            | {
                "JUPYTER_TOKEN": "secret",
                "JUPYTER_CONFIG_DIR": str(here / "jupyter"),
                "JUPYTER_PATH": str(here),
            },
            stderr=file,
        )
    yield Lab(until(lambda: address(log.read_text(), process), 90), here / "notebooks")
    process.terminate()
    try:
        process.wait(20)
    except (
        subprocess.TimeoutExpired
    ):  # Jupyter Server may wait for a thread that serves a request; not tested here
        process.kill()
        process.wait()


def address(log: str, process: subprocess.Popen[bytes]) -> str | None:
    assert process.poll() is None, log
    found = re.search(r"(http://127\.0\.0\.1:\d+)/lab", log)
    return found[1] if found else None


@pytest.fixture(scope="module")
def browser(chromium: str, chromium_profile: Path) -> Iterator[BrowserContext]:
    with chromium_with_caches(chromium, chromium_profile) as context:
        yield context


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(120_000)
    yield page
    forget(browser)


CONTROLS = tuple(f"{OUTPUT} {control}" for control in ("button:enabled", "select:enabled", ".noUi-handle"))


@pytest.mark.timeout(900)
def test_the_launcher_opens_apps_and_every_notebook_and_they_live_after_run_all(lab: Lab, page: Page) -> None:
    """One page opens all of them: JupyterLab needs seconds to load."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab.url}/lab?token=secret")
    page.wait_for_selector(CARD)
    titles = {card.inner_text() for card in page.query_selector_all(CARD)}
    assert titles == {entry.title for entry in (*app_entries(apps_folder()), *notebook_entries())}

    page.click(f"{CARD} >> text=Duplicates and problems")
    app = page.frame_locator(".jp-IFrame iframe")
    app.locator(".pw-page").first.wait_for()
    assert app.locator("nav").count() == 0  # the launcher leads to the other apps
    page.click(".lm-TabBar-tab.jp-mod-current .lm-TabBar-tabCloseIcon")

    troubles: dict[str, list[str]] = {}
    clicked = heard = 0
    for entry in notebook_entries():
        page.keyboard.press("Control+Shift+L")
        page.click(f"{CARD}:visible >> text={entry.title}")
        page.wait_for_selector(IDLE)
        run_all(page)
        if entry.title == "Similarity":
            assert (lab.folder / "similarity.ipynb").exists()
            assert errors(page) == []
            try_similarity(page)
        for control in CONTROLS:
            if (first := page.locator(f"{control}:visible").first).count():
                first.scroll_into_view_if_needed()
                first.click()
                page.wait_for_selector(IDLE)
                clicked += 1
        if page.locator(f"{OUTPUT} audio").count():
            assert hear(page) > 0.1, entry.title
            heard += 1
        troubles[entry.title] = errors(page)
        close_and_shut_down(page)
    assert {title: errors for title, errors in troubles.items() if errors} == {}
    assert "Similarity" in troubles and clicked >= 5 and heard >= 1
    assert (lab.folder.parent / "data" / "playlists" / "from_the_map.m3u8").read_text().count("#EXTINF") == 8
    assert [url for url in asked if not url.startswith((lab.url, "data:", "blob:"))] == []
    assert [url for url in asked if "/api/build" in url] == []  # to answer that starts Node.js


def try_similarity(page: Page) -> None:
    """Move a slider, so that other tracks are the nearest; hear one; and complete a name."""
    nearest = page.locator(f"{OUTPUT} .widget-interact .widget-output")
    before = nearest.inner_text()
    nudge(page, "rhythm")
    page.wait_for_function(
        "([found, text]) => found.innerText !== text", arg=[nearest.element_handle(), before]
    )
    assert hear(page) > 0.1
    complete(page, "wb.playlist.harm", into="wb.playlist.harmonic")


def close_and_shut_down(page: Page) -> None:
    page.press(f"{RUN_ALL} .jp-Cell.jp-mod-active", "Control+Shift+Q")
    page.click(".jp-Dialog .jp-mod-accept")
    page.wait_for_selector(RUN_ALL, state="detached")


CELLS = (
    "from workbench import Workbench\nwb = Workbench(async_workers=1)\njob = wb.analyze('noise')",
    "job.result()",
    "'alive', 6 * 7",
)
KERNEL = {"name": "cold", "display_name": COLD_KERNEL["display_name"], "language": "python"}


def run_cell(page: Page, number: int) -> None:
    """Run a cell; JupyterLab drops the wish while the kernel is not connected, though it says idle."""
    page.wait_for_selector(CONNECTED)
    cell = page.locator(".jp-CodeCell").nth(number)
    while cell.locator(".jp-InputPrompt").inner_text() == "[ ]:":
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        with suppress(TimeoutError):
            cell.locator(".jp-InputPrompt", has_not_text="[ ]:").wait_for(timeout=3000)


def test_a_job_is_a_card_that_survives_a_reload_and_an_interrupt(lab: Lab, page: Page) -> None:
    folder = lab.folder
    (folder / "noise").mkdir()
    rng = np.random.default_rng(1)
    for number in range(400):  # so that a quick machine can be paused in time
        samples = 0.2 * rng.normal(size=80_000)
        soundfile.write(folder / "noise" / f"{number}.wav", samples.astype(np.float32), 8000)
    (folder / "noise" / "broken.wav").write_bytes(b"RIFF")
    cells = [new_code_cell(cell) for cell in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), folder / "job.ipynb")

    page.goto(f"{lab.url}/lab/tree/job.ipynb?token=secret&reset")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    run_cell(page, 0)
    card = page.locator(".jp-OutputArea .pw-card")
    card.get_by_text("Analysis of noise: running").wait_for()
    card.get_by_role("button", name="Pause").click()
    card.get_by_text("Analysis of noise: paused").wait_for()
    page.keyboard.press("Control+s")
    page.wait_for_function("!document.querySelector('.jp-mod-dirty')")

    page.reload()
    card.get_by_text("Analysis of noise: paused").wait_for()
    card.get_by_role("button", name="Resume").click()
    card.get_by_text("Analysis of noise: running").wait_for()

    run_cell(page, 1)
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="busy"]')
    card.get_by_role("button", name="Pause").click()  # while the cell waits
    card.get_by_text("Analysis of noise: paused").wait_for()
    page.locator('[data-command="notebook:interrupt-kernel"], [data-jp-item-name="interrupt"]').first.click()
    page.locator(".jp-OutputArea-output", has_text="KeyboardInterrupt").first.wait_for()
    card.get_by_text("Analysis of noise: cancelled").wait_for()
    run_cell(page, 2)
    page.locator(".jp-OutputArea-output", has_text="('alive', 42)").wait_for()
