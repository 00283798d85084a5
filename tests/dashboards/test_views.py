"""Views built from literal results: what they show, what they ask for, what they say when something is wrong."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import Workbench
from workbench.apps.dashboards.background import in_background
from workbench.apps.dashboards.views.compare_view import CompareView
from workbench.apps.dashboards.views.filter_field import FilterField
from workbench.apps.dashboards.views.folder_picker import FolderPicker
from workbench.apps.dashboards.views.job_view import JobView
from workbench.apps.dashboards.views.map_view import MapView
from workbench.apps.dashboards.views.method_form import MethodForm
from workbench.apps.dashboards.views.parameter_form import ParameterForm
from workbench.apps.dashboards.views.save_view import SaveView
from workbench.apps.dashboards.views.suggestions import Suggestions
from workbench.apps.dashboards.views.table_view import TableView
from workbench.apps.dashboards.views.track_view import TrackView
from workbench.apps.dashboards.views.views_bar import ALL, ViewsBar
from workbench.apps.dashboards.widgets.chart import MOST_POINTS, Chart
from workbench.apps.dashboards.widgets.picker import Picker
from workbench.apps.dashboards.widgets.scatter import Scatter
from workbench.apps.dashboards.widgets.stars import Stars
from workbench.errors import LibraryPathError, PlaylistError
from workbench.performance.live_series import LiveSeries, rates
from workbench.playlists import COMMON_PARAMETERS, METHODS, count_candidates, generate
from workbench.playlists.edits import in_order, kept_in_place
from workbench.playlists.query.query_match import best_rows
from workbench.playlists.sound.layouts import neighbor_map, principal_components
from workbench.plots.coloring import by_category, by_key, by_number
from workbench.processing.job.task import Failure, Progress
from workbench.session.maps import NeighborMap
from workbench.session.media.media import Media
from workbench.session.playlists import select_tracks
from workbench.store.library.library_table import LibraryTable


def shown(view: Any) -> str:
    """Return every text in a view."""
    own = [
        str(getattr(view, name)) for name in ("value", "description", "placeholder") if hasattr(view, name)
    ]
    return " ".join(own + [shown(child) for child in getattr(view, "children", ())])


def test_the_table_filters_by_query_and_explains_a_wrong_one(table: LibraryTable) -> None:
    view = TableView(table, best_rows, lambda track_id: None)
    view.query.value = "bpm > 125"
    assert view.grid.total == int(np.count_nonzero(table["bpm"] > 125))
    assert f"{view.grid.total:,} of 40 tracks" in shown(view)
    view.query.value = "bpm >"
    assert "pw-problem" in shown(view)
    view.query.value = ""
    assert view.grid.total == 40 and "pw-problem" not in shown(view)


def test_the_builder_of_the_library_writes_the_filter_of_the_table(table: LibraryTable) -> None:
    view = TableView(table, best_rows, int)
    view.query.value = "bpm > 100 and genre = techno"
    tempo, genre = view.builder._rows
    assert (tempo.what.value, tempo.values.value, genre.values.value) == ("bpm", "100", ["techno"])
    genre.values.value = ["ambient"]
    assert view.query.value == "bpm > 100 and genre = ambient" and view.grid.total == 0
    tempo.remove.click()
    assert view.query.value == "genre = ambient" and view.grid.total == 20


def test_predicted_genres_have_a_column_of_their_own_once_there_are_any(table: LibraryTable) -> None:
    view = TableView(table, best_rows, lambda track_id: None)
    heads = [column["label"] for column in view.grid.columns]
    assert "Genre" in heads and "Predicted genre" not in heads
    guesses = np.full(40, None, object)
    guesses[3] = "Dub Techno"
    view.fill(replace(table, columns=dict(table.columns) | {"predicted_genre": guesses}))
    at = [column["label"] for column in view.grid.columns].index("Predicted genre")
    assert view.grid.cells(3, 1)[0][1 + at] == "Dub Techno" and view.grid.cells(4, 1)[0][1 + at] == ""
    view.grid.sort("predicted_genre")
    assert view.grid.cells(0, 1)[0][0] == table.ids[3]
    view.fill(table)
    assert [column["label"] for column in view.grid.columns] == heads and view.grid.sort_column == ""


def test_words_rank_the_table_and_say_why(heard_table: LibraryTable) -> None:
    view = TableView(heard_table, best_rows, lambda track_id: None)
    heads = [column["label"] for column in view.grid.columns]
    view.grid.sort("artist")
    view.words.value = "calm piano without singing xylophone"
    assert [column["label"] for column in view.grid.columns] == [*heads[:2], "Fits", "Why", *heads[2:]]
    first, second = view.grid.cells(0, 2)
    assert first[1:4] == ["Nocturne", "Chopin", "91%"] and "piano, no voice" in first[4]
    assert second[1] == "Piano Rag" and "but not calm" in second[4]
    assert "Not understood: xylophone." in shown(view) and f"{view.grid.total} of 5 tracks" in shown(view)
    view.grid.sort("why")
    assert view.grid.cells(0, 1)[0][1] == "Nocturne"
    view.query.value = "bpm > 100"
    assert view.grid.cells(0, 1)[0][1] == "Piano Rag"
    view.fill(heard_table.take(heard_table["bpm"] > 130))
    assert [cells[1] for cells in view.grid.cells(0, 9)] == ["Piano Rag", "Warehouse"]
    view.words.value = "zzz"
    assert view.grid.total == 0 and "Nothing was understood." in shown(view)
    view.words.value = ""
    assert view.grid.total == 2 and [column["label"] for column in view.grid.columns] == heads


def test_an_empty_table_says_what_to_do(table: LibraryTable) -> None:
    view = TableView(table.take(np.zeros(40, bool)), best_rows, lambda track_id: None)
    assert "analyze a folder" in view.grid.empty


def test_stars_rate_the_track_that_is_shown() -> None:
    rated: list[tuple[int, float | None]] = []
    view = Stars(lambda track_id, rating: rated.append((track_id, rating)))
    view.value = 1.0
    assert rated == [], "no track is shown yet"
    for own in (None, 1.0, 4.5):
        view.show(7, 3.0, own)
        assert (view.value, view.rating) == (own, 3.0)
        assert rated == []
    view.value = 5.0
    view.value = None
    assert rated == [(7, 5.0), (7, None)]


TRACK = {"id": 1, "path": "/a.flac", "title": "A", "artist": None, "genre": None, "features": {}}


def test_what_networks_heard_is_a_line_of_its_own(heard: Workbench) -> None:
    (track,) = heard.track.described([heard.track(1)])
    view = TrackView(lambda track_id: None, "choose")
    view.show(track, None)
    assert "Heard</th><td>classical · no voice · piano · mellow, chill, calm<" in shown(view)
    assert "Genre</th><td>—" in shown(view)
    view.show(TRACK | {"predicted": {}}, None)
    assert "Heard" not in shown(view)


def test_what_is_predicted_is_marked_and_no_tag() -> None:
    genre = {"value": "<Dub>", "probability": 0.75, "model": "tagger:genre", "version": "1"}
    view = TrackView(lambda track_id: None, "choose")
    view.show(TRACK | {"predicted": {"genre": genre}}, None)
    assert "Predicted</th><td>genre &lt;Dub&gt; (75%)" in shown(view) and "Genre</th><td>—" in shown(view)
    view.show(TRACK | {"predicted": {}}, None)
    assert "Predicted" not in shown(view)


def test_the_folder_picker_stays_below_its_roots(tmp_path: Path) -> None:
    (tmp_path / "music" / "jazz").mkdir(parents=True)
    picker = FolderPicker([tmp_path / "music"])
    picker.go(tmp_path / "music" / "jazz")
    assert picker.folder == tmp_path / "music" / "jazz"
    picker.go(tmp_path)
    assert picker.folder == tmp_path / "music" / "jazz" and "LIBRARY_ROOTS" in shown(picker)


class LiteralJob:
    """A job as it stands at one moment."""

    def __init__(self, progress: Progress, failed: list[Failure]) -> None:
        self.progress, self.failed, self.calls = progress, failed, []

    def done(self) -> bool:
        return self.progress.state in ("done", "cancelled", "failed")

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def cancel(self) -> None:
        self.calls.append("cancel")


def test_a_job_shows_rate_time_left_and_failures_with_reasons() -> None:
    changes: list[None] = []
    view = JobView(lambda paths, *, force: None, lambda: changes.append(None))
    failed = [Failure("/music/<bad>.mp3", "is not audio", "format")]
    job = LiteralJob(
        Progress(
            total=10, done=4, failed=1, rate=0.5, audio_rate=90.0, eta_s=40.0, state="running", scanning=False
        ),
        failed,
    )
    view.follow(job)
    text = shown(view)
    assert (
        "5 of 10 files" in text and "30 files/min" in text and "40 s left" in text and "is not audio" in text
    )
    assert "&lt;bad&gt;" in text and "<bad>" not in text
    view._toggle_pause()
    view._stop()
    assert job.calls == ["pause", "cancel"]
    job.progress = Progress(total=10, done=9, failed=1, elapsed_s=20.0, state="done", scanning=False)
    view.look()
    assert "Done" in shown(view) and view._pulse.seconds == 0 and changes


def test_a_job_that_cannot_start_says_why() -> None:
    def start(paths: Any, *, force: bool) -> Any:
        raise LibraryPathError("/gone is not there.")

    view = JobView(start, lambda: None)
    view.begin(["/gone"])
    assert "/gone is not there." in shown(view) and view._pulse.seconds == 0


def test_failed_files_are_tried_again_by_force() -> None:
    asked: list[Any] = []
    job = LiteralJob(
        Progress(total=1, failed=1, state="done", scanning=False), [Failure("/a.mp3", "why", "format")]
    )
    view = JobView(lambda paths, *, force: asked.append((paths, force)) or job, lambda: None)
    view.follow(job)
    view._try_again()
    assert asked == [(["/a.mp3"], True)]


async def test_background_work_leaves_the_event_loop_free() -> None:
    release, values = threading.Event(), []
    ended = asyncio.Event()

    def done(value: int) -> None:
        values.append((value, threading.current_thread() is threading.main_thread()))
        ended.set()

    in_background(lambda: release.wait(30) and 7, done, values.append)
    await asyncio.sleep(0)  # the loop turns while the work waits
    assert values == []
    release.set()
    await asyncio.wait_for(ended.wait(), 30)
    assert values == [(7, True)]


def test_the_map_describes_selects_and_draws_paths(table: LibraryTable) -> None:
    opened: list[int] = []
    selected: list[list[int]] = []
    positions, _ = principal_components(table.vectors)
    view = MapView(
        table,
        positions,
        axes="",
        on_open=opened.append,
        on_select=selected.append,
        groups={"first half": lambda drawn: ["yes"] * 20 + [None] * 20},
    )
    assert view.drawn is table, "no copy where every track is analyzed"
    message = {"method": "custom", "content": {"kind": "select"}}
    indices = np.array([0, 3, 4_000_000], "<u4").tobytes()
    view.scatter._handle_msg({"content": {"data": message}, "buffers": [memoryview(indices)]})
    assert selected[-1] == view.selected == [1, 4]
    view.scatter._handle_msg(
        {"content": {"data": {"method": "custom", "content": {"kind": "open", "index": 3}}}, "buffers": []}
    )
    assert opened == [4]
    view.draw_path([5, 999, 2])
    assert view.scatter.path == [4, 1]
    view.color.value = "first half"
    assert list(np.frombuffer(view.scatter.codes, np.uint8)) == [0] * 20 + [1] * 20
    assert 1 <= np.abs(np.frombuffer(view.scatter.points, "<f4")).max() < 1.06
    assert "Track 1 — " in view._describe(0)


def test_a_search_selects_on_the_map_and_a_new_layout_keeps_the_selection(table: LibraryTable) -> None:
    positions, _ = principal_components(table.vectors)
    view = MapView(table, positions, axes="", on_open=print, on_select=lambda ids: None, match=best_rows)
    view.query.value = "genre = techno"
    assert view.selected == list(range(21, 41))
    view.fill(table, positions[::-1], axes="other")
    assert view.selected == list(range(21, 41))
    assert np.flatnonzero(np.frombuffer(view.scatter.chosen, np.uint8)).tolist() == list(range(20, 40))
    view.query.value = "genre =="
    assert "pw-problem" in view._line.value and len(view.selected) == 20
    view.query.value = "nobody"
    assert view.selected == [] and "No track on the map" in view._line.value


def test_outliers_do_not_press_the_map_into_a_corner() -> None:
    places = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    places[0] = (1e6, 0)
    scatter = Scatter(label="Map", empty="", describe=str, on_open=print, on_select=print)
    scatter.place(places, by_category([None] * 200))
    drawn = np.frombuffer(scatter.points, "<f4").reshape(-1, 2)
    assert np.ptp(drawn[1:, 0]) > 1.8 and 1 < drawn[0, 0] <= 1.06


def test_a_map_is_colored_by_what_networks_heard(heard_table: LibraryTable, table: LibraryTable) -> None:
    def mapped(tracks: LibraryTable) -> MapView:
        return MapView(tracks, np.eye(len(tracks), 2), axes="", on_open=print, on_select=print)

    def legend(view: MapView) -> list[str]:
        names = [*view.scatter.names, "?"]
        return [names[code] for code in np.frombuffer(view.scatter.codes, np.uint8)]

    view = mapped(heard_table)
    view.color.value = "voice"
    assert legend(view) == ["none", "none", "female", "male", "none"]
    view.color.value = "instrument"
    assert legend(view) == ["piano", "piano", "piano", "guitar", "synth"]
    view.color.value = "piano"
    shades = np.frombuffer(view.scatter.codes, np.uint8)
    assert shades[:3].min() > 2 * shades[3:].max()
    assert not {"voice", "piano"} & set(mapped(table).color.options)


def test_an_empty_map_says_what_to_do() -> None:
    scatter = Scatter(label="Map", empty="Analyze a folder.", describe=str, on_open=print, on_select=print)
    scatter.place(np.zeros((0, 2)), by_category([]))
    assert scatter.points == b"" and scatter.empty == "Analyze a folder."


def test_categories_share_gray_when_there_are_too_many() -> None:
    coloring = by_category([f"genre {i}" for i in range(12)] * 2 + [None])
    assert coloring.names[-2:] == ["other", "unknown"] and (coloring.other, coloring.unknown) == (8, 9)
    assert len(coloring.palette) == 10 and coloring.codes[-1] == 9 and 8 in coloring.codes


def test_numbers_become_a_ramp_and_unknown_ones_gray() -> None:
    coloring = by_number(np.array([60.0, 180.0, np.nan]), "BPM")
    low, high, unknown = coloring.codes.tolist()
    assert low < high < unknown == len(coloring.palette) - 1
    assert coloring.unknown == unknown and by_number(np.array([1.0, 2.0]), "BPM").unknown == -1
    assert by_number(np.array([np.nan]), "BPM").names == ["unknown"]
    assert by_key(["1A", "12B", None]).codes.tolist() == [0, 11, 12]


def test_both_layouts_keep_two_groups_apart() -> None:
    rng = np.random.default_rng(1)
    vectors = np.concatenate([rng.normal(0, 1, (30, 8)), rng.normal(8, 1, (30, 8))]).astype(np.float32)
    for positions in (principal_components(vectors)[0], neighbor_map(vectors)):
        a, b = positions[:30], positions[30:]
        spread = max(
            np.linalg.norm(a - a.mean(0), axis=1).mean(), np.linalg.norm(b - b.mean(0), axis=1).mean()
        )
        assert np.linalg.norm(a.mean(0) - b.mean(0)) > 2 * spread


def test_tracks_that_came_after_a_layout_lie_in_its_middle() -> None:
    kept = np.array([[0, 0], [2, 2]], np.float32)
    positions, missing = NeighborMap(np.array([1, 3]), kept, "then").positions_of(np.array([1, 2, 3]))
    assert positions.tolist() == [[0, 0], [1, 1], [2, 2]] and missing == 1


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gets_a_field_a_parameter_and_keeps_its_defaults(
    method: str, table: LibraryTable
) -> None:
    parameters = COMMON_PARAMETERS | dict(METHODS[method].parameters)
    form = ParameterForm(parameters, Suggestions(table))
    assert set(form.fields) == set(parameters)
    for name, field in form.fields.items():
        assert getattr(field, "text", field).tooltip == parameters[name].help
    assert form.values() == {}


def typed(picker: Picker, text: str) -> list[dict[str, Any]]:
    """What a picker offers for a text."""
    picker._handle_msg(
        {
            "content": {"data": {"method": "custom", "content": {"kind": "find", "text": text, "number": 1}}},
            "buffers": [],
        }
    )
    return list(picker.found["choices"])


def test_a_form_gives_what_a_playlist_is_made_of(table: LibraryTable) -> None:
    form = ParameterForm(COMMON_PARAMETERS | dict(METHODS["similarity"].parameters), Suggestions(table))
    offered = typed(form.fields["start"], "track 7")
    assert offered[0]["label"] == "Track 7 — Artist 6 · 7"
    form.fields["start"].chosen = offered[:1]
    form.fields["size"].value = 5
    form.fields["artist_gap"].value = 1
    assert [choice["label"] for choice in typed(form.fields["genres"], "")] == ["ambient", "techno"]
    form.fields["genres"].chosen = typed(form.fields["genres"], "amb")
    assert form.values() == {"start": 7, "size": 5, "artist_gap": 1, "genres": ["ambient"]}
    assert len(generate(table, "similarity", **form.values())) == 5


def test_values_stay_when_the_method_changes_and_matching_tracks_are_counted(table: LibraryTable) -> None:
    def count(method: str, table: LibraryTable, **asked: Any) -> int:
        return count_candidates(table, method, **asked)

    form = MethodForm(METHODS, COMMON_PARAMETERS, Suggestions(table), count=count)
    form.choose_start(7)
    assert form.own.fields["start"].chosen == [{"value": 7, "label": "Track 7 — Artist 6 · 7"}]
    form.limits.fields["where"].value = "bpm > 100"
    assert "Chooses from 20 of 40 tracks" in form.fitting.value
    form.method.value = "curve"
    form.own.fields["shape"].value = "rise"
    form.method.value = "path"
    assert form.values() == {"method": "path", "start": 7, "where": "bpm > 100"}
    form.method.value = "curve"
    assert form.values()["shape"] == "rise"
    form.limits.fields["where"].value = "bpm >"
    assert "Expected a value" in form.fitting.value
    form.fill("query", {"filter": "genre = techno", "size": 3})
    assert form.values() == {"method": "query", "filter": "genre = techno", "size": 3}
    assert "Chooses from 20 of 40 tracks" in form.fitting.value


def test_the_values_of_a_tag_are_those_of_the_chosen_tag(table: LibraryTable) -> None:
    form = ParameterForm(METHODS["tag_based"].parameters, Suggestions(table))
    form.fields["tag"].value = "artist"
    assert {choice["detail"] for choice in typed(form.fields["value"], "artist")} == {"5 tracks"}
    assert typed(form.fields["value"], "nobody") == []


def test_a_curve_is_drawn_or_ready(table: LibraryTable) -> None:
    form = ParameterForm(METHODS["curve"].parameters, Suggestions(table))
    curve = form.fields["points"]
    assert (curve.low, curve.high, max(curve.heights)) == (0, 1, 0.9) and form.values() == {}
    curve.set_state({"heights": [0.5] * 11, "drawn": True})
    assert form.values() == {"points": [0.5] * 11}
    form.fields["feature"].value = "tempo"
    assert form.values() == {"feature": "tempo"} and 75 < curve.low < 85 and curve.unit == "BPM"
    form.fill({"points": [80, 130]})
    assert form.values()["points"][5] == 105


def test_the_builder_writes_the_filter_and_shows_the_one_that_was_typed(table: LibraryTable) -> None:
    field = FilterField(Suggestions(table), description="", tooltip="", placeholder="")
    field.value = 'genre = ambient and bpm >= 70 and not (title ~ "x y" or year < 1980)'
    what, tempo, rest = field.builder._lines.children
    assert what.values.value == ["ambient"] and tempo.values.value == "70"
    assert rest.values.value == 'not (title ~ "x y" or year < 1980)'
    what.values.value = ["ambient", "drum, bass"]
    assert field.value == 'genre = ambient,"drum, bass" and bpm >= 70 and not (title ~ "x y" or year < 1980)'
    tempo.remove.click()
    rest.remove.click()
    field.builder.joined.value = "or"
    field.builder.add.click()
    assert field.value == 'genre = ambient,"drum, bass"' and "20 of 40 tracks match" in field.said.value
    field.value = "genre ="
    assert "Complete the text" in field.builder._said.value and "Expected a value" in field.said.value
    field.value = ""
    assert field.builder._lines.children == () and field.said.value == ""


def test_a_picker_searches_a_hundred_thousand_tracks(table: LibraryTable) -> None:
    rows = np.arange(100_000) % len(table)
    columns = {name: np.asarray(column)[rows] for name, column in table.columns.items()}
    large = LibraryTable("large", np.arange(1, 100_001), columns, table.vectors[rows])
    found = Suggestions(large).tracks("artist 6 track 7")
    assert found[0].label == "Track 7 — Artist 6 · 7" and len(found) == 12


def test_a_reordered_playlist_is_measured_anew(table: LibraryTable) -> None:
    playlist = generate(table, "random", size=6, random_state=3)
    order = list(reversed(playlist.track_ids))[:5]
    changed = in_order(playlist, table, order)
    assert changed.track_ids == order
    assert changed.card["tracks"] == 5
    assert [note["message"] for note in changed.notes] == [
        "You changed the order, or added or removed tracks."
    ]
    assert [note["message"] for note in in_order(changed, table, order).notes] == [
        "You changed the order, or added or removed tracks."
    ]


def test_locked_tracks_keep_their_places() -> None:
    assert kept_in_place([1, 2, 3, 4], [9, 3, 8, 1], {1, 3}) == [1, 9, 3, 8]
    assert kept_in_place([1, 2], [], {2}) == [2]


def test_a_selection_becomes_a_playlist_of_exactly_these_tracks(table: LibraryTable) -> None:
    assert sorted(select_tracks(table, [3, 9, 20], "smooth").track_ids) == [3, 9, 20]


def test_saving_and_exporting_say_where(table: LibraryTable, tmp_path: Path) -> None:
    kept: list[Any] = []
    view = SaveView(kept.append, tmp_path, Media(None, lambda: table, tmp_path))  # type: ignore[arg-type]
    assert view._save.disabled and view.send_button.disabled
    view.offer(generate(table, "random", size=3, random_state=1))
    view.name.value = "a/b: night"
    view.save()
    assert kept[0].name == "a/b: night"
    view.format.value = "xspf"
    view.export()
    assert (tmp_path / "a_b_ night.xspf").is_file() and str(tmp_path) in view.line.value
    (tmp_path / "a_b_ night.csv").write_text("mine")
    view.format.value = "csv"
    view.export()
    assert "pw-problem" in view.line.value and (tmp_path / "a_b_ night.csv").read_text() == "mine"


def test_a_chart_thins_long_lines_and_leaves_gaps() -> None:
    chart = Chart("Loudness", "time (s)", "LUFS")
    chart.draw(np.arange(5000), {"loudness": np.where(np.arange(5000) % 100 == 0, np.nan, -12.3)})
    values = chart.series[0]["values"]
    assert len(values) == len(chart.x) <= MOST_POINTS and None in values and -12.3 in values


def test_live_series_forget_and_show_gaps_for_late_figures() -> None:
    live = LiveSeries(3)
    for at in range(4):
        live.add(at, {"cpu": at} | ({"worker 7": 1.0} if at >= 2 else {}))
    assert list(live.times) == [1, 2, 3] and live["cpu"] == [1, 2, 3]
    assert np.isnan(live["worker 7"][0]) and live["worker 7"][1:] == [1.0, 1.0]
    live.add(3600, {"cpu": 5.0})  # nobody looked for an hour
    assert list(live.times) == [3600] and live["cpu"] == [5.0] and np.isnan(live["worker 7"][0])


def test_rates_are_computed_from_counters_and_a_restart_gives_no_negative_rate() -> None:
    def counters(hits: int, misses: int, queries: int, tracks: int) -> dict[str, Any]:
        return {
            "caches": {"analysis_cache": {"hits": hits, "misses": misses}},
            "database_pool": {"total_queries": queries},
            "async_processor": {"total_processed": tracks},
        }

    lines = rates(
        [(0.0, counters(0, 0, 0, 0)), (60.0, counters(3, 1, 120, 5)), (120.0, counters(3, 1, 0, 5))]
    )
    assert lines["tracks per minute"] == [5.0, 0.0]
    assert lines["queries per second"] == [2.0, 0.0]
    assert lines["hit rate"][0] == 75.0 and np.isnan(lines["hit rate"][1])
    moments = [0.0, 60.0, 120.0, 9000.0, 9060.0]
    lines = rates([(at, counters(0, 0, int(at), 0)) for at in moments])
    assert np.array_equal(lines["queries per second"], [1.0, 1.0, np.nan, 1.0], equal_nan=True)
    assert lines["at"] == moments[1:]


def test_a_playlist_is_compared_with_an_earlier_one(table: LibraryTable) -> None:
    now = generate(table, "random", size=6, include=[1, 2], random_state=1, name="Now")
    then = generate(table, "random", size=4, include=[1, 2], random_state=2, name="Then")
    kept: dict[int, Any] = {}

    def load(playlist_id: int) -> Any:
        if playlist_id not in kept:
            raise PlaylistError(f"There is no playlist {playlist_id}.")
        return kept[playlist_id]

    view = CompareView(
        lambda: [(f"No {number}", number) for number in kept] + [("gone", 9)] * bool(kept), load
    )
    assert view.other.label == "no playlist is saved yet"
    view.show(now)
    kept[3] = then
    view.renew()
    assert "Then" not in shown(view)
    view.other.value = 3
    both = len(set(now.track_ids) & set(then.track_ids))
    assert "Then" in shown(view) and f"{both} tracks in both" in shown(view)
    view.show(then)
    assert "4 tracks in both" in shown(view)
    view.other.value = 9
    assert "There is no playlist 9." in shown(view)


class KeptViews(dict[str, Any]):
    """Views of the table, as a session keeps them."""

    def all(self) -> dict[str, Any]:
        return dict(self)

    def save(self, name: str, view: Any) -> None:
        self[name] = view

    def delete(self, name: str) -> None:
        del self[name]


def test_a_view_keeps_filter_order_and_columns_under_a_name(table: LibraryTable) -> None:
    view = TableView(table, best_rows, lambda track_id: None, views=KeptViews())
    bar = next(child for child in view.children if isinstance(child, ViewsBar))
    view.query.value = "bpm > 125"
    view.grid.sort("bpm", descending=True)
    view.grid.layout_names = ["title", "bpm"]
    ids = [row[0] for row in view.grid.cells(0, 9)]
    bar.name.value = "Fast"
    bar.save()
    bar.choice.value = ALL
    assert view.grid.total == 40 and view.grid.layout_names == []
    bar.choice.value = "Fast"
    assert [row[0] for row in view.grid.cells(0, 9)] == ids and view.grid.layout_names == ["title", "bpm"]
    bar.delete()
    assert [name for name, _ in bar.choice.options] == [ALL]


def test_a_wrong_filter_keeps_the_list_when_the_library_changes(table: LibraryTable) -> None:
    view = TableView(table, best_rows, lambda track_id: None)
    view.query.value = "bpm > 125"
    before = view.grid.total
    view.query.value = "bpn 3"
    view.fill(table)
    assert view.grid.total == before and "still shows the filter before" in shown(view)


def test_keys_have_flats_and_sort_around_the_wheel(table: LibraryTable) -> None:
    view = TableView(table, best_rows, lambda track_id: None)
    at = [column["name"] for column in view.grid.columns].index("camelot") + 1
    view.grid.sort("key")
    codes = [cells[at] for cells in view.grid.cells(0, 40) if cells[at]]
    assert codes == sorted(codes, key=lambda code: (int(code[:-1]), code[-1]))
