"""The REST answers of a real server."""

from __future__ import annotations

import io
import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from waiting import until

from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import Prediction, ScannedFile

FIGURES = {
    "performance/metrics": {
        "timestamp", "system", "caches", "database_pool", "async_processor", "processes",
    },
    "performance/cache/stats": {
        "analysis_cache", "feature_cache", "total_memory_usage_mb", "combined_hit_rate",
    },
    "performance/database/pool": {
        "total_connections", "active", "idle", "total_queries", "failed_queries", "retries", "pool_hits",
        "pool_misses", "wait_mean_ms", "success_rate_percent", "pool_efficiency_percent", "wal_size_bytes",
    },
    "performance/async-processor/health": {
        "status", "response_time_ms", "memory_ok", "cpu_ok", "active_operations", "total_processed",
        "workers",
    },
    "performance/resource-usage": {"memory", "cpu", "disk_io", "network", "timestamps"},
    "performance/optimization-report": {
        "optimization_scores", "optimizations_active", "performance_impact", "recommendations",
    },
}  # fmt: skip


@pytest.mark.parametrize("path", FIGURES)
def test_performance_endpoints_have_the_names_that_clients_know(server: Any, path: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 200
    assert FIGURES[path] <= answer.json().keys()


def test_a_file_whose_name_is_not_utf8_is_played_by_id(small_server: Any, music: Path) -> None:
    name = music / os.fsdecode(b"caf\xe9.wav")
    name.write_bytes((music / "one.wav").read_bytes())
    try:
        with DatabasePool(small_server.data_dir / "library.sqlite3") as pool:
            (track_id,) = Library(pool).files.add([ScannedFile(str(name), 1, 1, "a" * 32, {})])
        described = small_server.get(f"tracks/{track_id}").json()
        assert described["path"] == f"{music}/caf\ufffd.wav"
        assert small_server.get(f"tracks/{track_id}/audio").content == name.read_bytes()
    finally:
        name.unlink()


def test_metrics_are_nested_as_described(server: Any) -> None:
    metrics = server.get("performance/metrics").json()
    assert metrics["system"]["memory"].keys() >= {"total_gb", "available_gb", "used_percent", "cached_gb"}
    assert metrics["system"]["cpu"].keys() >= {"usage_percent", "count", "load_avg"}
    assert metrics["system"]["disk"].keys() >= {"total_gb", "free_gb", "used_percent"}
    assert metrics["caches"].keys() == {"analysis_cache", "feature_cache"}
    roles = {process["role"] for process in metrics["processes"]}
    assert "server" in roles
    assert server.process.pid in {process["pid"] for process in metrics["processes"]}


def test_report_scores_are_between_0_and_100_and_impact_is_null_before_a_benchmark(server: Any) -> None:
    report = server.get("performance/optimization-report").json()
    assert all(score is None or 0 <= score <= 100 for score in report["optimization_scores"].values())
    assert report["optimization_scores"]["overall_score"] is not None
    assert report["performance_impact"]["startup_time"] is None
    assert "workbench bench" in report["performance_impact"]["how_to_measure"]


def test_figures_show_what_was_analyzed(server: Any) -> None:
    health = until(
        lambda: (h := server.get("performance/async-processor/health").json())["total_processed"] >= 4 and h
    )
    assert health["started"]
    assert health["workers"] == 2
    assert server.get("performance/metrics").json()["async_processor"]["workers"] == 2
    assert health["response_time_ms"] > 0


def test_tracks_come_in_pages_and_can_be_searched(server: Any) -> None:
    first = server.get("tracks", params={"limit": 3}).json()
    second = server.get("tracks", params={"limit": 3, "offset": 3}).json()
    assert first["total"] == second["total"] == 4
    assert len(first["tracks"]) == 3
    assert len(second["tracks"]) == 1
    assert {track["id"] for track in first["tracks"]}.isdisjoint({track["id"] for track in second["tracks"]})
    found = server.get("tracks", params={"query": "three"}).json()
    assert [Path(track["path"]).name for track in found["tracks"]] == ["three.wav"]


def test_the_next_page_begins_after_the_last_track(server: Any) -> None:
    first = server.get("tracks", params={"limit": 3}).json()
    second = server.get("tracks", params={"limit": 3, "after": first["next"]}).json()
    assert [len(first["tracks"]), len(second["tracks"])] == [3, 1]
    assert first["next"] == first["tracks"][-1]["id"] < second["tracks"][0]["id"]
    assert second["next"] is None and second["total"] == 4


def test_one_track_and_its_neighbors(server: Any) -> None:
    track = server.get("tracks", params={"limit": 1}).json()["tracks"][0]
    assert server.get(f"tracks/{track['id']}").json() == track
    assert "bpm" in track["features"]
    near = server.get(f"tracks/{track['id']}/similar", params={"limit": 2}).json()
    assert len(near["tracks"]) == 2
    assert track["id"] not in [other["id"] for other in near["tracks"]]


def test_tracks_are_found_by_words_that_say_how_they_sound(server: Any) -> None:
    found = server.get("tracks", params={"like": "quiet xylophone piano", "limit": 2}).json()
    assert found["tracks"] and len(found["tracks"]) <= 2 and found["total"] >= len(found["tracks"])
    assert all(track["reasons"] and 0 < track["match"] <= 1 for track in found["tracks"])
    assert found["notes"][0] == "Not understood: xylophone." and "workbench models get" in found["notes"][1]


def test_what_models_predict_is_apart_from_the_tags(server: Any) -> None:
    track = server.get("tracks", params={"query": "three"}).json()["tracks"][0]
    assert track["predicted"] == {}
    pool = DatabasePool(server.data_dir / "library.sqlite3")
    scores = {"Drone": 0.9, "House": 0.1}
    Library(pool).models.save_predictions(
        [Prediction(track["content_hash"], "tagger:genre", "1", "ab", scores)]
    )
    try:
        predicted = {"genre": {"value": "Drone", "probability": 0.9, "model": "tagger:genre", "version": "1"}}
        assert server.get(f"tracks/{track['id']}").json() == track | {"predicted": predicted}
        everything = server.get("tracks").json()["tracks"]
        assert [one["predicted"] for one in everything if one["predicted"]] == [predicted]
        assert server.get("tracks", params={"query": "Drone"}).json()["total"] == 0, "no prediction is a tag"
        known = server.post("tracks/analyze", {"file_path": track["path"]}).json()
        assert known["track"]["predicted"] == predicted
    finally:
        Library(pool).models.delete("tagger:genre")
        pool.close()


def test_analysis_statistics(server: Any) -> None:
    stats = server.get("stats/analysis").json()
    assert stats["tracks"]["analyzed"] == 4
    assert stats["audio_seconds"] == pytest.approx(24, abs=0.1)


def test_known_track_is_answered_at_once(server: Any, music: Path) -> None:
    answer = server.post("tracks/analyze", {"file_path": str(music / "one.wav")})
    assert answer.status_code == 200
    assert answer.json()["status"] == "cached"
    assert answer.json()["track"]["path"] == str(music / "one.wav")


def test_analysis_is_a_job_that_tells_how_far_it_is(server: Any, music: Path) -> None:
    answer = server.post("tracks/analyze", {"file_path": str(music / "one.wav"), "force_reanalysis": True})
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["Location"].endswith(f"/api/v1/jobs/{job['id']}")
    events = []
    with server.client.stream("GET", f"api/v1/jobs/{job['id']}/events") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("event: "):
                events.append(line.removeprefix("event: "))
            if line.startswith("data: "):
                last = json.loads(line.removeprefix("data: "))
    assert events[-1] == "end"
    assert last["status"] == "done"
    assert last["result"]["analyzed"] == 1
    assert server.get(f"jobs/{job['id']}").json()["status"] == "done"
    assert job["id"] in [known["id"] for known in server.get("jobs").json()["jobs"]]


def test_import_takes_only_what_was_asked_for(server: Any, music: Path) -> None:
    options = {"directory_path": str(music), "recursive": False}
    assert server.post("tracks/import?wait=60", options).json()["result"]["found"] == 2
    options = {"directory_path": str(music), "supported_formats": ["flac"]}
    assert server.post("tracks/import?wait=60", options).json()["result"]["found"] == 1


def test_playlists_are_made_listed_fetched_and_deleted(server: Any, music: Path) -> None:
    body = {"method": "random", "size": 3, "name": "Morning", "parameters": {}, "random_state": 1}
    made = server.post("playlists/generate", body)
    assert made.status_code == 201, made.text
    playlist = made.json()
    assert len(playlist["tracks"]) == 3
    assert "Morning" in [kept["name"] for kept in server.get("playlists").json()["playlists"]]
    assert server.get(f"playlists/{playlist['id']}").json()["tracks"] == playlist["tracks"]
    for format in ("m3u8", "xspf", "jspf", "pls", "csv"):
        file = server.get(f"playlists/{playlist['id']}", params={"format": format})
        assert file.status_code == 200, file.text
        assert all(Path(track["path"]).name.encode() in file.content for track in playlist["tracks"])
    renamed = server.client.patch(f"api/v1/playlists/{playlist['id']}", json={"name": "Dawn"})
    assert renamed.status_code == 200 and renamed.json()["name"] == "Dawn"
    assert server.client.patch(f"api/v1/playlists/{playlist['id']}", json={}).status_code == 400
    assert server.client.delete(f"api/v1/playlists/{playlist['id']}").status_code == 204
    assert server.get(f"playlists/{playlist['id']}").status_code == 404


def test_playlist_errors_say_what_is_wrong(server: Any) -> None:
    unknown = server.post("playlists/generate", {"method": "nonsense"})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "unknown_method")
    assert "Did you mean" in server.post("playlists/generate", {"method": "randon"}).json()["message"]
    parameter = server.post("playlists/generate", {"method": "random", "parameters": {"nonsense": 1}})
    assert (parameter.status_code, parameter.json()["error"]) == (400, "unknown_parameter")


