"""Tracks in the order of chosen columns, the best first for words, as records and as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


WORDS = st.sampled_from([None, "", "night", "Night", "Night Bus", "Ä", "caf\udce9", "night " * 300])
NUMBERS = st.sampled_from([np.nan, -np.inf, -0.0, 0.0, 0.1, 119.6, 120.0, 2026.0])
KEYS = st.sampled_from([None, "1A", "2B", "12B"])
COLUMNS = ["title", "artist", "bpm", "year", "camelot", "id"]
ROWS = st.lists(st.tuples(WORDS, WORDS, NUMBERS, NUMBERS, KEYS), max_size=25)
SORTS = st.lists(st.tuples(st.sampled_from(COLUMNS), st.sampled_from(["", " desc"])), max_size=3)
SIZES = st.integers(1, 7)


def shelf_of(make_table, rows):
    title, artist, bpm, year, camelot = (
        (list(column) for column in zip(*rows, strict=True)) if rows else [[]] * 5
    )
    return make_table(
        len(rows),
        title=title,
        artist=artist,
        camelot=camelot,
        bpm=np.array(bpm, float),
        year=np.array(year, float),
        **{name: [None] * len(rows) for name in ("album", "genre", "key")},
        path=[f"/music/{number}.mp3" for number in range(len(rows))],
    )


def walked(table, size, **asked):
    """Return the ids of all pages, each asked for anew with what the page before said."""
    found, after = [], 0
    while (page := listing(table, **asked).after(after).page(0, size)).next is not None:
        found += page.ids
        after = page.next
    return found


@given(rows=ROWS, sort=SORTS, size=SIZES, query=st.sampled_from([None, "night"]))
def test_pages_by_key_have_every_track_once_in_the_order_of_the_whole(make_table, rows, sort, size, query):
    shelf = shelf_of(make_table, rows)
    asked = {"sort": ", ".join(map("".join, sort)), "query": query}
    assert walked(shelf, size, **asked) == ids(shelf, **asked)


@given(rows=ROWS.filter(len), sort=SORTS, size=SIZES, data=st.data())
def test_tracks_that_come_and_go_between_two_pages_move_no_others(make_table, rows, sort, size, data):
    shelf = shelf_of(make_table, rows)
    kept = sorted(data.draw(st.sets(st.sampled_from(range(len(rows))), min_size=1), "rows that stay"))
    order = ", ".join(map("".join, sort))
    first = listing(shelf, sort=order).page(0, size)
    rest = listing(shelf.take(np.array(kept)), sort=order).after(first.next).ids
    stays = {int(shelf.ids[row]) for row in kept}
    assert rest == [track for track in ids(shelf, sort=order)[size:] if track in stays]


@pytest.mark.parametrize("cursor", ["7", "abc", "W10", "WzFd", "-", "Ä", "W1siYnBtIl0sICJhIiwgMV0"])
def test_a_cursor_of_another_order_is_refused(shelf, cursor):
    with pytest.raises(ParameterValueError, match="does not belong to tracks in this order"):
        listing(shelf, sort="bpm").after(cursor)
    title = listing(shelf, sort="title").page(0, 1).next
    with pytest.raises(ParameterValueError, match="does not belong"):
        listing(shelf, sort="title desc").after(title)
