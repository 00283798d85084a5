"""Smart playlists choose in Navidrome what the filter chooses here."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import PlaylistFileError
from workbench.playlists import generate, read_playlist_file
from workbench.playlists.query.navidrome_rules import _OURS, navidrome_rules
from workbench.playlists.query.query_match import matching_rows

COLUMNS = {"title": "title", "album": "album", "year": "year", "bpm": "bpm", "rating": "rating", "filepath": "path",
           "duration": "duration_s", "playcount": "play_count", "comment": "comment"}  # fmt: skip
COMPARED = {"is": "=", "isNot": "<>", "gt": ">", "lt": "<"}
LISTS = {"artist": "artist", "genre": "genre"}


@pytest.fixture(scope="module")
def music(make_table: Any) -> Any:
    """Sixty tracks, of which some have no year, tempo, rating, album, artist or genre."""
    rng = np.random.default_rng(3)

    def some(values: Any) -> list[Any]:
        return [None if rng.random() < 0.3 else values[rng.integers(len(values))] for _ in range(60)]

    numbers = {"year": (1985, 1990, 1999, 2000), "bpm": (100, 120, 128), "rating": (1, 3, 5)}
    known = {name: [np.nan if v is None else v for v in some(values)] for name, values in numbers.items()}
    return make_table(
        60, **known, play_count=rng.integers(0, 3, 60), album=some(["Blue", "Red"]), artist=some(["Ann", "Bob"]),
        genre=some(["Jazz", "Rock", "Jazz; Rock"]), comment=some(["live", "studio"]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def music_in_navidrome(music: Any) -> sqlite3.Connection:
    """Return a database with these tracks as Navidrome keeps them: 0 and '' for unknown, lists as JSON."""
    table, database = music, sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE media_file (id, {', '.join([*COLUMNS, *LISTS])})")
    for row in range(len(table.ids)):
        texts = [table.text_at(ours, row) or "" if table.columns[ours].dtype == object else
                 float(np.nan_to_num(table.numbers(ours)[row])) for ours in COLUMNS.values()]  # fmt: skip
        lists = [json.dumps((table.text_at(ours, row) or "").split("; ") if table.text_at(ours, row) else [])
                 for ours in LISTS.values()]  # fmt: skip
        marks = ", ".join("?" * (1 + len(texts) + len(lists)))
        database.execute(f"INSERT INTO media_file VALUES ({marks})", [int(table.ids[row]), *texts, *lists])
    return database


def sql(rule: dict[str, Any]) -> str:
    """Return a rule as the condition that Navidrome makes of it (model/criteria/operators.go)."""
    [(operator, inner)] = rule.items()
    if operator in ("all", "any"):
        return "(" + (" AND " if operator == "all" else " OR ").join(map(sql, inner)) + ")"
    [(field, value)] = inner.items()
    if field in LISTS:
        found = {
            "is": "value = {}",
            "isNot": "value = {}",
            "contains": "value LIKE {}",
            "notContains": "value LIKE {}",
        }
        text = found[operator].format(quoted(f"%{value}%" if "ontains" in operator else value))
        negated = "NOT " if operator in ("isNot", "notContains") else ""
        return f"{negated}EXISTS (SELECT 1 FROM json_each({field}) WHERE {text})"
    if operator == "inTheRange":
        return f"({field} >= {value[0]} AND {field} <= {value[1]})"
    if "ontains" in operator:
        return f"{field} {'NOT ' if operator == 'notContains' else ''}LIKE {quoted(f'%{value}%')}"
    return f"{field} {COMPARED[operator]} {quoted(value)}"


def quoted(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


numbers = st.sampled_from(["year 1990", "year 1990s", "year 1985..", "year != 1990", "year < 1999", "year >= 1990",
                           "bpm 100-120", "bpm ..120", "bpm 100,128", "rating <= 3", "rating > 3", "play_count 0",
                           "play_count < 2", "length > 3:30", "length 3:00-4:00", "length <= 3:30", "length 3:27",
                           "year > 0"])  # fmt: skip
words = st.sampled_from(["artist Ann", "artist != Ann", "artist ~ n", "artist !~ n", "genre Jazz,Rock", "genre ~ ja",
                         "genre !~ ro", "album Blue", "album != Blue", "title ~ 1", "comment !~ liv", '"artist 3"',
                         "jazz", "path ~ 7"])  # fmt: skip
filters = st.recursive(
    numbers | words,
    lambda inner: st.builds("({} and {})".format, inner, inner) | st.builds("({} or {})".format, inner, inner)
    | st.builds("not ({})".format, inner),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=150)
@given(filters)
def test_navidrome_chooses_the_same_tracks(music: Any, music_in_navidrome: Any, filter: str) -> None:
    wanted = music.ids[matching_rows(filter, music)].tolist()
    rules = navidrome_rules(filter)
    rows = music_in_navidrome.execute(f"SELECT id FROM media_file WHERE {sql(rules)} ORDER BY id")
    assert [id for (id,) in rows] == wanted, rules


def test_a_file_has_name_rules_order_and_limit(music: Any, tmp_path: Any) -> None:
    made = generate(
        music, "query", filter="year 1990s", where="genre ~ jazz", size=5, relax=True, name="Ninetíes"
    )
    written = made.save(tmp_path / "x.nsp")
    assert json.loads(written.read_text("utf-8")) == {
        "name": "Ninetíes",
        "comment": "Made by Playlist Workbench from the filter: year 1990s and genre ~ jazz",
        "all": [{"inTheRange": {"year": [1990, 1999]}}, {"contains": {"genre": "jazz"}}],
        "sort": "random",
        "limit": 5,
    }
    made.save(written)  # over its own file
    (tmp_path / "mine.nsp").write_text("{}")
    with pytest.raises(PlaylistFileError, match="not written by Playlist Workbench"):
        made.save(tmp_path / "mine.nsp")
    with pytest.raises(PlaylistFileError, match="has rules and no tracks"):
        read_playlist_file(written)


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        ("camelot 8A", "no field for 'camelot'"),
        ("key Am and year 1990", "no field for 'key'"),
        ("lufs > -10", "no field for 'lufs'"),
        ("piano > 0.5", "no field for 'piano'"),
        ("mood happy", "no field for 'mood'"),
        ("danceability 0.5-1", "no field for 'danceability'"),
        ("energy > 0.5", "no field for 'energy'"),
        ("kind != music", "no field for 'kind'"),
        ("my_label 3", "no field for 'my_label'"),
        ("path ~ /home/me", "start at its music folder"),
        ('title ~ "100%"', "placeholders"),
        ("compilation 3", "compilation = yes"),
    ],
)
def test_what_navidrome_cannot_say_is_refused_by_name(filter: str, said: str) -> None:
    with pytest.raises(PlaylistFileError, match=said):
        navidrome_rules(filter)


@pytest.mark.parametrize("operator", ["=", "!=", "~", "!~", "<", "<=", ">", ">="])
def test_every_field_is_said_or_refused_by_name(operator: str) -> None:
    for field in sorted(_OURS):
        query = f"not {field} {operator} 5"
        try:
            assert navidrome_rules(query).keys() <= {"all", "any"}
        except PlaylistFileError as error:
            assert field in error.message


@pytest.mark.parametrize(
    ("method", "more", "said"),
    [
        ("similarity", {"start": 1}, "method 'similarity' without a filter cannot"),
        ("random", {}, "method 'random' without a filter"),
        ("random", {"where": "year > 0", "order": "ramp_up"}, "no order 'ramp_up'"),
        ("random", {"where": "year > 0", "max_per_artist": 2}, "nothing like max_per_artist=2"),
    ],
)
def test_what_is_more_than_a_filter_is_refused(
    music: Any, tmp_path: Any, method: str, more: Any, said: str
) -> None:
    made = generate(music, method, size=5, random_state=1, **more)
    with pytest.raises(PlaylistFileError, match=said):
        made.save(tmp_path / "x.nsp")
    assert not list(tmp_path.iterdir())