def test_playlists_are_made_again_brought_up_to_date_and_compared(server: Any, music: Path) -> None:
    body = {"method": "random", "size": 3, "name": "Evening", "random_state": 4}
    first = server.post("playlists/generate", body).json()
    again = server.post(f"playlists/{first['id']}/again", {})
    assert again.status_code == 201, again.text
    ids = [track["id"] for track in first["tracks"]]
    assert [track["id"] for track in again.json()["tracks"]] == ids
    refreshed = server.post(f"playlists/{first['id']}/refresh", {})
    assert refreshed.status_code == 201, refreshed.text
    assert (refreshed.json()["kept"], refreshed.json()["added"], refreshed.json()["removed"]) == (ids, [], [])
    history = server.get("playlists", params={"name": "Evening"}).json()["playlists"]
    made = [refreshed.json()["playlist"]["id"], again.json()["id"], first["id"]]
    assert [kept["id"] for kept in history] == made
    compared = server.get("playlists/compare", params={"a": made[0], "b": made[2]}).json()
    assert (compared["overlap"], compared["order_agreement"], compared["shared"]) == (1.0, 1.0, ids)
    for missing in ("playlists/987654/again", "playlists/987654/refresh"):
        assert server.post(missing, {}).status_code == 404
    assert server.get("playlists/compare", params={"a": made[0], "b": 987654}).status_code == 404
    assert server.get("playlists/compare", params={"a": made[0]}).status_code == 400


