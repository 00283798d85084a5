from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.store.library.library import Library
from workbench.store.library.plays import Heard, PlayerFacts
from workbench.store.library.records import ScannedFile


def test_plays_count_as_changes_once_and_leave_the_snapshot_of_the_tracks(library: Library) -> None:
    plays = [("a", 1000.0), ("a", 5000.0), ("b", 2000.0)]
    version = library.version()
    assert library.plays.add("lastfm", plays) == 3
    said = library.said()
    assert library.plays.add("lastfm", plays) == 0
    assert library.said() == said
    assert library.plays.add("lastfm", [*plays, ("c", 1.0)]) == 1
    assert library.said() != said
    assert library.version() == version


def test_a_play_that_two_services_noted_counts_once(library: Library) -> None:
    library.plays.add("lastfm", [("a", 1000.0), ("a", 90_000.0)])
    library.plays.add("spotify", [("a", 1240.0)])
    assert library.plays.heard() == {"a": Heard(2, 90_000.0, None, None)}
    library.plays.add("spotify", [("a", 1300.0)])  # twice on one service, one right after the other, is twice
    assert library.plays.heard()["a"].plays == 3


def test_a_track_on_repeat_counts_as_often_as_one_service_noted_it(library: Library) -> None:
    started = [1000.0 + 200 * number for number in range(5)]
    library.plays.add("lastfm", [("a", at) for at in started])
    library.plays.add("spotify", [("a", at + 200) for at in started[:4]])  # Spotify notes the end
    library.plays.add("listenbrainz", [("a", at + 1) for at in started])
    assert library.plays.heard()["a"] == Heard(5, started[-1] + 1, None, None)


def test_a_counter_of_a_player_and_single_plays_are_not_added_up(library: Library) -> None:
    library.plays.add("lastfm", [("a", 1000.0), ("a", 9000.0), ("b", 1.0)])
    assert library.plays.keep_facts("itunes", [("a", PlayerFacts(40, 500.0, 4.0, loved=True))]) == 1
    assert library.plays.keep_facts("navidrome", [("b", PlayerFacts(loved=False))]) == 1
    assert library.plays.heard() == {
        "a": Heard(40, 9000.0, 4.0, loved=True),
        "b": Heard(1, 1.0, None, loved=False),
    }


def test_facts_replace_those_of_the_same_source(library: Library) -> None:
    library.plays.keep_facts("itunes", [("a", PlayerFacts(3, 500.0, 4.0))])
    said = library.said()
    assert library.plays.keep_facts("itunes", [("a", PlayerFacts(3, 500.0, 4.0))]) == 0
    assert library.said() == said
    assert library.plays.keep_facts("itunes", [("a", PlayerFacts(3, 500.0, None))]) == 1
    assert library.plays.heard()["a"].rating is None


def test_sources_are_listed_and_forgotten_one_by_one(library: Library) -> None:
    library.plays.add("lastfm", [("a", 1000.0), ("a", 5000.0), ("b", 2000.0)])
    library.plays.keep_facts("itunes", [("a", PlayerFacts(3)), ("c", PlayerFacts(1))])
    assert [tuple(source) for source in library.plays.sources()] == [
        ("itunes", 0, 0, None, None, 2),
        ("lastfm", 3, 2, 1000.0, 5000.0, 0),
    ]
    assert library.plays.forget("lastfm") == 3
    assert library.plays.forget("lastfm") == 0
    assert [source.source for source in library.plays.sources()] == ["itunes"]


def test_a_file_with_new_tags_keeps_its_plays(library: Library, scanned: Callable[..., ScannedFile]) -> None:
    library.files.add([scanned("/a.mp3", "old")])
    library.plays.add("lastfm", [("old", 1000.0)])
    library.plays.keep_facts("itunes", [("old", PlayerFacts(2))])
    library.carry_over(scanned("/a.mp3", "new"), "old")
    assert library.plays.heard()["new"] == Heard(2, 1000.0, None, None)


PLAY = st.tuples(st.sampled_from("ab"), st.integers(0, 40).map(lambda minutes: minutes * 400.0))
SOURCES = st.sampled_from(["lastfm", "spotify"])


@given(
    changes=st.lists(
        st.one_of(st.tuples(SOURCES, st.lists(PLAY, max_size=4)), SOURCES), min_size=2, max_size=6
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # left over counts too
def test_what_is_counted_after_each_change_is_what_is_counted_anew(
    library: Library, changes: list[tuple[str, list[tuple[str, float]]] | str]
) -> None:
    for change in changes:
        if isinstance(change, str):
            library.plays.forget(change)
        else:
            library.plays.add(*change)
        assert library.plays.heard() == Library(library.pool).plays.heard()
