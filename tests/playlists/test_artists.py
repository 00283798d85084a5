"""A track of two artists belongs to both: in filters, constraints, spacing, methods and files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from workbench.playlists import export, generate
from workbench.playlists.query.query_match import compile_query


@pytest.fixture
def duets(make_table):
    """Five duets of Queen, each with somebody else, and fifteen tracks of one artist each."""
    shown = [f"Queen & Guest {i}" for i in range(5)] + [f"Singer {i}" for i in range(15)]
    several = [f"Queen; Guest {i}" for i in range(5)] + [f"Singer {i}" for i in range(15)]
    return make_table(20, artist=shown, artists=several)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("artist = Queen", 5),
        ("artist = queen", 5),
        ('artist = "Queen & Guest 3"', 1),
        ('artist = "guest 3"', 1),
        ("artist != Queen", 15),
        ("artists ~ guest", 5),
        ('artist ~ "Guest 1"', 1),
    ],
)
def test_a_filter_finds_each_artist(duets, query, count):
    assert np.count_nonzero(compile_query(query, duets).matches()) == count


def test_artists_without_a_list_of_their_own_are_split_at_semicolons(make_table):
    table = make_table(3, artist=["Queen; David Bowie", "Queen", None])
    assert compile_query("artist = queen", table).matches().tolist() == [True, True, False]
    assert table.names("artist") == [("queen", "david bowie"), ("queen",), ()]


def test_no_artist_comes_more_often_than_allowed(duets):
    chosen = generate(duets, "random", size=20, random_state=1, max_per_artist=1).track_ids
    assert len([track for track in chosen if track <= 5]) == 1 and len(chosen) == 16


def test_every_artist_of_a_track_is_kept_apart(duets):
    for seed in range(5):
        chosen = generate(duets, "random", size=20, random_state=seed, artist_gap=2).track_ids
        assert np.diff([place for place, track in enumerate(chosen) if track <= 5]).min() > 2


def test_tag_based_takes_the_tracks_of_one_artist(duets):
    found = generate(duets, "tag_based", tag="artist", value="Queen", size=20, random_state=1)
    assert sorted(found.track_ids) == [1, 2, 3, 4, 5]


def test_a_json_file_lists_the_artists_and_shows_them_as_the_file_does(duets, tmp_path):
    playlist = generate(duets, "tag_based", tag="artist", value="Guest 2", size=1, random_state=1)
    (track,) = json.loads(export(playlist, tmp_path / "x.json").read_text())["tracks"]
    assert (track["artist"], track["artists"]) == ("Queen & Guest 2", ["Queen", "Guest 2"])
