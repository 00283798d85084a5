"""The same again, brought up to date, and compared."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.analysis.tonality.camelot import camelot_code
from workbench.errors import PlaylistError
from workbench.playlists import Playlist, compare, generate, refresh, regenerate, render
from workbench.playlists.sound.keys import relations
from workbench.store.library.library_table import LibraryTable

SCRIPT = """
import importlib.util, hashlib, json, sys
spec = importlib.util.spec_from_file_location("library", sys.argv[1])
library = importlib.util.module_from_spec(spec)
spec.loader.exec_module(library)
from workbench.playlists import regenerate, render
table = library.build_table(300)
for recipe in json.load(sys.stdin):
    print(hashlib.sha256(render(regenerate(recipe, table), format="m3u8")).hexdigest())
"""
CASES = [
    ("random", {}),
    ("similarity", {"start": "title 17", "order": "smooth"}),
    ("kmeans", {"clusters": 7}),
    ("hdbscan", {}),
    ("harmonic", {}),
    ("curve", {}),
    ("radio", {}),
    ("mixed", {"artist_gap": 2}),
    ("path", {"start": 4, "end": 90}),
    ("fingerprint", {"history": [[4, 2], [8, 1]]}),
    ("tag_based", {"order": "shuffle"}),
    ("alchemy", {"add": "4,5", "subtract": 8}),
]


def without(table: LibraryTable, *ids: int) -> LibraryTable:
    return LibraryTable(
        "v2", *(lambda t: (t.ids, t.columns, t.vectors))(table.take(~np.isin(table.ids, ids)))
    )


def test_a_recipe_gives_the_same_bytes_in_another_process_whatever_its_threads_and_hashes(table):
    recipes = [
        generate(table, method, size=15, random_state=5, **arguments).recipe() for method, arguments in CASES
    ]
    here = [
        hashlib.sha256(render(regenerate(recipe, table), format="m3u8")).hexdigest() for recipe in recipes
    ]
    environment = {
        "PYTHONHASHSEED": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/usr/bin:/bin",
    }
    conftest = str(Path(__file__).with_name("conftest.py"))
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, conftest],
        input=json.dumps(recipes),
        text=True,
        capture_output=True,
        env=environment,
        check=True,
        timeout=120,
    )
    assert answer.stdout.split() == here


def test_a_playlist_without_a_random_state_keeps_the_one_it_drew(table):
    first = generate(table, "random", size=20)
    assert regenerate(first.recipe(), table).track_ids == first.track_ids
    assert generate(table, "random", size=20).track_ids != first.track_ids


def test_a_recipe_names_tracks_by_id(table):
    recipe = generate(table, "similarity", start="Title 17", include="title 3", size=5).recipe()
    assert recipe["parameters"] == {"size": 5, "order": "none", "start": 18, "include": [4]}
    assert recipe["snapshot"] == "v1"
    assert set(recipe["versions"]) == {"playlist-workbench", "numpy", "scikit-learn"}
    assert json.loads(json.dumps(recipe)) == recipe


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        None,
        [],
        {"recipe": 2, "method": "random", "parameters": {}, "random_state": 1},
        {"recipe": 1, "method": "random", "parameters": [], "random_state": 1},
    ],
)
def test_a_file_that_is_not_a_recipe_is_refused(table, recipe):
    with pytest.raises(PlaylistError, match="recipe"):
        regenerate(recipe, table)


def test_a_stored_playlist_comes_back(table):
    playlist = generate(table, "similarity", start=3, size=8, random_state=1)
    record = playlist.to_record()
    back = Playlist.from_record(record, table)
    assert back.tracks == playlist.tracks
    assert back.recipe() == playlist.recipe()
    assert render(back, format="json") == render(playlist, format="json")


def test_a_stored_playlist_follows_a_file_that_moved_or_came_back_under_another_id(table):
    playlist = generate(table, "similarity", start=3, size=4, random_state=1)
    moved = without(table, playlist.track_ids[1])
    back = Playlist.from_record(playlist.to_record(), moved)
    assert back[1].path is None
    assert back[0].path == playlist[0].path
    columns = dict(table.columns)
    columns["path"] = np.array([f"/new{path}" for path in table["path"]], dtype=object)
    shifted = LibraryTable("v3", table.ids + 1000, columns, table.vectors)
    again = Playlist.from_record(playlist.to_record(), shifted)
    assert [track.path for track in again] == [f"/new{track.path}" for track in playlist]


@pytest.mark.parametrize(("method", "arguments"), CASES)
def test_refreshing_on_the_same_library_changes_nothing(table, method, arguments):
    old = generate(table, method, size=12, random_state=3, **arguments)
    result = refresh(old, table)
    assert result.playlist.track_ids == old.track_ids
    assert (result.added, result.removed) == ((), ())


@pytest.mark.parametrize("method", ["random", "similarity", "kmeans", "mixed"])
def test_refresh_keeps_what_is_there_and_fills_what_is_gone(table, method):
    arguments = {"start": 3} if method == "similarity" else {}
    old = generate(table, method, size=12, random_state=3, **arguments)
    gone = old.track_ids[4:6]
    result = refresh(old, without(table, *gone))
    assert len(result.playlist) == 12
    assert set(result.removed) == set(gone)
    assert len(result.added) == 2
    assert [track for track in result.playlist.track_ids if track in result.kept] == [
        track for track in old.track_ids if track not in gone
    ]
    assert result.playlist.snapshot == "v2"


def test_refresh_takes_in_a_new_track_that_fits_and_drops_the_one_that_fits_least(table):
    old = generate(table, "similarity", start=3, size=10)
    columns = {name: np.append(column, column[2]) for name, column in table.columns.items()}
    columns["content_hash"][-1], columns["path"][-1] = "new", "/new.mp3"
    grown = LibraryTable(
        "v2", np.append(table.ids, 301), columns, np.vstack([table.vectors, table.vectors[2:3]])
    )
    result = refresh(old, grown)
    assert result.added == (301,)
    nearest_first = generate(grown, "similarity", start=3, size=30).track_ids
    assert result.removed == (max(old.track_ids, key=nearest_first.index),)
    assert result.playlist.track_ids[0] == 3


def test_refresh_drops_what_the_constraints_no_longer_allow(table):
    old = generate(table, "random", size=12, random_state=1, year_min=1970)
    columns = dict(table.columns)
    columns["year"] = table["year"].copy()
    columns["year"][old.track_ids[0] - 1] = 1950
    result = refresh(old, LibraryTable("v2", table.ids, columns, table.vectors))
    assert result.removed == (old.track_ids[0],)
    assert len(result.playlist) == 12
    json.dumps(result.to_dict(), allow_nan=False)


def test_compare_counts_overlap_order_and_moves(table):
    a = generate(table, "similarity", start=3, size=10)
    same = compare(a, a, table)
    assert (same.overlap, same.order_agreement, same.moved) == (1.0, 1.0, ())
    b = generate(table, "similarity", start=3, size=10, order="ramp_up")
    other = compare(a, b, table)
    assert other.overlap == 1.0
    assert -1 <= other.order_agreement < 1
    c = generate(table, "random", size=10, random_state=0, exclude=a.track_ids)
    apart = compare(a, c, table)
    assert apart.overlap == 0
    assert apart.order_agreement is None
    assert set(apart.only_in_a) == set(a.track_ids)
    assert apart.mean_transition_a == a.card["mean_transition"]


def test_refresh_makes_a_set_anew_rather_than_break_it(table):
    old = generate(table, "harmonic", size=12, random_state=3)
    result = refresh(old, without(table, old.track_ids[5]))
    codes = np.array([camelot_code(table["camelot"][track - 1]) for track in result.playlist.track_ids])
    assert (relations(codes[:-1], codes[1:]) <= 2).all()
    assert old.track_ids[5] in result.removed
    assert len(result.playlist) == 12


def test_refresh_keeps_a_set_whole_when_others_go(table):
    old = generate(table, "harmonic", size=12, random_state=3)
    others = [track for track in range(1, 301) if track not in old.track_ids][:100]
    result = refresh(old, without(table, *others))
    assert result.playlist.track_ids == old.track_ids


def test_refresh_keeps_what_is_there_when_its_start_is_gone_and_says_so(table):
    old = generate(table, "similarity", start=3, size=10)
    result = refresh(old, without(table, 3))
    assert list(result.playlist.track_ids) == old.track_ids[1:]
    assert result.playlist.notes[0]["constraint"] == "recipe"


@pytest.mark.parametrize("gone", [1, 5, 40, 150, 280])
def test_refresh_keeps_to_the_limits(table, gone):
    old = generate(table, "random", size=15, random_state=gone, max_per_artist=2, artist_gap=2)
    result = refresh(old, without(table, *old.track_ids[:5], *range(gone, gone + 20)))
    artists = [track.artist for track in result.playlist]
    assert max(map(artists.count, artists)) <= 2
    assert all(artists[i] not in artists[max(0, i - 2) : i] for i in range(len(artists)))
    assert len(result.playlist) == 15
