"""The library as a DataFrame, in SQL and as Parquet, and playlists from frames."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars
import pytest

from workbench import QuerySyntaxError, UnknownTrackError, Workbench, WorkbenchError


def test_the_frame_begins_with_title_artist_album_tempo_and_key(wb: Workbench) -> None:
    columns = list(wb.tracks.columns)
    assert columns[:8] == ["title", "artist", "album", "bpm", "key", "scale", "camelot", "duration_s"]
    assert columns[-2:] == ["content_hash", "path"] and len(columns) == len(set(columns))
    assert set(wb.table().columns) <= set(columns)


def test_columns_have_proper_types(wb: Workbench) -> None:
    frame, table = wb.tracks, wb.table()
    assert {str(frame[name].dtype) for name in ("artist", "genre", "key", "camelot", "status")} == {
        "category"
    }
    assert {str(frame[name].dtype) for name in ("year", "track_number", "channels")} == {"Int64"}
    assert str(frame["truncated"].dtype) == "boolean" and str(frame["title"].dtype) == "string"
    assert isinstance(frame["added_at"].dtype, pd.DatetimeTZDtype)
    assert (datetime.now(UTC) - frame["added_at"].max()).days < 1
    assert frame["bpm"].dtype == np.float64 and np.array_equal(frame["bpm"], table["bpm"], equal_nan=True)
    assert frame["artist"].astype(object).tolist() == table["artist"].tolist()


def test_descriptors_have_units(wb: Workbench) -> None:
    frame = wb.tracks
    assert frame.attrs["units"]["bpm"] == "beats/min" and frame.attrs["units"]["loudness_lufs"] == "LUFS"
    assert "tempo" in frame.attrs["meanings"]["bpm"]
    assert frame[frame.bpm > 100].attrs["units"] == frame.attrs["units"]


def test_an_empty_library_gives_an_empty_frame(tmp_path: Path) -> None:
    with Workbench(tmp_path / "data") as empty:
        assert len(empty.tracks) == 0 and "title" in empty.tracks
        assert empty.sql("SELECT count(*) AS n FROM tracks")["n"].tolist() == [0]


def test_a_filtered_frame_limits_a_playlist(wb: Workbench) -> None:
    frame = wb.tracks
    fast = frame[frame.bpm > 110]
    playlist = wb.playlist("random", among=fast, size=5, random_state=1)
    assert len(playlist) == 5 and set(playlist.track_ids) <= set(fast.index)
    assert wb.playlists.again(playlist.recipe()).track_ids == playlist.track_ids
    assert wb.playlists.get(playlist.id or 0).parameters["among"] == fast.index.tolist()
    answer = wb.sql("SELECT id FROM tracks WHERE bpm < 90")
    slow = wb.playlist.similarity(start=int(answer["id"][0]), among=answer, size=3)
    assert set(slow.track_ids) <= set(answer["id"])
    with pytest.raises(UnknownTrackError, match="no track with the id 999"):
        wb.playlist("random", among=pd.DataFrame({"id": [1, 999]}))
    with pytest.raises(WorkbenchError):
        wb.playlist("random", among=frame[frame.bpm > 1000])


def test_a_sorted_frame_becomes_a_playlist(wb: Workbench) -> None:
    loud = wb.tracks.nlargest(6, "loudness_lufs")
    made = wb.playlist_from(loud, name="Loud")
    assert made.track_ids == loud.index.tolist() and made.name == "Loud"
    assert wb.playlists.from_frame(made.to_frame()).track_ids == made.track_ids


def test_other_programs_read_the_parquet_file(wb: Workbench, tmp_path: Path) -> None:
    path, frame = wb.export(tmp_path / "it's music.parquet"), wb.tracks
    read = polars.read_parquet(path)
    assert read.columns == ["id", *frame.columns] and read["title"].to_list() == frame["title"].tolist()
    assert str(read.schema["year"]) == "Int64" and read["bpm"].to_list() == pytest.approx(
        frame["bpm"].tolist()
    )
    with duckdb.connect() as connection:
        (total,) = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone() or (0,)
        found = dict(
            connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]).fetchall()
        )
    assert total == len(frame) and json.loads(found[b"units"])["bpm"] == "beats/min"
    with pytest.raises(WorkbenchError, match="cannot be written"):
        wb.export(tmp_path / "no folder" / "a.parquet")
    few = wb.to_parquet(tmp_path / "without a suffix", where="bpm < 90")
    assert polars.read_parquet(few)["id"].to_list() == frame.index[frame["bpm"] < 90].tolist()


def test_sql_answers_a_question(wb: Workbench) -> None:
    answer = wb.sql("SELECT artist, avg(bpm) AS tempo FROM tracks GROUP BY artist ORDER BY tempo DESC")
    frame = wb.tracks
    expected = frame.groupby("artist", observed=True)["bpm"].mean().sort_values(ascending=False)
    assert answer["tempo"].tolist() == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    "question",
    [
        "DELETE FROM tracks",
        "DROP TABLE tracks",
        "CREATE TABLE other AS SELECT 1",
        "SELECT 1; DROP VIEW tracks",
        "ATTACH '{there}' AS other",
        "COPY tracks TO '{there}'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('{there}')",
        "SELECT * FROM '{there}'",
        "SELECT * FROM read_text('{there}')",
        "SELECT no_such_column FROM tracks",
        "SELEC 1",
        "",
    ],
)
def test_sql_only_reads_and_says_what_is_wrong(question: str, wb: Workbench, tmp_path: Path) -> None:
    there = tmp_path / "private.csv"
    there.write_text("a,b\n1,2\n")
    with pytest.raises(QuerySyntaxError) as refused:
        wb.sql(question.format(there=there))
    assert "tracks" in refused.value.message
    assert there.read_text() == "a,b\n1,2\n" and len(wb.tracks) == 30


def test_a_frame_shows_few_digits_and_no_nan(heard: Workbench) -> None:
    frame = heard.tracks[["title", "bpm", "tag_gain_db"]].assign(share=[0.123456, 0.5, None, 1, 0])
    assert frame["tag_gain_db"].isna().all()
    for shown in (
        frame._repr_html_(),
        repr(frame),
        repr(heard.sql("select null::double as nothing, 128.02 as bpm")),
    ):
        assert "NaN" not in shown
    assert "<td>0.123</td>" in frame._repr_html_() and "128.0" in repr(
        heard.sql("select 128.02::double as bpm")
    )
    assert repr(frame[frame["share"] > 0.2]).count("\n") == 3
    assert "more" not in repr(frame.head(0))
    long = pd.concat([frame] * 20)
    assert "100 rows" in long._repr_html_() and long._repr_html_().count("<tr") < 20
