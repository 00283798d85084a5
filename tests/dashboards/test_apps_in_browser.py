"""The apps as a person meets them: a real server, a real browser, from an empty library to a file on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

APPS = {
    "library": "Library",
    "music_map": "Music map",
    "playlist_maker": "Playlist maker",
    "performance": "Performance",
    "problems": "Duplicates and problems",
}


def press(page: Any, text: str) -> None:
    page.get_by_role("button", name=text, exact=True).click()


def wait_for_text(page: Any, text: str) -> None:
    page.get_by_text(text).first.wait_for()


def test_from_an_empty_library_to_a_playlist_on_disk(
    visit: Callable[..., Any], empty_server: Any, tmp_path: Path
) -> None:
    page = visit("library").page
    wait_for_text(page, "analyse a folder of music first")
    press(page, "Analyse this folder")
    wait_for_text(page, "Done · 6 of 6 files")
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


def test_the_map_shows_every_track_and_a_lasso_selects(visit: Callable[..., Any]) -> None:
    page = visit("music_map").page
    page.wait_for_selector(".pw-field[data-drawn='6']")
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


def test_the_maker_makes_reorders_and_keeps_locked_tracks(visit: Callable[..., Any]) -> None:
    page = visit("playlist_maker").page
    press(page, "Make playlist")
    page.wait_for_selector(".pw-list li")
    names = page.locator(".pw-list li b").all_inner_texts()
    page.locator(".pw-list li").first.press("Alt+ArrowDown")
    wait_for_text(page, "Changed by hand")
    swapped = page.locator(".pw-list li b").all_inner_texts()
    assert swapped == [names[1], names[0], *names[2:]]
    page.get_by_role("button", name="Hear how it passes into the next track").first.click()
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
    wave.press("End")
    page.wait_for_function(
        "(wave => wave.getAttribute('aria-valuenow') >= wave.getAttribute('aria-valuemax') - 1)"
        "(document.querySelector('.pw-wave'))"
    )


@pytest.mark.parametrize("name", APPS)
def test_an_app_has_a_title_and_fits_a_phone(name: str, visit: Callable[..., Any]) -> None:
    page = visit(name, width=390, height=844, dark=True).page
    assert page.title() == f"{APPS[name]} · Playlist Workbench"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
