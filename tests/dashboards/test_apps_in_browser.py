"""The apps as a person meets them: a real server, a real browser, from an empty library to a file on disk."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from waiting import until

from workbench.errors import CancelledError
from workbench.processing.job.task import Progress
from workbench.session.jobs.queue import JobQueue
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library

pytestmark = pytest.mark.browser


def press(page: Any, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


def kernel_runs(server_url: str, kernel: str) -> bool:
    try:
        return bool(urlopen(f"{server_url}api/kernels/{kernel}"))
    except HTTPError:
        return False


def wait_for_text(page: Any, text: str) -> None:
    page.get_by_text(text).first.wait_for()


@pytest.mark.cold
def test_from_an_empty_library_to_a_playlist_on_disk(
    visit: Callable[..., Any], empty_server: Any, tmp_path: Path
) -> None:
    page = visit("library").page
    wait_for_text(page, "analyze a folder of music first")
    press(page, "Analyze this folder")
    wait_for_text(page, "Done · 6 of 6 files")
    wait_for_text(page, "`workbench models get` fetches free ones")
    page.locator(".pw-grid [role=row][aria-rowindex='2']").first.click()
    wait_for_text(page, "LUFS, range")
    page.wait_for_selector(".pw-wave")
    grid = page.locator(".pw-grid").first
    grid.press("Control+a")
    press(page, "Playlist of 6 selected tracks")
    wait_for_text(page, "6 tracks, ")
    press(page, "Save")
    wait_for_text(page, "Saved as 'Selection of 6'")
    press(page, "Export file")
    wait_for_text(page, "Written to")
    lines = (tmp_path / "data" / "playlists" / "Selection of 6.m3u8").read_text("utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) == 6


def test_an_analysis_goes_on_when_its_page_is_left_and_every_page_shows_it(
    empty_server: Any, chromium: Any
) -> None:
    page = chromium.new_page()  # no visit: pages that are left while they load complain
    page.set_default_timeout(60_000)
    page.goto(f"{empty_server.url}voila/render/library.ipynb")
    kernel = json.loads(page.locator("#jupyter-config-data").text_content())["kernelId"]
    press(page, "Analyze this folder")
    wait_for_text(page, "Analysis of ")
    page.get_by_role("link", name="Performance").click()
    until(lambda: not kernel_runs(empty_server.url, kernel))
    elsewhere = chromium.browser.new_context().new_page()
    elsewhere.goto(empty_server.url)
    for each in (elsewhere, page):
        each.locator(".pw-job", has_text="done · 6 of 6 files").wait_for()
    elsewhere.get_by_role("button", name="Dismiss: Analysis of ").click()
    elsewhere.reload()
    elsewhere.get_by_role("heading", name="Apps").wait_for()
    assert elsewhere.locator(".pw-job", has_text="Analysis of ").count() == 0
    elsewhere.context.close()
    page.close()


class NotebookJob:
    """A job of this process, as a notebook has one."""

    title, can_pause, error = "Analysis of elsewhere", True, None

    def __init__(self) -> None:
        self.id, self.state, self.failed = uuid.uuid4().hex, "running", ()
        self.ended = threading.Event()

    @property
    def progress(self) -> Progress:
        return Progress(total=8, done=3, state=self.state, eta_s=75.0, scanning=False)

    def pause(self) -> None:
        self.state = "paused"

    def resume(self) -> None:
        self.state = "running"

    def cancel(self) -> None:
        self.state = "cancelled"
        self.ended.set()

    def report(self) -> None:
        return None

    def result(self) -> None:
        assert self.ended.wait(120)
        raise CancelledError("cancelled")


def test_the_job_of_a_notebook_is_paused_and_cancelled_from_a_page(
    visit: Callable[..., Any], app_data_dir: Path
) -> None:
    with DatabasePool(app_data_dir / "library.sqlite3") as pool:
        notebook = JobQueue(lambda kind, request: NotebookJob(), Library(pool), look_every_s=0.05)  # type: ignore[arg-type,return-value]
        job = NotebookJob()
        notebook.announce(job)  # type: ignore[arg-type]
        try:
            page = visit("problems", dark=True).page
            line = page.locator(".pw-job", has_text="Analysis of elsewhere")
            line.get_by_text("3 of 8 files · 75 s left").wait_for()
            line.get_by_role("button", name="Pause").click()
            line.get_by_text("paused").wait_for()
            assert job.state == "paused"
            line.get_by_role("button", name="Resume").click()
            until(lambda: job.state == "running")
            line.get_by_role("button", name="Cancel").click()
            line.get_by_text("cancelled").wait_for()
            until(job.ended.is_set)
            line.get_by_role("button", name="Dismiss").click()
            line.wait_for(state="detached")
        finally:
            notebook.close()


def test_the_home_page_counts_what_is_in_the_library(visit: Callable[..., Any]) -> None:
    page = visit("problems").page
    page.get_by_role("link", name="Home").click()
    for count in ("total", "hours", "problems", "running"):
        page.locator(f"[data-count={count}]", has_text=re.compile(r"^[\d.]+$")).wait_for()
    page.locator(".pw-kinds li").first.wait_for()


def test_many_jobs_leave_the_page_in_sight(visit: Callable[..., Any], app_data_dir: Path) -> None:
    with DatabasePool(app_data_dir / "library.sqlite3") as pool:
        notebook = JobQueue(lambda kind, request: NotebookJob(), Library(pool), look_every_s=0.05)  # type: ignore[arg-type,return-value]
        jobs = [NotebookJob() for _ in range(5)]
        for job in jobs:
            notebook.announce(job)  # type: ignore[arg-type]
        try:
            page = visit("problems").page
            strip, lines = page.locator(".pw-jobs"), page.locator(".pw-job-title")
            strip.get_by_text("more jobs").wait_for()
            assert lines.count() == 3
            strip.get_by_role("button", name="Show all").click()
            page.locator(".pw-job-title >> nth=4").wait_for()
            for job in jobs[:4]:
                job.cancel()
            page.locator(".pw-job", has_text="cancelled").nth(3).wait_for()
            assert "3 of 8 files" in page.locator(".pw-job").first.inner_text()  # what runs comes first
            strip.get_by_role("button", name="Dismiss all").click()
            page.locator(".pw-job-title >> nth=1").wait_for(state="detached")
            assert lines.count() == 1
        finally:
            jobs[4].cancel()
            notebook.close()


def test_a_message_stays_until_it_is_dismissed(visit: Callable[..., Any]) -> None:
    page = visit("performance").page
    press(page, "Clear caches")
    message = page.get_by_text("Every process empties its caches within a second.")
    message.wait_for()
    page.evaluate(  # two more looks at the measurements
        """async () => { const live = () =>
          [...document.querySelectorAll(".pw-chart")].map((chart) => chart.outerHTML).join("");
        for (let seen = 0, before = live(); seen < 2;) {
          await new Promise((done) => setTimeout(done, 100));
          if (live() !== before) { seen += 1; before = live(); } } }"""
    )
    assert message.is_visible()
    press(page, "Dismiss")
    message.wait_for(state="detached")


def test_the_map_shows_every_track_and_a_lasso_makes_a_playlist(
    visit: Callable[..., Any], app_data_dir: Path
) -> None:
    page = visit("music_map").page
    page.wait_for_selector(".pw-field[data-drawn='6']")
    wait_for_text(page, "Neighbors stay neighbors")
    page.get_by_role("button", name="Lasso").click()
    box = page.locator(".pw-field").bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.03)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    wait_for_text(page, "6 of 6 tracks selected")
    page.locator(".pw-field").press("ArrowRight")
    page.wait_for_function("document.querySelector('.pw-tip').textContent.includes('BPM')")
    press(page, "Playlist of 6 selected tracks")
    wait_for_text(page, "6 tracks, ")
    press(page, "Export file")
    wait_for_text(page, "Written to")
    lines = (app_data_dir / "playlists" / "Selection of 6.m3u8").read_text("utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith("#")]) == 6


def test_the_maker_makes_reorders_and_keeps_locked_tracks(visit: Callable[..., Any]) -> None:
    page = visit("playlist_maker").page
    press(page, "Make playlist")
    page.wait_for_selector(".pw-list li")
    names = page.locator(".pw-list li b").all_inner_texts()
    page.locator(".pw-list li").first.press("Alt+ArrowDown")
    wait_for_text(page, "You changed the order, or added or removed tracks")
    swapped = page.locator(".pw-list li b").all_inner_texts()
    assert swapped == [names[1], names[0], *names[2:]]
    page.get_by_role("button", name="Hear the transition to the next track").first.click()
    page.wait_for_function("document.querySelector('.pw-player button').textContent.includes('Pause')")
    grip, place = page.locator(".pw-grip").nth(2), page.locator(".pw-list li").first
    grip.drag_to(place)
    page.wait_for_function(f"document.querySelector('.pw-list li b').textContent == {json.dumps(names[2])}")
    page.get_by_role("button", name=f"Keep {names[2].split(' — ')[0]} when").click()
    press(page, "Make the rest again")
    page.wait_for_selector(".pw-list li.pw-locked")
    assert page.locator(".pw-list li b").first.inner_text() == names[2]


def test_the_player_plays_and_seeks_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit("library").page
    page.locator(".pw-grid [role=row][aria-rowindex='2']").first.click()
    page.wait_for_function("!document.querySelector('.pw-player button').disabled")
    wave = page.get_by_role("slider", name="Position in the track")
    wave.press("Space")
    page.wait_for_function("document.querySelector('.pw-player button').textContent.includes('Pause')")
    page.wait_for_function("document.querySelector('.pw-wave').getAttribute('aria-valuenow') >= 1")
    playing = page.evaluate("workbenchPlayer.now.id")
    wave.press("End")  # the row after it plays
    page.wait_for_function(f"workbenchPlayer.now.id !== {playing} && !workbenchPlayer.now.paused")


@pytest.mark.parametrize("knows", [True, False], ids=["server knows", "browser finds out"])
def test_a_track_in_a_format_that_the_browser_lacks_plays_and_seeks(
    knows: bool, visit: Callable[..., Any]
) -> None:
    page = visit("library").page
    if not knows:  # as for a browser that lacks what others play: it is given the file itself
        page.route("**/audio", lambda route: route.continue_(url=route.request.url + "?format=file"))
    field = page.get_by_placeholder("night ·")
    field.fill("unheard")
    field.press("Enter")
    page.wait_for_function("document.querySelector('.pw-grid').getAttribute('aria-rowcount') == 2")
    page.locator(".pw-grid [role=row][aria-rowindex='2']").first.click()
    page.wait_for_function("!document.querySelector('.pw-player button').disabled")
    wave = page.get_by_role("slider", name="Position in the track")
    wave.press("Space")
    page.wait_for_function("document.querySelector('.pw-wave').getAttribute('aria-valuenow') >= 1")
    wave.press("Home")
    for _ in range(2):
        wave.press("ArrowRight")
    page.wait_for_function("document.querySelector('.pw-wave').getAttribute('aria-valuenow') >= 11")
    assert not page.locator(".pw-player .pw-problem").is_visible()


def test_words_rank_the_library_and_say_what_they_did_not_find(visit: Callable[..., Any]) -> None:
    page = visit("library").page
    field = page.get_by_label("Sounds like")
    field.fill("fast piano, xylophone")
    field.press("Enter")
    wait_for_text(page, "Not understood: xylophone. No network has listened to this library")
    best = page.locator(".pw-grid [role=row][aria-rowindex='2']").first
    page.wait_for_function("document.querySelector('.pw-grid').textContent.includes('fast (')")
    assert "fast (" in best.inner_text()


def test_two_playlists_are_compared(visit: Callable[..., Any]) -> None:
    page = visit("playlist_maker").page
    page.get_by_label("size").fill("3")
    press(page, "Make playlist")
    name = page.get_by_label("Name", exact=True)
    page.wait_for_function(
        "name => name.value", arg=name.element_handle()
    )  # the playlist has brought its own
    name.fill("An earlier one")
    name.press("Tab")
    press(page, "Save")
    wait_for_text(page, "Saved as 'An earlier one'")
    page.get_by_label("size").fill("5")
    press(page, "Make playlist")
    page.wait_for_function("document.querySelectorAll('.pw-list li').length == 5")
    page.get_by_text("Compare with an earlier playlist").click()
    page.get_by_label("Compare with").select_option(label="An earlier one (3)")
    wait_for_text(page, "3 tracks in both.")
    card = page.locator("table.pw-facts", has_text="An earlier one")
    assert card.locator("tr", has_text="Tracks").first.locator("td").all_inner_texts()[-2:] == ["5", "3"]


def test_the_kernel_of_a_closed_tab_ends_and_others_go_on(visit: Callable[..., Any], app_server: Any) -> None:
    pages = [visit("performance").page for _ in range(2)]
    closed, open_one = (
        json.loads(page.locator("#jupyter-config-data").text_content())["kernelId"] for page in pages
    )
    assert kernel_runs(app_server.url, closed)
    pages[0].close()
    until(lambda: not kernel_runs(app_server.url, closed))
    assert kernel_runs(app_server.url, open_one)


def test_the_performance_app_shows_event_loops_current_values_and_reasons(visit: Callable[..., Any]) -> None:
    lag = r"/Event-loop lag.* this page's kernel [\d.]+, server, longest of a minute [\d.]+/"
    page = visit("performance").page
    page.wait_for_function(
        f"[...document.querySelectorAll('.pw-chart svg')].some((chart) => {lag}.test(chart.ariaLabel))"
    )
    machine = page.locator(".pw-chart", has_text="Machine").locator(".pw-legend")
    assert all(float(value) >= 0 for value in machine.locator("b").all_inner_texts())
    assert machine.locator("b").count() == 3
    wait_for_text(page, "of the memory is in use")
    assert page.locator(".pw-score", has_text="Processor").inner_text().endswith("nothing measured yet")


def test_the_browser_keeps_the_files_of_a_page_and_loads_no_mathjax(visit: Callable[..., Any]) -> None:
    seen = visit("problems", fresh=True)
    wait_for_text(seen.page, "Duplicates (")
    kept = [url for url in seen.asked if "/voila/static" in url or "/voila/labextensions/" in url]
    assert len(kept) > 50
    assert {urlopen(url).headers["Cache-Control"] for url in kept} == {"public, max-age=31536000, immutable"}
    assert not seen.page.evaluate("'version' in MathJax")


def test_title_text_and_menu_need_no_script(chromium: Any, app_server: Any) -> None:
    page = chromium.browser.new_page(java_script_enabled=False)
    page.goto(f"{app_server.url}voila/render/music_map.ipynb")
    assert page.get_by_role("heading", name="Music map").is_visible()
    assert page.get_by_role("navigation").get_by_role("link").all_inner_texts() == [
        "Home",
        "Library",
        "Music map",
        "Performance",
        "Playlist maker",
        "Duplicates and problems",
    ]
    assert page.locator("[aria-current=page]").inner_text() == "Music map"
    page.close()


def test_a_page_without_its_server_says_so(chromium: Any, empty_server: Any) -> None:
    page = chromium.new_page()
    page.goto(f"{empty_server.url}voila/render/problems.ipynb")
    wait_for_text(page, "No track yet.")
    assert not page.get_by_role("alert").is_visible()
    empty_server.stop()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for_text(page, "The server does not answer.")
    assert page.get_by_role("link", name="Reload the page").is_visible()
    page.close()
