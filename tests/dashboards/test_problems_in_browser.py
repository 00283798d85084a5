"""The Problems app as a person uses it: counts on the home page, and what mends a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mutagen
import pytest

from workbench import Workbench

pytestmark = pytest.mark.browser


@pytest.fixture
def mendable(app_server: Any, app_data_dir: Path, music: Path) -> Iterator[Path]:
    """A file of the library without a genre; it is as before in the end."""
    path = next(music.rglob("*.flac"))
    saved, file = path.read_bytes(), mutagen.File(path)
    del file["genre"]
    file.save()
    read_again(app_data_dir, path)
    yield path
    path.write_bytes(saved)
    read_again(app_data_dir, path)


def read_again(data_dir: Path, path: Path) -> None:
    with Workbench(data_dir, async_workers=1) as wb:
        wb.analyze(path, show=False).result(timeout=100)


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def row_of(page: Any) -> Any:
    return page.get_by_role("row", name="Carrier Wave").filter(has_text="no genre")


def test_problems_are_counted_listened_to_and_mended(
    visit: Callable[..., Any], app_server: Any, mendable: Path
) -> None:
    page = visit("problems").page
    page.goto(app_server.url)
    page.get_by_role("link", name="Without artist or genre 2").click()  # one has no tags at all
    press(page, "Without artist or genre (2)")
    tell = page.get_by_role("status")
    row_of(page).get_by_role("button").click()
    page.get_by_label("Genre", exact=True).fill("Ambient")
    press(page, "Show what would change")
    page.get_by_role("row", name=f"{mendable.name} genre Ambient").wait_for()
    assert "genre" not in mutagen.File(mendable), "nothing is written before the second click"
    press(page, "Write into 1 file")
    tell.filter(has_text="Tags of 1 file are written.").wait_for()
    assert mutagen.File(mendable)["genre"] == ["Ambient"]
    press(page, "Undo")
    tell.filter(has_text="The tags are as before.").wait_for()
    assert "genre" not in mutagen.File(mendable)
    page.get_by_role("button", name="Without artist or genre (2)").wait_for()
    row_of(page).get_by_text("no genre").click()
    press(page, "Play")
    page.wait_for_function("workbenchPlayer.now.id && !workbenchPlayer.now.paused")
    page.evaluate("workbenchPlayer.pause()")
    press(page, "Keep out of playlists")
    press(page, "Kept out of playlists (1)")
    page.get_by_role("button", name="Without artist or genre (1)").wait_for()
    page.get_by_role("row", name="Carrier Wave").filter(has_text="kept out").get_by_role("button").click()
    page.get_by_role("button", name="Without artist or genre (2)").wait_for()


def test_a_file_is_deleted_only_after_asking(visit: Callable[..., Any], mendable: Path, trash: Path) -> None:
    page = visit("problems").page
    press(page, "Without artist or genre (2)")
    row_of(page).get_by_text("no genre").click()
    press(page, "Show the path")
    assert page.get_by_label("Path", exact=True).input_value() == str(mendable)
    press(page, "Move to trash …")
    press(page, "Cancel")
    assert mendable.exists()
    press(page, "Move to trash …")
    press(page, "Move to trash")
    page.get_by_role("button", name="Missing (1)").wait_for()
    assert not mendable.exists() and (trash / "files" / mendable.name).exists()
