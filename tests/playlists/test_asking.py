"""Parameters, tracks to start from, and bad input."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import jsonschema
import numpy as np
import pytest

from workbench.errors import (
    LibraryEmptyError,
    ParameterValueError,
    PlaylistError,
    UnknownMethodError,
    UnknownParameterError,
    UnknownTrackError,
)
from workbench.playlists import COMMON_PARAMETERS, METHODS, generate, json_schema
from workbench.playlists.making.resolve import resolve_track, resolve_tracks, track_label


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_parameter_is_described_and_has_a_schema(method):
    for parameter in [*COMMON_PARAMETERS.values(), *METHODS[method].parameters.values()]:
        assert parameter.kind
        assert parameter.help
        assert parameter.allowed
    schema = json_schema(method)
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps([schema, METHODS[method].to_dict()], allow_nan=False)
    validator = jsonschema.Draft202012Validator(schema)
    for name, parameter in METHODS[method].parameters.items():
        if not parameter.required:
            assert validator.evolve(schema=schema["properties"][name]).is_valid(parameter.default)


def test_the_schema_refuses_what_generate_refuses():
    validator = jsonschema.Draft202012Validator(json_schema("similarity"))
    assert validator.is_valid({"start": 3, "size": 10, "order": "smooth", "where": "bpm 120"})
    assert not validator.is_valid({"size": 10})
    assert not validator.is_valid({"start": 3, "size": 0})
    assert not validator.is_valid({"start": 3, "order": "smoth"})
    assert not validator.is_valid({"start": 3, "steps": 1})
    assert not jsonschema.Draft202012Validator(json_schema("fingerprint")).is_valid(
        {"history": "/etc/passwd"}
    )


def test_texts_from_a_command_line_mean_the_same_as_values(table):
    typed = generate(
        table,
        "journey",
        waypoints="3,9",
        size="7",
        random_state="5",
        genres="house, soul",
        skip_duplicates="no",
        loudness_min_lufs="-30",
    )
    given = generate(
        table,
        "journey",
        waypoints=[3, 9],
        size=7,
        random_state=5,
        genres=["house", "soul"],
        skip_duplicates=False,
        loudness_min_lufs=-30.0,
    )
    assert typed.recipe() == given.recipe()
    assert generate(table, "journey", waypoints='["title 2", 9]', size=7, random_state=5).track_ids[0] == 3


def test_an_unknown_method_names_the_nearest(table):
    with pytest.raises(UnknownMethodError, match="similarity") as caught:
        generate(table, "similar")
    assert caught.value.candidates[0] == "similarity"


@pytest.mark.parametrize(
    ("method", "arguments", "error", "said"),
    [
        ("similarity", {"strat": 3}, UnknownParameterError, "Did you mean start"),
        ("similarity", {}, UnknownParameterError, "needs start"),
        ("kmeans", {"clusters": 0}, ParameterValueError, "from 1 to 1000"),
        ("kmeans", {"clusters": "many"}, ParameterValueError, "a whole number"),
        ("kmeans", {"clusters": 2.5}, ParameterValueError, "a whole number"),
        ("kmeans", {"clusters": True}, ParameterValueError, "a whole number"),
        ("random", {"size": 0}, ParameterValueError, "size=0"),
        ("random", {"size": 10**9}, ParameterValueError, "from 1 to 10000"),
        ("random", {"size": None}, ParameterValueError, "size=None"),
        ("random", {"size": float("nan")}, ParameterValueError, "size=nan"),
        ("random", {"order": "best"}, ParameterValueError, "ramp_up"),
        ("random", {"random_state": -1}, ParameterValueError, "random_state"),
        ("random", {"genres": {"a": 1}}, ParameterValueError, "genres"),
        ("random", {"skip_missing": "perhaps"}, ParameterValueError, "true or false"),
        ("time_based", {"part": "noon"}, ParameterValueError, "morning"),
        ("curve", {"points": []}, ParameterValueError, "points"),
        ("curve", {"points": [0.2, 7]}, ParameterValueError, "energies"),
        ("mixed", {"weights": {"nothing": 1}}, ParameterValueError, "weights"),
        ("mixed", {"weights": "random:0"}, ParameterValueError, "weights"),
        ("path", {"start": 3, "end": 3}, ParameterValueError, "same track"),
        ("journey", {"waypoints": [3]}, ParameterValueError, "two or more"),
        ("alchemy", {"add": []}, ParameterValueError, "one track"),
        ("fingerprint", {"history": [[3, -1]]}, ParameterValueError, "0 or more"),
        ("fingerprint", {"history": []}, ParameterValueError, "at least one"),
        ("fingerprint", {"history": "/nowhere/plays.csv"}, ParameterValueError, "does not exist"),
        (
            "time_based",
            {"bpm_min": 200, "bpm_max": 100},
            ParameterValueError,
            "bpm_min=200 is above bpm_max=100",
        ),
        ("time_based", {"part": "night", "bpm_min": 150}, ParameterValueError, "give both"),
        ("mixed", {"weights": "{bad"}, ParameterValueError, "names with weights.*similarity"),
        ("cache_based", {"playlist": []}, UnknownTrackError, "Name one that has tracks"),
    ],
)
def test_bad_input_is_refused_in_words(table, method, arguments, error, said):
    with pytest.raises(error, match=said) as caught:
        generate(table, method, **arguments)
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message


@pytest.mark.parametrize(
    "reference",
    [18, "18", "Title 17", "title 17", " TITLE 17 ", "/music/artist 5/track 17.mp3", "Artist 5 - Title 17"],
)
def test_a_start_track_is_an_id_a_path_or_a_title(table, reference):
    assert generate(table, "similarity", start=reference, size=1).track_ids == [18]


def test_labels_of_the_forms_are_tracks(make_table):
    table = make_table(
        6, title=["Journey's End", "Hello, Goodbye", "Same", "Same", "X · 2", "Y"], artist=["Mattias W."] * 6
    )
    labels = [track_label(table, row) for row in range(6)]
    assert labels[1] == "Hello, Goodbye — Mattias W. · 2"
    for row, label in enumerate(labels):
        assert resolve_track(table, label) == row + 1
    assert resolve_tracks(table, ", ".join(labels)) == [1, 2, 3, 4, 5, 6]
    assert resolve_tracks(table, f"Y, {labels[1]}, 3") == [6, 2, 3]
    assert resolve_track(table, "X · 2") == 5  # a title comes first
    with pytest.raises(UnknownTrackError):
        resolve_track(table, "Another — Mattias W. · 1")


def test_a_title_that_several_tracks_have_lists_them(make_table):
    table = make_table(9, title=["Same", "Same", "Other"] * 3)
    with pytest.raises(UnknownTrackError, match="means 6 tracks") as caught:
        generate(table, "similarity", start="same")
    assert [candidate["id"] for candidate in caught.value.candidates] == [1, 2, 4, 5, 7, 8]


def test_copies_of_one_file_are_one_title(make_table):
    table = make_table(
        4,
        title=["Same", "Same", "X", "Y"],
        content_hash=["h", "h", "x", "y"],
        status=["missing", "analyzed", "analyzed", "analyzed"],
    )
    assert generate(table, "similarity", start="Same", size=1).track_ids == [2]


@pytest.mark.parametrize("reference", ["Titel 17", "nothing like it", "", 10**12, -1, 1.5, None, "\0", True])
def test_a_track_that_is_not_there_names_the_nearest(table, reference):
    with pytest.raises(PlaylistError) as caught:
        generate(table, "similarity", start=reference)
    if reference == "Titel 17":
        assert caught.value.candidates[0]["title"].startswith("Title 1")


def test_a_start_track_that_is_not_analyzed_or_whose_file_is_gone(make_table):
    vectors = np.ones((4, 2))
    vectors[1] = np.nan
    table = make_table(4, vectors=vectors, status=["analyzed", "failed", "missing", "analyzed"])
    with pytest.raises(UnknownTrackError, match=r"not analyzed \(failed\)"):
        generate(table, "similarity", start=2)
    with pytest.raises(UnknownTrackError, match="is missing"):
        generate(table, "similarity", start=3)
    assert len(generate(table, "similarity", start=3, skip_missing=False)) == 3


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_tiny_libraries_give_what_they_have_or_say_why_not(make_table, method, count):
    table = make_table(count)
    arguments = {
        "similarity": {"start": 1},
        "cache_based": {"playlist": [1]},
        "fingerprint": {"history": [1]},
        "alchemy": {"add": [1]},
        "path": {"start": 1, "end": count},
        "journey": {"waypoints": [1, count]},
        "query": {"filter": "bpm 300", "relax": True},
    }.get(method, {})
    if count == 0:
        with pytest.raises(LibraryEmptyError):
            generate(table, method, **arguments)
    elif count == 1 and method in ("path", "journey"):
        with pytest.raises(ParameterValueError):
            generate(table, method, **arguments)
    else:
        playlist = generate(table, method, size=10, random_state=0, **arguments)
        assert len(playlist) >= 1
        assert len(playlist) == 10 or playlist.notes


@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.parametrize("damage", ["identical", "nan", "huge", "constant column"])
def test_damaged_features(make_table, method, damage):
    vectors = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    if damage == "identical":
        vectors[:] = 3.25
    elif damage == "nan":
        vectors[1::3] = np.nan
        vectors[2, 1] = np.inf
    elif damage == "huge":
        vectors[:, 0] *= 1e30
    else:
        vectors[:, 2] = 0.1
    table = make_table(30, vectors=vectors)
    arguments = {
        "similarity": {"start": 1},
        "cache_based": {"playlist": [1, 4]},
        "fingerprint": {"history": [1, 4]},
        "alchemy": {"add": [1, 4]},
        "path": {"start": 1, "end": 4},
        "journey": {"waypoints": [1, 4]},
        "query": {"filter": "bpm 90-140"},
    }.get(method, {})
    playlist = generate(table, method, size=8, random_state=0, **arguments)
    assert len(playlist) == 8 or playlist.notes
    assert table.analyzed[np.array(playlist.track_ids) - 1].all()
    json.dumps(playlist.to_dict(), allow_nan=False)


def test_importing_playlists_loads_no_arrays_and_similarity_no_scikit_learn():
    script = (
        "import sys, workbench.playlists; assert 'numpy' not in sys.modules\n"
        "import workbench.playlists.making.generation, workbench.playlists.methods\n"
        "assert not {'sklearn', 'scipy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
