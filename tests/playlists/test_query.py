"""The filter language."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import QuerySyntaxError
from workbench.playlists.query.query_match import compile_query
from workbench.playlists.sound.energy import energy


def matching(table, text):
    return set((np.flatnonzero(compile_query(text, table).matches()) + 1).tolist())


@pytest.fixture(scope="module")
def small(make_table):
    return make_table(
        6,
        bpm=[120, 128, 90, np.nan, 121.5, 174],
        camelot=["8A", "9A", "8A", "8A", "1B", None],
        genre=["Deep House", "house", "Jazz; House", None, "Techno", "Rock"],
        artist=["X", "Y", "Café", "X & Y", "not", "Z"],
        title=["One", "Two", "Three", "Four", "and", "Six"],
        year=[1994, 1999, 2001, 1985, np.nan, 1990],
        loudness_lufs=[-14, -8, -10, -20, -6, -9],
        duration_s=[200, 210, 250, 180, 300, 95],
        key=[None] * 6,
        album=[None] * 6,
        path=[f"/m/{i}" for i in range(6)],
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bpm 120-128", {1, 2, 5}),
        ("bpm 120 - 128", {1, 2, 5}),
        ("bpm 120", {1}),
        ("bpm=120", {1}),
        ("tempo 120..", {1, 2, 5, 6}),
        ("bpm ..100", {3}),
        ("bpm > 128", {6}),
        ("bpm >= 128", {2, 6}),
        ("bpm != 120", {2, 3, 5, 6}),
        ("not bpm 120", {2, 3, 4, 5, 6}),
        ("bpm 90,174", {3, 6}),
        ("loudness -14..-9", {1, 3, 6}),
        ("loudness -14--9", {1, 3, 6}),
        ("key 8A,9A", {1, 2, 3, 4}),
        ("key Am", {1, 3, 4}),
        ('key "A minor"', {1, 3, 4}),
        ("key != 8A", {2, 5}),
        ("genre house", {2, 3}),
        ("genre:house and bpm 90", {3}),
        ("genre ~ house", {1, 2, 3}),
        ("genre !~ house", {5, 6}),
        ("not genre ~ house", {4, 5, 6}),
        ('artist "X"', {1}),
        ('not artist "X"', {2, 3, 4, 5, 6}),
        ("artist cafe\u0301", {3}),
        ("artist X,Y", {1, 2}),
        ("year 1990s", {1, 2, 6}),
        ("duration 3:20-3:30", {1, 2}),
        ("year < 1990 or year > 2000", {3, 4}),
        ("bpm 120-128 key 8A", {1}),
        ("house", {1, 2, 3}),
        ('"x & y"', {4}),
        ("title 'and'", {5}),
        ('artist "not"', {5}),
        ("(bpm 90 or bpm 174) and not genre rock", {3}),
        ("id 2-3", {2, 3}),
        ("NOT (bpm 90 OR bpm 174)", {1, 2, 4, 5}),
        ('bpm 120-128 and key 8A,9A and genre ~ house and not artist "X"', {2}),
        ("genre house or genre rock and bpm 174", {2, 3, 6}),
    ],
)
def test_what_matches(small, text, found):
    assert matching(small, text) == found


BPM = st.integers(8, 18).map(lambda tens: tens * 10)
CONDITIONS = st.one_of(
    st.tuples(BPM, st.integers(0, 40)).map(
        lambda span: (
            f"bpm {span[0]}-{span[0] + span[1]}",
            lambda track: span[0] <= track["bpm"] <= span[0] + span[1],
        )
    ),
    BPM.map(lambda bpm: (f"bpm > {bpm}", lambda track: track["bpm"] > bpm)),
    BPM.map(lambda bpm: (f"bpm != {bpm}", lambda track: track["bpm"] == track["bpm"] != bpm)),
    st.integers(196, 202).map(
        lambda decade: (f"year {decade}0s", lambda track: decade * 10 <= track["year"] < decade * 10 + 10)
    ),
    st.lists(st.sampled_from(["1A", "3B", "8A", "12B"]), min_size=1, max_size=3).map(
        lambda keys: (f"key {','.join(keys)}", lambda track: track["camelot"] in keys)
    ),
    st.sampled_from(["house", "soul", "rock", "zz"]).map(
        lambda name: (
            f"genre {name}",
            lambda track: name in [part.strip().lower() for part in (track["genre"] or "").split(";")],
        )
    ),
    st.sampled_from(["1", "Artist 1", "x"]).map(
        lambda text: (f'artist ~ "{text}"', lambda track: text.lower() in (track["artist"] or "").lower())
    ),
)
QUERIES = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        inner.map(lambda node: (f"not ({node[0]})", lambda track: not node[1](track))),
        st.tuples(inner, inner).map(
            lambda pair: (
                f"({pair[0][0]}) and {pair[1][0]}"
                if " or " not in pair[1][0]
                else f"({pair[0][0]}) and ({pair[1][0]})",
                lambda track: pair[0][1](track) and pair[1][1](track),
            )
        ),
        st.tuples(inner, inner).map(
            lambda pair: (
                f"{pair[0][0]} or {pair[1][0]}",
                lambda track: pair[0][1](track) or pair[1][1](track),
            )
        ),
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def gaps(make_table):
    rng = np.random.default_rng(5)
    absent = rng.random((4, 200)) < 0.15
    return make_table(
        200,
        bpm=np.where(absent[0], np.nan, rng.integers(8, 19, 200) * 10.0),
        year=np.where(absent[1], np.nan, rng.integers(1960, 2030, 200)),
        genre=[None if gone else ("House", "Jazz; Soul", "Rock")[i % 3] for i, gone in enumerate(absent[2])],
        artist=[None if gone else f"Artist {i % 12}" for i, gone in enumerate(absent[3])],
    )


@settings(max_examples=200)
@given(query=QUERIES)
def test_a_query_finds_exactly_what_reading_every_track_finds(gaps, query):
    text, fits = query
    assert matching(gaps, text) == {int(gaps.ids[row]) for row in range(200) if fits(_track(gaps, row))}


def _track(table, row):
    return {name: table[name][row] for name in ("bpm", "year", "camelot", "genre", "artist")}


@pytest.mark.parametrize(
    ("text", "near"), [("bpm 120-128 and kye 8A", "key"), ("bmp 120", "bpm"), ('gerne "deep house"', "genre")]
)
def test_a_misspelled_field_is_not_searched_as_text(small, text, near):
    with pytest.raises(QuerySyntaxError, match=f"Did you mean {near}"):
        compile_query(text, small)
    assert compile_query("blink 182", small).matches().shape == (6,)


def test_energy_is_a_field(table):
    assert matching(table, "energy > 0.7") == set((np.flatnonzero(energy(table) > 0.7) + 1).tolist())


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("bpmm > 3", 0, "Did you mean bpm"),
        ("bpm", 3, "a value"),
        ("bpm fast", 4, "not a number"),
        ("bpm 130-120", 4, "from a lower to a higher"),
        ("key 13A", 4, "not a key"),
        ("genre > 3", 0, "text"),
        ("(bpm 120", 0, "not closed"),
        ("bpm 120)", 7, "or the end"),
        ('artist "X', 7, "quote"),
        ("bpm 120 and", 11, "the end"),
        ("bpm > 120-128", 6, "not a range"),
        ("bpm > 1,2", 8, "one number"),
        ("key < 8A", 0, "compared"),
        ("and", 0, "a field"),
        ("bpm 120,", 8, "a value"),
        ("(" * 60 + "x", 50, "levels"),
        ("x" * 10_001, 10_000, "longer"),
    ],
)
def test_errors_point_at_the_place(small, text, position, said):
    with pytest.raises(QuerySyntaxError, match=said) as caught:
        compile_query(text, small)
    assert caught.value.position == position


@settings(max_examples=150)
@given(text=st.text(alphabet=st.sampled_from("bpm key 18A-.,()\"'~<>=!notradyhuse\\;🎵"), max_size=40))
def test_any_text_is_a_query_or_an_error_with_a_place(small, text):
    try:
        query = compile_query(text, small)
    except QuerySyntaxError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert query.matches().shape == (6,)
        assert ((query.closeness() >= 0) & (query.closeness() <= 1)).all()
        assert (query.closeness()[query.matches()] > 0).all()


@pytest.mark.parametrize("loved", [[np.nan] * 3, [1.0, np.nan, 0.0]], ids=["nothing loved yet", "some"])
def test_yes_and_no_are_as_near_as_they_match(make_table, loved: list[float]) -> None:
    query = compile_query("starred = yes or loved = no", make_table(3, loved=loved))
    assert (query.closeness() == query.matches()).all()
