"""From what a user says, in the Library app, a CSV file or playlists, to predictions: the commands end to end."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench import Workbench
from workbench.apps.dashboards.apps.library_app import LibraryApp
from workbench.cli.main import main
from workbench.models.tagger import labels_from_csv
from workbench.store.library.track import Track

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the test's library and return the JSON that it prints."""

    def command(*arguments: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main([*arguments, "--data-dir", str(data_dir), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return command


@pytest.fixture
def tracks(styled: Any) -> list[Track]:
    """Two styles of six artists each; the last two artists of each are not labeled by these tests."""
    return styled(styles=2, artists=6).library.tracks.select()


def style(track: Track) -> str:
    return f"style {int(track.content_hash[:2])}"


def labeled(track: Track) -> bool:
    return int(track.content_hash[2:6]) < 4


def check_predictions(run: Run, label: str, by_style: dict[str, str], *source: str) -> None:
    """Train, evaluate and apply; what is predicted for the other artists must follow their style."""
    report = run("tagger", "train", "--label", label, *source)
    assert report["classes"] == sorted(by_style.values())
    assert report["scores"][report["chosen"]]["balanced_accuracy"] == 1.0
    assert run("tagger", "evaluate", "--label", label, *source)["scores"]["balanced_accuracy"] == 1.0
    assert run("tagger", "apply", "--label", label, *source)["predicted"] == 24
    for track in run("tracks")["tracks"]:
        found = track["predicted"].get(label)
        folder, content = "/music/", track["path"].removeprefix("/music/")
        assert track["path"].startswith(folder)
        if int(content[2:6]) < 4:
            assert found is None
        else:
            assert found["value"] == by_style[f"style {int(content[:2])}"]
            assert found["model"] == f"tagger:{label}"


def test_stars_in_the_library_app_teach_a_taste(run: Run, tracks: list[Track], data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        app = LibraryApp(wb)
        for track in filter(labeled, tracks):
            app.table.grid.selected = [track.id]  # as a click does
            app.rating.value = 4.0 if style(track) == "style 0" else 2.0
        app.close()
    check_predictions(run, "rating", {"style 0": "liked", "style 1": "disliked"})
    made = run("playlist", "query", "-p", "filter=predicted_rating = liked", "--size", "50")
    assert {track["path"] for track in made["tracks"]} == {
        track.path for track in tracks if style(track) == "style 0" and not labeled(track)
    }


def test_stars_in_a_csv_file_teach_a_taste(run: Run, tracks: list[Track], tmp_path: Path) -> None:
    sheet = tmp_path / "ratings.csv"
    with sheet.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "rating"])
        for track in filter(labeled, tracks):
            rows.writerow([track.id, 5 if style(track) == "style 0" else 1])
        rows.writerow([tracks[-1].id, 3])  # neither
    check_predictions(run, "rating", {"style 0": "liked", "style 1": "disliked"}, "--csv", str(sheet))


@pytest.mark.parametrize(
    ("ratings", "opinions"),
    [
        ("1 -1 0", ["liked", "disliked", None]),
        ("5 4 3 2 1 0", ["liked", "liked", None, "disliked", "disliked", None]),
        ("4.5 1.5 2.5", ["liked", "disliked", None]),
    ],
)
def test_ratings_are_thumbs_or_stars(
    tracks: list[Track], data_dir: Path, tmp_path: Path, ratings: str, opinions: list[str | None]
) -> None:
    sheet = tmp_path / "ratings.csv"
    rows = [f"{track.id},{rating}" for track, rating in zip(tracks, ratings.split(), strict=False)]
    sheet.write_text("\n".join(["id,rating", *rows]), encoding="utf-8")
    with Workbench(data_dir) as wb:
        found = labels_from_csv(sheet, wb.table())
    assert [found.get(track.content_hash) for track in tracks[: len(opinions)]] == opinions


def test_playlists_kept_or_in_files_are_classes(
    run: Run, tracks: list[Track], data_dir: Path, tmp_path: Path
) -> None:
    first, second = (
        [track for track in tracks if style(track) == name and labeled(track)]
        for name in ("style 0", "style 1")
    )
    in_file = tmp_path / "Sleep.m3u8"
    in_file.write_text("#EXTM3U\n" + "".join(f"{track.path}\n" for track in first), encoding="utf-8")
    with Workbench(data_dir) as wb:
        kept = wb.playlist(
            "random", name="Run", size=len(second), include=[t.id for t in second], skip_missing=False
        )
        wb.playlist("random", name="Something else", size=5)
    assert sorted(kept.track_ids) == [track.id for track in second]
    check_predictions(
        run,
        "activity",
        {"style 0": "Sleep", "style 1": "Run"},
        *("--playlist", str(in_file), "--playlist", "Run"),
    )


def test_labels_that_cannot_be_learned_are_reported(
    run: Run,
    tracks: list[Track],
    data_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(*source: str) -> str:
        assert main(["tagger", "train", "--label", "rating", *source, "--data-dir", str(data_dir)]) == 1
        return capsys.readouterr().err

    assert "genre tags, stars" in refused()
    sheet = tmp_path / "ratings.csv"
    for text, said in (
        ("id,rating\n1,great\n", "not a number"),
        ("id,rating\n1,9\n", "the rating 9"),
        ("id,score\n1,9\n", "label (or rating)"),
        ("id,rating\n999,5\n", "labels no track"),
    ):
        sheet.write_text(text, encoding="utf-8")
        assert said in refused("--csv", str(sheet))
    assert "There is no playlist 'Nowhere'" in refused("--playlist", "Nowhere")


def test_paths_may_be_relative_to_the_csv_file(tracks: list[Track], data_dir: Path, tmp_path: Path) -> None:
    here = "../" * (len(tmp_path.parts) - 1)
    sheet = tmp_path / "labels.csv"
    sheet.write_text(f"path,label\n{here}music/{Path(tracks[0].path).name},Dub\n", encoding="utf-8")
    with Workbench(data_dir) as wb:
        assert labels_from_csv(sheet, wb.table()) == {tracks[0].content_hash: "Dub"}
