"""The library as a file for other programs, read by them."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest

from workbench import LibraryPathError, Workbench
from workbench.analysis.features import VERSION
from workbench.cli.main import main
from workbench.store.library.records import FeatureRecord, ScannedFile


def test_json_lines_have_every_column_of_every_track(heard: Workbench, tmp_path: Path) -> None:
    lines = heard.export(tmp_path / "library.jsonl").read_text("utf-8").splitlines()
    tracks = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    frame = heard.tracks
    assert [track["title"] for track in tracks] == frame["title"].tolist()
    assert list(tracks[0]) == ["id", *frame.columns]
    assert tracks[0]["piano"] == pytest.approx(frame["piano"].iloc[0], rel=1e-6)
    assert tracks[3]["year"] == 1984 and tracks[0]["year"] is None
    assert tracks[0]["added_at"].endswith("Z")


def test_csv_keeps_texts_apart_and_formulas_harmless(tmp_path: Path) -> None:
    with Workbench(tmp_path / "data") as wb:
        tags = {"title": '=HYPERLINK("x")', "artist": 'Ann, "A"\nB', "album": "1-2"}
        wb.library.files.add([ScannedFile("/m/a.mp3", 1, 1, "0" * 32, tags)])
        path = wb.export(tmp_path / "library.csv")
        assert wb.export(tmp_path / "library.csv") == path  # again, in its place
    with path.open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["title"] == "'" + tags["title"]
    assert (row["artist"], row["album"], row["path"], row["year"]) == (tags["artist"], "1-2", "/m/a.mp3", "")


def test_every_value_is_read_back(tmp_path: Path) -> None:
    """CSV has an apostrophe before formulas; a text that is not there is not an empty one."""
    odd = {
        "title": "",
        "artist": ["A; B", 'C, "D"'],
        "album": "NULL",
        "comment": "a\n\tb",
        "year": 1984,
        "rating": 4.5,
    }
    with Workbench(tmp_path / "data") as wb:
        wb.library.files.add(
            [ScannedFile("/m/é.mp3", 2**40, 1, "a" * 32, odd), ScannedFile("/m/-.mp3", 1, 1, "b" * 32, {})]
        )
        values = {"bpm": 1 / 3, "duration_s": 1e-9, "key": "A", "scale": "minor"}
        wb.library.features.save("a" * 32, FeatureRecord(VERSION, values, np.ones(3, "f4"), {}))
        wb.ratings.rate(1, 5)
        frame = wb.tracks.reset_index()
        paths = {format: wb.export(tmp_path / f"a.{format}") for format in ("csv", "jsonl", "parquet")}
    wanted = [
        {name: None if pandas.isna(value) else value for name, value in row.items()}
        for row in frame.astype({"added_at": "datetime64[us, UTC]"}).to_dict("records")
    ]
    lines = [json.loads(line) for line in paths["jsonl"].read_text("utf-8").splitlines()]
    cells = polars.read_csv(paths["csv"], infer_schema=False).to_dicts()
    for read in (polars.read_parquet(paths["parquet"]).to_dicts(), lines, cells):
        assert [
            {name: as_written(row[name], value) for name, value in of.items()}
            for row, of in zip(read, wanted, strict=True)
        ] == wanted


def as_written(read: Any, value: Any) -> Any:
    """Return what was read, as the type of a value: JSON has no dates, and CSV has only texts."""
    if isinstance(read, str) and isinstance(value, datetime):
        return pandas.Timestamp(read)
    if isinstance(read, str) and isinstance(value, bool):
        return read == "true"
    if isinstance(read, str) and not isinstance(value, str):
        return type(value)(read)
    return read


def test_a_filter_chooses_the_tracks(heard: Workbench, tmp_path: Path) -> None:
    read = polars.read_csv(heard.export(tmp_path / "fast.csv", where="bpm > 130"))
    assert sorted(read["title"]) == ["Piano Rag", "Warehouse"]


def test_the_command_writes_what_the_suffix_says(
    heard: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = ["--data-dir", str(heard.settings.data_dir)]
    assert main(["export", str(tmp_path / "a.parquet"), "--json", *data_dir]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(tmp_path / "a.parquet")}
    assert polars.read_parquet(tmp_path / "a.parquet").height == 5
    assert main(["export", str(tmp_path / "a.xlsx"), *data_dir]) == 1
    assert "Formats: csv, jsonl, parquet" in capsys.readouterr().err
    assert main(["export", str(tmp_path / "no folder" / "a.csv"), *data_dir]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"title,artist\nMine,Me\n"),
        ("a.csv", b"a letter, and no table"),
        ("a.jsonl", b'{"mine": 1}\n'),
        ("a.parquet", b"PAR1 mine"),
    ],
)
def test_a_file_of_somebody_else_stays(
    heard: Workbench, tmp_path: Path, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    command = ["export", str(path), "--data-dir", str(heard.settings.data_dir)]
    assert main(command) == 1 and "was not written by Playlist Workbench" in capsys.readouterr().err
    assert path.read_bytes() == content
    assert main([*command, "--force"]) == 0
    written = path.read_bytes()
    assert written != content and main(command) == 0 and path.read_bytes() == written


def test_a_whole_library_becomes_a_collection(heard: Workbench, tmp_path: Path) -> None:
    heard.playlist("random", size=2, random_state=1, name="Two")
    path = heard.export(tmp_path / "library.nml", where="bpm > 70")
    text = path.read_text("utf-8")
    assert text.count("<ENTRY TITLE=") == 4 and 'NAME="Two"' in text
    with pytest.raises(LibraryPathError, match="Formats"):
        heard.export(tmp_path / "library")
