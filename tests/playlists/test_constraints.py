"""Constraints are kept by every method, and say so where they cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import LibraryEmptyError, NothingMatchesError
from workbench.playlists import generate, refresh

METHODS = [
    ("random", {}),
    ("similarity", {"start": 5}),
    ("kmeans", {"clusters": 3}),
    ("feature_group", {}),
    ("curve", {}),
    ("radio", {}),
    ("mixed", {}),
    ("path", {"start": 3, "end": 8}),
    ("harmonic", {}),
]


@pytest.mark.parametrize(("method", "arguments"), METHODS)
def test_most_per_artist_and_album(table, method, arguments):
    playlist = generate(
        table, method, size=15, random_state=2, max_per_artist=2, max_per_album=1, **arguments
    )
    artists, albums = [t.artist for t in playlist], [t.album for t in playlist]
    assert max(map(artists.count, artists)) <= 2
    assert max(map(albums.count, albums)) <= 1
    assert len(playlist) == 15 or any(note["constraint"] in ("size", "harmonic") for note in playlist.notes)


@pytest.mark.parametrize("order", ["none", "smooth", "harmonic", "ramp_up", "shuffle"])
def test_artist_gap_holds_in_every_order(table, order):
    playlist = generate(table, "random", size=30, random_state=4, artist_gap=4, order=order)
    artists = [track.artist for track in playlist]
    assert all(artists[i] not in artists[max(0, i - 4) : i] for i in range(30))
    assert not playlist.notes


def test_an_artist_gap_that_cannot_be_says_how_close(make_table):
    table = make_table(10, artist=["Only"] * 10)
    playlist = generate(table, "random", size=5, random_state=0, artist_gap=2)
    note = playlist.notes[0]
    assert len(playlist) == 1
    assert (note["constraint"], note["asked"], note["got"]) == ("size", 5, 1)
    assert "artist_gap" in note["message"]


@pytest.mark.parametrize(("method", "arguments"), METHODS)
def test_duration_instead_of_a_number(table, method, arguments):
    playlist = generate(table, method, duration_minutes=60, random_state=1, **arguments)
    short = [note for note in playlist.notes if note["constraint"] == "duration_minutes"]
    assert bool(short) == (abs(playlist.duration_s - 3600) > 180)
    if method not in ("curve", "radio", "path", "harmonic"):
        assert abs(playlist.duration_s - 3600) <= 180


def test_a_duration_that_cannot_be_reached(make_table):
    table = make_table(5, duration_s=[200] * 5)
    playlist = generate(table, "random", duration_minutes=60, random_state=0)
    assert len(playlist) == 5
    note = next(note for note in playlist.notes if note["constraint"] == "duration_minutes")
    assert note["got"] == pytest.approx(1000 / 60, abs=0.01)
    assert "43.3 minutes short" in note["message"]


@pytest.mark.parametrize(("method", "arguments"), METHODS)
def test_include_and_exclude(table, method, arguments):
    plain = generate(table, method, size=10, random_state=1, **arguments)
    unwanted = [track for track in plain.track_ids if track not in (3, 5, 8)][:3]
    playlist = generate(
        table, method, size=10, random_state=1, include=[200, 201], exclude=unwanted, **arguments
    )
    assert {200, 201} <= set(playlist.track_ids)
    assert not set(unwanted) & set(playlist.track_ids)
    assert len(playlist) == 10


@pytest.mark.parametrize(("method", "arguments"), METHODS)
def test_what_the_user_keeps_out_is_in_no_playlist(table, method, arguments):
    plain = generate(table, method, size=10, random_state=1, **arguments)
    kept_out = [track for track in plain.track_ids if track not in (3, 5, 8)][:3]
    without = table.with_columns({"excluded": np.isin(table.ids, kept_out).astype(float)})
    assert not set(kept_out) & set(generate(without, method, size=10, random_state=1, **arguments).track_ids)
    asked = generate(without, method, size=10, random_state=1, include=kept_out[:1], **arguments)
    assert kept_out[0] in asked.track_ids, "unless one playlist asks for it"
    refreshed = refresh(plain, without)
    assert set(kept_out) <= set(refreshed.removed)


def test_all_included_tracks_are_in_even_if_they_are_more_than_the_size_and_a_note_says_so(table):
    playlist = generate(table, "random", size=2, include=[4, 5, 6], random_state=0)
    assert sorted(playlist.track_ids) == [4, 5, 6]
    assert [(note["constraint"], note["asked"], note["got"]) for note in playlist.notes] == [
        ("include", 2, 3)
    ]


def test_genres_years_and_loudness(table):
    playlist = generate(
        table,
        "random",
        size=10,
        random_state=0,
        genres=["soul", "rock"],
        exclude_genres=["Rock"],
        year_min=1980,
        year_max=2000,
        loudness_min_lufs=-16,
        loudness_max_lufs=-9,
    )
    rows = np.array(playlist.track_ids) - 1
    assert set(table["genre"][rows]) == {"Jazz; Soul"}
    assert ((table["year"][rows] >= 1980) & (table["year"][rows] <= 2000)).all()
    assert ((table["loudness_lufs"][rows] >= -16) & (table["loudness_lufs"][rows] <= -9)).all()


def test_where_takes_a_query(table):
    playlist = generate(table, "similarity", start=5, size=10, where="bpm 100-130")
    rest = np.array(playlist.track_ids[1:]) - 1
    bpm = table["bpm"][rest]
    assert ((bpm >= 99.5) & (bpm < 130.5)).all(), "a tempo without decimals means all that round to it"


def test_a_range_that_no_track_meets_gives_the_nearest_and_says_by_how_much(table):
    playlist = generate(table, "random", size=3, random_state=0, year_min=2050, relax=True)
    newest = np.sort(table["year"])[-3:]
    assert sorted(table["year"][np.array(playlist.track_ids) - 1]) == sorted(newest)
    note = playlist.notes[0]
    assert note["constraint"] == "year_min"
    assert note["short_by"] == 2050 - newest.min()


def test_a_genre_that_no_track_has_is_ignored_with_a_note(table):
    playlist = generate(table, "random", size=5, random_state=0, genres=["hose"], relax=True)
    assert len(playlist) == 5
    assert "house" in playlist.notes[0]["message"]


@pytest.mark.parametrize(
    ("method", "asked", "hint"),
    [
        ("random", {"year_min": 2050}, "year_min=2050"),
        ("random", {"genres": ["hose"]}, "Nearest genres: house"),
        ("random", {"where": "bpm 300"}, "where='bpm 300'"),
        ("random", {"where": "bpm 70-90", "loudness_min_lufs": 10}, "loudness_min_lufs=10"),
        ("query", {"filter": "bpm 300-310"}, "nearest matches it to"),
        ("query", {"filter": "bpm 70-180", "genres": ["rock"], "where": "genre house"}, "without the other"),
        ("tag_based", {"value": "hose"}, "Did you mean house?"),
    ],
)
def test_what_no_track_matches_is_refused_unless_it_may_be_relaxed(table, method, asked, hint):
    with pytest.raises(NothingMatchesError, match="relax=true") as refused:
        generate(table, method, size=5, random_state=0, **asked)
    assert hint in refused.value.message
    relaxed = generate(table, method, size=5, random_state=0, relax=True, **asked)
    assert len(relaxed) == 5 and relaxed.notes


def test_duplicates_and_missing_files(make_table):
    table = make_table(
        8,
        content_hash=["a", "a", "b", "b", "c", "d", "e", "f"],
        status=["analyzed"] * 6 + ["missing", "analyzed"],
    )
    playlist = generate(table, "random", size=8, random_state=0)
    assert len(playlist) == 5
    assert 7 not in playlist.track_ids
    everything = generate(table, "random", size=8, random_state=0, skip_duplicates=False, skip_missing=False)
    assert sorted(everything.track_ids) == list(range(1, 9))


def test_tracks_without_features_only_on_request(make_table):
    vectors = np.ones((6, 2))
    vectors[3:] = np.nan
    table = make_table(6, vectors=vectors, status=["analyzed"] * 3 + ["pending"] * 3)
    assert sorted(generate(table, "random", size=6, random_state=0).track_ids) == [1, 2, 3]
    loose = generate(table, "random", size=6, random_state=0, only_analyzed=False)
    assert sorted(loose.track_ids) == [1, 2, 3, 4, 5, 6]


def test_everything_excluded_is_an_error_with_words(make_table):
    with pytest.raises(LibraryEmptyError, match="excluded"):
        generate(make_table(2), "random", exclude=[1, 2])


@settings(max_examples=25)
@given(data=st.data())
def test_limits_hold_for_any_combination(table, data):
    method, arguments = data.draw(st.sampled_from(METHODS))
    gap, most = data.draw(st.integers(0, 5)), data.draw(st.integers(1, 4))
    size = data.draw(st.integers(1, 25))
    playlist = generate(
        table,
        method,
        size=size,
        random_state=data.draw(st.integers(0, 9)),
        artist_gap=gap,
        max_per_artist=most,
        **arguments,
    )
    artists = [track.artist for track in playlist]
    broken = any(artists[i] in artists[max(0, i - gap) : i] for i in range(len(artists)))
    assert max(map(artists.count, artists)) <= most
    assert not broken or any(note["constraint"] == "artist_gap" for note in playlist.notes)
    assert len(playlist) >= min(size, 2) or playlist.notes
    assert len(playlist) == size or playlist.notes


@pytest.mark.parametrize(("method", "arguments"), METHODS)
def test_what_is_preferred_is_more_common_in_every_method_and_the_rest_stays_possible(
    table, method, arguments
):
    def loved(**preference):
        playlists = [
            generate(table, method, size=20, random_state=number, **arguments, **preference)
            for number in range(8)
        ]
        assert all(len(playlist) == 20 or playlist.notes for playlist in playlists)
        artists = [track.artist for playlist in playlists for track in playlist]
        return sum(artist in ("Artist 3", "Artist 7") for artist in artists) / len(artists)

    without, with_preference = loved(), loved(prefer="artist = 'Artist 3' or artist = 'Artist 7'")
    assert with_preference > 1.5 * without
    assert with_preference < 1


def test_a_preference_keeps_what_the_user_names(table):
    playlist = generate(table, "path", size=9, random_state=1, start=3, end=8, prefer="artist = 'Artist 11'")
    assert (playlist[0].id, playlist[-1].id) == (3, 8)


def test_a_preference_that_nothing_matches_is_noted(table):
    (note,) = generate(table, "random", size=5, random_state=1, prefer="year > 3000").notes
    assert (note["constraint"], note["got"]) == ("prefer", 0)
    assert "year > 3000" in note["message"]
    assert refresh(generate(table, "random", size=5, random_state=1, prefer="year < 1980"), table).added == ()
