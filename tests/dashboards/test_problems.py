"""What is wrong with a library, found in tables where it is known."""

from __future__ import annotations

import asyncio
import json
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from heard_library import fill

from workbench import Workbench
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.mend_view import MendView
from workbench.apps.dashboards.views.problems_view import ProblemsView
from workbench.session import problems
from workbench.store.library.library_table import LibraryTable
from workbench.store.library.track import Track


def changed(table: LibraryTable, **columns: dict[int, Any]) -> LibraryTable:
    """Return the table with other values in some rows of some columns."""
    values = dict(table.columns)
    for name, cells in columns.items():
        values[name] = values[name].copy()
        for row, value in cells.items():
            values[name][row] = value
    return replace(table, columns=values)


def mending() -> MendView:
    """Return actions that have no library."""
    nothing: Any = None
    files: Any = SimpleNamespace(can_show=False)
    return MendView(nothing, nothing, files, on_play=int, on_done=list)


def ids(findings: list[problems.Finding]) -> list[int]:
    return [finding.track_id for finding in findings]


def test_a_sound_library_has_no_problems(table: LibraryTable) -> None:
    assert {check.title: check.find(table) for check in problems.CHECKS} == {
        c.title: [] for c in problems.CHECKS
    }


def test_a_library_of_which_nothing_is_analyzed_has_no_problems(table: LibraryTable) -> None:
    tags = ("path", "content_hash", "status", "title", "artist", "album", "genre", "year")
    bare = replace(
        table, columns={name: table.columns[name] for name in tags}, vectors=table.vectors * np.nan
    )
    for waiting in (bare, bare.take(np.zeros(len(bare), bool))):
        assert [check.title for check in problems.CHECKS if check.find(waiting)] == []


def test_each_check_finds_its_tracks_and_no_others(table: LibraryTable) -> None:
    broken = changed(
        table,
        true_peak_dbtp={0: 0.7},
        loudness_lufs={1: np.nan, 2: -45.0},
        leading_silence_s={3: 30.0},
        genre={4: None},
        truncated={5: 1.0},
    )
    assert ids(problems.clipped(broken)) == [1]
    assert ids(problems.silent(broken)) == [2, 4]
    assert ids(problems.loudness_outliers(broken)) == [3]
    assert ids(problems.untagged(broken)) == [5]
    assert ids(problems.truncated(broken)) == [6]
    assert "quieter" in problems.loudness_outliers(broken)[0].reason


def test_a_track_among_another_genre_may_be_mislabeled(table: LibraryTable) -> None:
    found = problems.mislabeled(changed(table, genre={0: "techno"}))
    assert ids(found) == [1] and "ambient" in found[0].reason


def test_a_genre_that_is_everywhere_proves_nothing(table: LibraryTable) -> None:
    mostly = changed(table, genre=dict.fromkeys(range(19), "techno") | {0: "ambient", 1: "ambient"})
    assert ids(problems.mislabeled(mostly)) == []


def test_what_the_user_keeps_out_is_no_problem_any_more(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        fill(wb)
        first = int(wb.table().ids[0])

        def found() -> tuple[list[int], list[int]]:
            silent = wb.table().with_columns({"loudness_lufs": np.full(len(wb.table()), np.nan)})
            by_kind = {one.title: ids(one.findings) for one in wb.problems(silent)}
            return by_kind["Silent"], by_kind[problems.KEPT_OUT]

        assert first in found()[0] and found()[1] == []
        wb.ratings.exclude(first)
        assert first not in found()[0] and found()[1] == [first]
        wb.ratings.allow(first)
        assert first in found()[0] and found()[1] == []


def test_duplicates_name_each_other() -> None:
    one, two = (Track(number, f"/m/{number}.mp3", "same", "analyzed") for number in (1, 2))
    assert [finding.reason for finding in problems.duplicates([[one, two]])] == [
        "same as 2.mp3",
        "same as 1.mp3",
    ]


def test_the_view_opens_at_a_kind_that_has_findings(table: LibraryTable) -> None:
    opened: list[int] = []
    view = ProblemsView(opened.append, opened.append, mending())
    silent = problems.Problem("Silent", "Trim it.", [problems.Finding(3, "all of it")])
    view.fill(table, [problems.Problem("Clipped", "", []), silent])
    assert view.kind.value == "Silent" and view.grid.cells(0, 5)[0][:2] == [3, "all of it"]
    assert view.mend.play.disabled
    view.grid.selected = [3]
    assert opened == [3] and not view.mend.play.disabled


def test_many_findings_are_written_piece_by_piece(table: LibraryTable) -> None:
    count = 100_000
    many = problems.Problem("Many", "Fix “it”.", [problems.Finding(int(table.ids[0]), "a reason")] * count)
    none = problems.Problem("None", "Nothing.", [])
    tracemalloc.start()
    sizes = [len(piece) for piece in problems.as_json([many, none], table)]
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(sizes) > 5_000_000 > 4 * peak_bytes
    found = json.loads("".join(problems.as_json([many, none], table)))["problems"]
    assert [(one["title"], one["advice"], len(one["findings"])) for one in found] == [
        ("Many", "Fix “it”.", count),
        ("None", "Nothing.", 0),
    ]
    assert found[0]["findings"][0] == {
        "id": int(table.ids[0]),
        "path": table.text_at("path", 0),
        "reason": "a reason",
    }


def test_problems_of_an_older_library_do_not_replace_those_of_the_present_one(
    library_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workbench(library_dir) as wb:
        app = wb.problems_app()
        find, older = wb.problems, Event()
        track_id = int(wb.table().ids[0])

        def slow_at_first(table: LibraryTable) -> list[problems.Problem]:
            found = list(find(table))
            if not older.is_set() and threading.current_thread() is not threading.main_thread():
                monkeypatch.setattr(wb, "problems", find)
                older.wait(60)
            return found

        async def exclude_while_it_looks() -> None:
            monkeypatch.setattr(wb, "problems", slow_at_first)
            app.look()
            while wb.problems is not find:
                await asyncio.sleep(0.01)
            app.mend.select({track_id: {}})
            app.mend.begin("exclude")
            while not kept_out(app):
                await asyncio.sleep(0.01)
            older.set()
            await asyncio.wrap_future(in_background(lambda: None, lambda _: None, lambda _: None))
            for _ in range(20):
                await asyncio.sleep(0.01)

        asyncio.run(asyncio.wait_for(exclude_while_it_looks(), 60))
        assert kept_out(app)


def kept_out(app: Any) -> bool:
    return any(label == "Kept out of playlists (1)" for label, _ in app.view.kind.options)