def test_methods_are_listed_with_what_they_take(server: Any) -> None:
    listed = server.get("playlists/methods").json()
    by_name = {method["name"]: method for method in listed["methods"]}
    assert {"similarity", "alchemy", "harmonic", "query", "all"} <= by_name.keys()
    (strength,) = (each for each in by_name["alchemy"]["parameters"] if each["name"] == "strength")
    assert (strength["low"], strength["high"], strength["default"]) == (0, 5, 0.5)
    assert "artist_gap" in [parameter["name"] for parameter in listed["common"]]


def test_history_files_come_from_allowed_folders_only(server: Any, music: Path, tmp_path: Path) -> None:
    outside, inside = tmp_path / "plays.m3u8", music / "plays.m3u8"
    for file in (outside, inside):
        file.write_text("one.wav\n")
    asked = {"method": "fingerprint", "size": 2, "parameters": {"history": str(outside)}}
    assert server.post("playlists/generate", asked).status_code == 403
    asked["parameters"]["history"] = str(inside)
    assert server.post("playlists/generate", asked).status_code == 201
    inside.unlink()


def test_database_can_be_looked_after(server: Any) -> None:
    assert server.get("database/info").json()["tracks"]["total"] == 4
    for operation in ("integrity_check", "vacuum", "cleanup"):
        assert server.post("database/manage", {"operation": operation}).json()["ok"]
    backup = server.post("database/manage", {"operation": "backup"}).json()["result"]["path"]
    assert Path(backup).stat().st_size > 0


