"""What can be done with kept playlists, in Python and in the Playlist maker."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import Workbench, WorkbenchError
from workbench.apps.dashboards.views.kept_view import KeptView
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.selection_view import SelectionView
from workbench.playlists import Playlist


@pytest.fixture
def kept(heard: Workbench) -> Iterator[Workbench]:
    """Two playlists, of which "Night" has an earlier version."""
    for name, size in (("Night", 2), ("Night", 3), ("Day", 2)):
        heard.playlist("random", size=size, name=name, random_state=size)
    yield heard
    for summary in heard.playlists():
        heard.playlists.discard(summary.id)


def names(wb: Workbench) -> list[str]:
    return [summary.name for summary in wb.playlists()]


def test_a_new_name_is_one_for_all_versions_and_belongs_to_nobody_else(kept: Workbench) -> None:
    kept.playlists.pin("Night")
    with pytest.raises(WorkbenchError, match="already a playlist 'Day'"):
        kept.playlists.rename("Night", "Day")
    with pytest.raises(WorkbenchError, match="needs a name"):
        kept.playlists.rename("Night", "  ")
    kept.playlists.rename("Night", "Late")
    assert [len(kept.playlists(name)) for name in ("Late", "Night")] == [2, 0]
    assert kept.playlists.pinned == {"Late"}


def test_what_was_deleted_comes_back_as_it_was(kept: Workbench) -> None:
    before, listed = kept.playlists.get("Night"), list(kept.playlists("Night"))
    kept.playlists.pin("Night")
    discarded = kept.playlists.discard("Night")
    assert names(kept) == ["Day"] and not kept.playlists.pinned
    kept.playlists.put_back(discarded)
    assert kept.playlists.pinned == {"Night"}
    assert kept.playlists.get("Night") == before and list(kept.playlists("Night")) == listed


def test_a_copy_has_a_name_of_its_own(kept: Workbench) -> None:
    copies = [kept.playlists.duplicate("Night") for _ in range(2)]
    assert [copy.name for copy in copies] == ["Night copy", "Night copy 2"]
    assert copies[0].track_ids == kept.playlists.get("Night").track_ids
    with pytest.raises(WorkbenchError, match="already a playlist"):
        kept.playlists.duplicate("Night", "Day")


def test_tracks_are_added_once_and_at_the_end(kept: Workbench) -> None:
    before = kept.playlists.get("Day").track_ids
    everything = [int(track) for track in kept.table().ids]
    made = kept.playlists.add("Day", everything)
    assert made.track_ids[: len(before)] == before and sorted(made.track_ids) == sorted(everything)
    assert "You added it" in made[len(before)].explanation["text"]
    assert len(kept.playlists("Day")) == 2
    with pytest.raises(WorkbenchError, match="all these tracks"):
        kept.playlists.add("Day", everything)


def test_the_list_in_the_maker_opens_changes_and_undoes(kept: Workbench) -> None:
    opened: list[Playlist] = []
    view = KeptView(kept.playlists, opened.append)
    view.list.value = "Night"
    view.version.value = view.version.options[-1][1]
    view.open_chosen()
    assert len(opened[-1]) == 2, "the earlier version"
    view.list.value = "Night"
    view.pin.click()
    assert view.list.cards[0]["name"] == "Night" and view.list.cards[0]["pinned"]
    view.name.value = "Late"
    view.rename()
    view.list.value = "Late"
    view.delete()
    assert names(kept) == ["Day"] and view.undo.layout.display == ""
    view.undo.click()
    assert set(names(kept)) == {"Day", "Late"} and view.undo.layout.display == "none"
    view.list.value, view.name.value = "Late", "Day"
    view.rename()
    assert "already a playlist" in view.line.value


def test_refreshing_says_what_changed(kept: Workbench) -> None:
    opened: list[Playlist] = []
    view = KeptView(kept.playlists, opened.append)
    view.list.value = "Night"
    view.refresh()
    assert "3 tracks kept; 0 added; 0 removed." in view.line.value and len(opened[-1]) == 3


def test_a_playlist_that_was_deleted_elsewhere_is_said(kept: Workbench) -> None:
    view = KeptView(kept.playlists, lambda playlist: None)
    view.list.value = "Night"
    kept.playlists.discard("Night")
    view.refresh()
    assert "no playlist 'Night'" in html.unescape(view.line.value)


def test_selected_tracks_go_into_a_kept_playlist(kept: Workbench, tmp_path: Path) -> None:
    view = SelectionView(kept.playlists, SaveView(kept.playlists.keep, tmp_path, kept.media))
    everything = [int(track) for track in kept.table().ids]
    view.select(everything)
    view.target.value = "Day"
    view.add()
    assert kept.playlists.get("Day").track_ids[2:] and f"now has {len(everything)} tracks" in view._line.value


def test_a_file_is_downloaded_from_the_link_itself(kept: Workbench, tmp_path: Path) -> None:
    view = SaveView(kept.playlists.keep, tmp_path, kept.media)
    assert view.download.value == ""
    view.offer(kept.playlists.get("Day"))
    view.name.value = 'A "b" <c>'
    view.format.value = "xspf"
    [data] = re.findall(r"href='data:application/xspf\+xml;base64,([^']+)'", view.download.value)
    assert b"<title>A " in base64.b64decode(data)
    assert "<c>" not in view.download.value and list(tmp_path.iterdir()) == []
