"""The tags of a track in the library: stored, loaded as columns, and in its description."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.playlists.query.query_match import compile_query
from workbench.store.library.library import Library
from workbench.store.library.records import ScannedFile

TAGS = {
    "title": "Under Pressure",
    "artist": "Queen & David Bowie",
    "artists": ("Queen", "David Bowie"),
    "composer": "Queen",
    "isrc": "GBUM71029605",
    "musicbrainz_recording_id": "32c7e292",
    "rating": 4.5,
    "play_count": 12,
    "compilation": True,
    "disc_number": 2,
    "tag_bpm": 113.7,
    "tag_key": "D",
    "cover": "embedded",
    "lyrics": "Pressure\npushing down on me",
}


def test_every_tag_is_a_column_and_a_word_of_the_filter(
    library: Library, scanned: Callable[..., ScannedFile]
) -> None:
    library.files.add([scanned("/a.mp3", **TAGS), scanned("/b.mp3", title="Other", artist="Queen; Other")])
    table = library.table()
    for query in (
        "artist = queen and artist = 'david bowie'",
        "composer = queen",
        "isrc = GBUM71029605",
        "musicbrainz_recording_id = 32c7e292",
        "rating >= 4",
        "stars 4..5",
        "play_count > 10",
        "compilation yes",
        "disc_number 2",
        "tag_bpm 113-114",
        "tag_key = D",
        "cover = embedded",
        "has_lyrics yes",
        "lyrics:pressure",
        'lyrics "PRESSURE pushing"',
        "not lyrics love and lyrics ~ down",
    ):
        assert compile_query(query, table).matches().tolist() == [True, False], query
    assert compile_query("has_lyrics no", table).matches().tolist() == [False, True]
    assert compile_query("lyrics:love or lyrics != pushing", table).matches().tolist() == [False, False]
    assert compile_query("lyrics:pushing", table.take(np.array([1]))).matches().tolist() == [False]
    assert compile_query("artist = queen", table).matches().all()
    assert compile_query("grouping = x", table).matches().tolist() == [False, False]


def test_a_track_describes_its_tags(library: Library, scanned: Callable[..., ScannedFile]) -> None:
    (track_id,) = library.files.add([scanned("/a.mp3", **TAGS)])
    track = library.tracks.get(track_id)
    assert track is not None
    described = track.to_dict()
    assert (described["artist"], described["artists"]) == ("Queen & David Bowie", ["Queen", "David Bowie"])
    assert described["album_artists"] == []
    assert described["tags"]["play_count"] == 12 and "lyrics" not in described["tags"]
    assert track.more_tags["lyrics"] == TAGS["lyrics"]


def test_each_artist_is_searched_for(library: Library, scanned: Callable[..., ScannedFile]) -> None:
    library.files.add([scanned("/a.mp3", title="می\u200cخواهم", artist="A & B", artists=("Alpha", "Beta"))])
    for query in ("alpha", "beta", "a & b", "می\u200cخواهم", "میخواهم"):
        assert library.tracks.count(query=query) == 1, query


def test_a_change_of_a_tag_is_a_new_snapshot(library: Library, scanned: Callable[..., ScannedFile]) -> None:
    library.files.add([scanned("/a.mp3", **TAGS)])
    before = library.version()
    library.files.add([scanned("/a.mp3", **TAGS)])
    assert library.version() == before
    library.files.add([scanned("/a.mp3", **TAGS | {"rating": 2.0})])
    assert library.version() != before