def test_caches_can_be_cleared(server: Any, music: Path) -> None:
    server.post("tracks/analyze", {"file_path": str(music / "one.wav")})
    until(lambda: server.get("performance/cache/stats").json()["feature_cache"]["current_entries"] > 0)
    assert server.post("performance/cache/clear", {}).json()["status"] == "cleared"
    until(lambda: server.get("performance/cache/stats").json()["feature_cache"]["current_entries"] == 0)


class TestAudio:
    @pytest.fixture
    def track(self, server: Any) -> Any:
        return server.get("tracks", params={"query": "one"}).json()["tracks"][0]

    @pytest.fixture
    def content(self, track: Any) -> bytes:
        return Path(track["path"]).read_bytes()

    def test_whole_file(self, server: Any, track: Any, content: bytes) -> None:
        answer = server.get(f"tracks/{track['id']}/audio")
        assert answer.content == content
        assert answer.headers["Content-Type"] == "audio/wav"
        assert answer.headers["Accept-Ranges"] == "bytes"

    @pytest.mark.parametrize(
        ("asked", "part"),
        [
            ("bytes=0-99", slice(0, 100)),
            ("bytes=1000-", slice(1000, None)),
            ("bytes=-50", slice(-50, None)),
            ("bytes=10-99999999", slice(10, None)),
        ],
    )
    def test_ranges(self, server: Any, track: Any, content: bytes, asked: str, part: slice) -> None:
        answer = server.get(f"tracks/{track['id']}/audio", headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.content == content[part]
        assert answer.headers["Content-Range"].endswith(f"/{len(content)}")

    def test_range_beyond_the_end(self, server: Any, track: Any, content: bytes) -> None:
        answer = server.get(f"tracks/{track['id']}/audio", headers={"Range": "bytes=99999999-"})
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(content)}"

    def test_unchanged_file_is_not_sent_again(self, server: Any, track: Any) -> None:
        first = server.client.head(f"api/v1/tracks/{track['id']}/audio")
        assert (first.status_code, first.content) == (200, b"")
        again = server.get(f"tracks/{track['id']}/audio", headers={"If-None-Match": first.headers["Etag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_a_format_that_browsers_lack_is_sent_as_wav_whose_ranges_fit(
        self, server: Any, music: Path
    ) -> None:
        samples = np.random.default_rng(1).uniform(-0.5, 0.5, (44100, 2))
        soundfile.write(music / "rare.aiff", samples, 44100)
        job = server.post("tracks/analyze", {"file_path": str(music / "rare.aiff")}).json()
        server.get(f"jobs/{job['id']}", params={"wait": 60})
        track = server.get("tracks", params={"query": "rare"}).json()["tracks"][0]
        address = f"tracks/{track['id']}/audio"
        whole = server.get(address)
        assert whole.headers["Content-Type"] == "audio/wav"
        heard, rate = soundfile.read(io.BytesIO(whole.content))
        assert rate == 44100 and np.abs(heard - samples).max() < 2 / 32768
        part = server.get(address, headers={"Range": "bytes=90001-120000"})
        assert part.status_code == 206 and part.content == whole.content[90001:120001]
        asked = server.get(address, params={"format": "file"})
        assert asked.content == (music / "rare.aiff").read_bytes()
        (music / "rare.aiff").unlink()


def test_prometheus_text_is_valid_and_names_follow_convention(server: Any) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    answer = server.client.get("metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families["workbench_cache_hits"].type == "counter"
    assert {
        "workbench_database_queries",
        "workbench_processor_tracks_processed",
        "workbench_process_rss_memory_bytes",
    } <= families.keys()
    assert all(family.documentation for family in families.values())


def test_health_needs_nothing(server: Any) -> None:
    assert httpx.get(f"{server.url}api/v1/health", timeout=60).json()["status"] == "ok"


def test_start_up_is_told_apart_from_how_long_people_may_have_waited(server: Any) -> None:
    lag = until(lambda: (found := server.get("health").json()["event_loop_lag_ms"])["start_up"] and found, 60)
    assert 0 <= lag["last_minute"] <= lag["longest"]


def test_tracks_are_filtered_sorted_and_reduced_to_fields(server: Any) -> None:
    asked = {"where": "duration > 0", "sort": "title desc", "fields": "title,duration", "limit": 2}
    found = server.get("tracks", params=asked).json()
    titles = [track["title"] for track in found["tracks"]]
    assert titles == sorted(titles, reverse=True) and len(titles) == 2 < found["total"]
    assert found["tracks"][0].keys() == {"id", "title", "duration"}
    whole = server.get("tracks", params=asked | {"fields": ""}).json()["tracks"]
    assert [track["id"] for track in whole] == [track["id"] for track in found["tracks"]]
    answer = server.get("tracks", params=asked | {"format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.text.splitlines()[0] == "id,title,duration" and len(answer.text.splitlines()) == 3


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"where": "duration > 0"},
        {"sort": "title desc"},
        {"sort": "genre"},
        {"query": "wav"},
        {"sort": "bpm", "query": "wav", "fields": "title"},
        {"like": "fast"},
    ],
    ids=str,
)
def test_pages_by_key_have_what_one_page_has(server: Any, asked: dict[str, str]) -> None:
    whole = server.get("tracks", params=asked).json()
    found, page = [], {"next": "0"}
    while page["next"] is not None:
        page = server.get("tracks", params=asked | {"limit": 1, "after": page["next"]}).json()
        found += page["tracks"]
    assert whole["total"] > 1 and whole["next"] is None
    assert [track["id"] for track in found] == [track["id"] for track in whole["tracks"]]


def test_csv_names_the_next_page_in_a_header(server: Any) -> None:
    asked = {"sort": "title", "format": "csv", "fields": "title", "limit": 2, "offset": 1}
    first = server.get("tracks", params=asked)
    second = server.client.get(first.links["next"]["url"])
    rows = [line for answer in (first, second) for line in answer.text.splitlines()[1:]]
    whole = server.get("tracks", params={"sort": "title", "fields": "title"}).json()["tracks"]
    assert [int(row.split(",")[0]) for row in rows] == [track["id"] for track in whole[1:]]
    assert "next" not in second.links


@pytest.mark.parametrize(
    ("asked", "status", "message"),
    [
        ({"where": "bpn 120"}, 400, "Did you mean bpm"),
        ({"sort": "titel"}, 400, "Did you mean title"),
        ({"fields": "titel"}, 400, "Did you mean title"),
        ({"like": "calm", "sort": "bpm"}, 400, "together with like"),
        ({"like": "calm", "format": "csv"}, 400, "together with like"),
        ({"after": "2", "sort": "bpm"}, 400, "does not belong to tracks in this order"),
        ({"after": "W1siYnBtIl0sIDEsIDFd", "sort": "-bpm"}, 400, "does not belong to tracks in this order"),
        ({"after": "2%"}, 400, "after"),
    ],
)
def test_what_is_wrong_with_a_question_about_tracks_is_said(
    server: Any, asked: dict[str, str], status: int, message: str
) -> None:
    answer = server.get("tracks", params=asked)
    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_a_track_without_a_cover_has_none(server: Any) -> None:
    track = server.get("tracks", params={"limit": 1}).json()["tracks"][0]
    answer = server.get(f"tracks/{track['id']}/cover")
    assert answer.status_code == 404 and "no cover" in answer.json()["message"]


def test_a_track_is_rated_and_a_play_is_noted(server: Any) -> None:
    track = server.get("tracks", params={"limit": 1}).json()["tracks"][0]["id"]
    rate = partial(server.client.put, f"api/v1/tracks/{track}/rating")
    assert rate(json={"rating": 4.5}).json() == {"rating": 4.5, "own_rating": 4.5}
    assert server.get(f"tracks/{track}").json()["own_rating"] == 4.5
    assert track in listed(server, "rating >= 4")
    for wrong in (0, 4.2, "five"):
        answer = rate(json={"rating": wrong})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("rating")
    assert rate(json={"rating": None}).json() == {"rating": None, "own_rating": None}
    exclude = partial(server.client.put, f"api/v1/tracks/{track}/excluded")
    assert exclude(json={"excluded": True}).status_code == 204
    assert listed(server, "excluded = yes") == [track]
    assert exclude(json={"excluded": "perhaps"}).status_code == 400
    assert exclude(json={"excluded": False}).status_code == 204
    assert listed(server, "excluded = yes") == []
    assert server.client.post(f"api/v1/tracks/{track}/plays").status_code == 204
    assert track in listed(server, "plays >= 1")
    assert server.client.post("api/v1/tracks/999999/plays").status_code == 404


def listed(server: Any, where: str) -> list[int]:
    return [row["id"] for row in server.get("tracks", params={"where": where}).json()["tracks"]]
