"""Filters as rows of a form, and back."""

from __future__ import annotations

import pytest

from workbench.playlists.query.query_match import compile_query
from workbench.playlists.query.query_rows import Row, query_text, rows_of, rows_text

TEXTS = [
    "bpm 120-128 and key 8A,9A and genre ~ house",
    'night "two words" and not artist "X \\"Y\\""',
    "not (year >= 1990 or energy > 0.7 and not title:and)",
    "bpm 120 - 128 or genre != 'drum, bass' or path ~ (title x)".replace("(title x)", '"a(b"'),
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_filter_means_the_same_when_it_is_written_again(text, table):
    tree = compile_query(text, table).tree
    joined, rows = rows_of(tree)
    for written in (query_text(tree), rows_text(joined, rows)):
        again = compile_query(written, table)
        assert query_text(again.tree) == query_text(tree)
        assert again.matches().tolist() == compile_query(text, table).matches().tolist()


def test_what_a_row_cannot_express_stays_as_text(table):
    joined, rows = rows_of(compile_query("genre = rock and (bpm < 90 or bpm > 160) and night", table).tree)
    assert (joined, rows) == ("and", [Row("genre", "=", ("rock",)), "(bpm < 90 or bpm > 160)", '"night"'])


def test_values_are_quoted_where_they_must_be_and_empty_rows_are_left_out():
    rows = [Row("artist", "=", ("AC/DC", "Guns N' Roses", 'Say "hi"')), Row("year", ">", (" ",)), "  "]
    assert rows_text("or", rows) == 'artist = AC/DC,"Guns N\' Roses","Say \\"hi\\""'
