"""Tracks in the order of chosen columns, the best first for words, as records and as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from workbench.errors import ParameterValueError, UnknownTrackError
from workbench.playlists.making.resolve import resolve_track
from workbench.playlists.query.listing import listing
from workbench.playlists.query.query_match import matching_rows


@pytest.fixture(scope="module")
def shelf(make_table):
    return make_table(
        6,
        title=["Night Bus", "Waltz for a Night", "Midnight", "Sun", "=SUM(A1)", None],
        artist=["Ann", "Night", "Béla", "Ann; Night", None, "Cem"],
        album=["Day", "Day", None, "Nightfall", None, None],
        genre=[None] * 6,
        path=[f"/home/ann/music/{name}.mp3" for name in ("a/1", "a/2", "b/3", "b/4", "b/night/5", "c/6")],
        camelot=["10A", "2B", "1A", "12B", None, "2A"],
        key=[None] * 6,
        bpm=[119.6, 120.4, 121, np.nan, 128.04, 90],
        year=[1999, 1999, 2001, np.nan, 1980, 2010],
    )


def ids(table, **asked):
    return listing(table, **asked).ids


def test_words_find_whole_names_first_and_the_path_last(shelf):
    assert ids(shelf, query="night") == [2, 4, 1, 3, 5]
    assert ids(shelf, query="NIGHT bus") == [1]
    assert ids(shelf, query="bela") == [3]
    assert ids(shelf, where="night and not artist night") == [1, 3, 5]


@pytest.mark.parametrize("text", ["music", "ann/music", "home"])
def test_the_folder_of_the_library_is_not_searched(shelf, text):
    assert ids(shelf, query=text) == []


def test_the_folders_below_it_are(shelf):
    assert ids(shelf, query="b/night") == [5]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("bpm 120", [1, 2]),
        ("bpm 119.6", [1]),
        ("bpm 119", []),
        ("bpm != 120", [3, 5, 6]),
        ("bpm 121-128", [3, 5]),
        ("bpm <= 128", [1, 2, 3, 5, 6]),
        ("bpm > 128", []),
        ("year 1999", [1, 2]),
    ],
)
def test_a_number_means_what_rounds_to_it(shelf, filter, found):
    assert (np.flatnonzero(matching_rows(filter, shelf)) + 1).tolist() == found


def test_keys_are_sorted_around_the_wheel_and_unknown_ones_come_last(shelf):
    assert ids(shelf, sort="camelot") == [3, 6, 2, 1, 4, 5]
    assert ids(shelf, sort="key desc") == [4, 1, 2, 6, 3, 5]


def test_several_columns_sort(shelf):
    assert ids(shelf, sort="year, -bpm") == [5, 2, 1, 3, 6, 4]
    assert ids(shelf, query="night", sort="id desc") == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("sort", "message"), [("bmp", "Did you mean bpm"), ("bpm upwards", "artist, year desc")]
)
def test_what_cannot_be_sorted_by_is_named(shelf, sort, message):
    with pytest.raises(ParameterValueError, match=message):
        listing(shelf, sort=sort)


def test_records_have_the_columns_and_csv_no_formulas(shelf):
    listed = listing(shelf, where="id 4-5")
    assert list(listed.records(["title", "year", "tempo"])) == [
        {"id": 4, "title": "Sun", "year": None, "tempo": None},
        {"id": 5, "title": "=SUM(A1)", "year": 1980, "tempo": 128.04},
    ]
    rows = list(csv.reader(io.StringIO("".join(listed.csv(["title", "year"])))))
    assert rows == [["id", "title", "year"], ["4", "Sun", ""], ["5", "'=SUM(A1)", "1980"]]


def test_a_part_of_a_title_names_a_track(shelf):
    assert resolve_track(shelf, "waltz") == 2
    assert resolve_track(shelf, "ann bus") == 1
    with pytest.raises(UnknownTrackError, match=r"means 3 tracks: 1 \(Ann - Night Bus\)"):
        resolve_track(shelf, "night")
