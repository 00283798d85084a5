"""Search by words: what is understood, what comes first, and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from heard_library import HEARD, fill, hear

from workbench import Workbench
from workbench.analysis.sound_tags import BY_NAME
from workbench.errors import PlaylistError
from workbench.playlists.words.word_table import MEANINGS, TRAITS
from workbench.session.search import SearchResult


def titles(found: SearchResult) -> list[str]:
    return found.to_frame()["title"].tolist()


def test_every_part_of_the_table_is_a_sound_tag_or_a_descriptor() -> None:
    for parts in MEANINGS.values():
        for part in parts.split():
            assert part.strip("!") in BY_NAME or (part[-1] in "+-" and part[:-1] in TRAITS), part


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("calm piano without singing", "Nocturne"),
        ("fast piano", "Piano Rag"),
        ("piano with a woman singing", "Ballad"),
        ("a sad ballad, female vocals", "Ballad"),
        ("80s rock with guitars", "Stadium"),
        ("techno in A minor, around 140 bpm", "Warehouse"),
        ("loud instrumental music", "Warehouse"),
        ("no piano, male singer", "Stadium"),
        ("60-70 bpm", "Nocturne"),
        ("slow, not in a major key, under 4 minutes", "Nocturne"),
        ("F major", "Ballad"),
        ("Joplin", "Piano Rag"),
    ],
)
def test_the_track_that_is_meant_comes_first(heard: Workbench, words: str, first: str) -> None:
    found = heard.search(like=words)
    assert titles(found)[0] == first
    assert found.notes == () and found.tracks[0].match > 0.5 and found.tracks[0].reasons


def test_reasons_and_misses_are_in_words_of_a_listener(heard: Workbench) -> None:
    found = heard.search(like="calm slow piano without singing")
    reasons = {title: match.reasons for title, match in zip(titles(found), found.tracks, strict=True)}
    assert reasons["Nocturne"] == ("calm, little energy", "slow (62 BPM)", "piano", "no voice")
    misses = {title: match.misses for title, match in zip(titles(found), found.tracks, strict=True)}
    assert "fast (168 BPM)" in misses["Piano Rag"]
    assert misses["Ballad"] == ("medium energy", "somebody sings")  # it is calm, but that is not enough


def test_a_low_rank_takes_nothing_from_what_a_track_has(tmp_path: Path) -> None:
    with Workbench(tmp_path) as wb:
        fill(wb, heard=False)
        for number in range(len(HEARD)):
            hear(wb, f"{number:032d}", {}, {"piano": 0.6 + number / 20, "no vocals": 0.2 + number / 10})
        found = wb.search(like="piano without singing")
        assert [match.reasons for match in found.tracks] == [("piano", "no voice")] * len(HEARD)
        assert len(wb.search(like="not piano")) == 0


def test_an_unknown_year_comes_before_a_wrong_one(unheard: Workbench) -> None:
    assert titles(unheard.search(like="minor key, 80s"))[0] == "Stadium"
    found = unheard.search(like="minor key, 60s")
    assert titles(found)[-1] == "Stadium" and found.tracks[-1].misses == ("from 1984",)


def test_a_negation_goes_on_after_or(heard: Workbench) -> None:
    found = heard.search(like="no piano or guitar")
    assert titles(found)[0] == "Warehouse" and found.words is not None
    assert found.words.understood == ("no piano", "no guitar")
    assert titles(heard.search(like="without singing and piano"))[0] == "Warehouse"
    assert titles(heard.search(like="no singing, piano"))[0] in ("Nocturne", "Piano Rag")


def test_words_that_are_not_understood_are_reported(heard: Workbench) -> None:
    found = heard.search(like="calm xylophone music")
    assert found.notes == ("Not understood: xylophone.",) and titles(found)[0] == "Nocturne"
    assert "xylophone" in found.notes[0] and "Not understood" in found._repr_html_()
    nothing = heard.search(like="xylophone <b>")
    assert len(nothing) == 0 and "Nothing was understood" in nothing.notes[0]
    assert len(heard.search(like="")) == 0


def test_nothing_that_fits_is_said_too(heard: Workbench) -> None:
    found = heard.search(like="opera with harpsichord, 200 bpm, over 30 minutes, slow")
    assert found.notes[0].startswith("No track fits")


def test_without_networks_tempo_key_loudness_and_energy_count(unheard: Workbench) -> None:
    found = unheard.search(like="slow quiet piano in A minor without singing")
    assert titles(found)[0] == "Nocturne"
    (note,) = found.notes
    assert "piano, singing" in note and "workbench models get" in note
    assert titles(unheard.search(like="rock"))[0] == "Stadium"  # its genre tag says so
    assert titles(unheard.search(like="calm"))[0] == "Nocturne"


def test_a_filter_and_words_go_together(heard: Workbench) -> None:
    assert titles(heard.search("bpm < 100", like="piano")) == ["Nocturne", "Ballad"]
    assert titles(heard.search("piano > 0.5 and voice = none")) == ["Nocturne", "Piano Rag"]
    page = heard.search(like="piano", limit=1, offset=1)
    assert len(page) == 1 and page.total >= 3


def test_described_tracks_have_sound_tags_and_matches(heard: Workbench) -> None:
    (track,) = heard.track.described_matches(heard.search(like="calm piano", limit=1))
    assert track["title"] == "Nocturne" and track["match"] > 0.5 and "piano" in track["reasons"]
    assert track["sound_tags"]["piano"]["value"] > 0.5 and 0 < track["sound_tags"]["piano"]["rank"] <= 1
    assert "guitar" not in track["sound_tags"] and "piano" not in track["tags"]


def test_playlists_say_what_both_tracks_have_and_take_sound_tags(heard: Workbench) -> None:
    (rag,) = (one for one in heard.similar("Nocturne", 4) if one.title == "Piano Rag")
    assert set(rag.explanation["shares"]["sound_tags"]) == {"piano", "no_voice"}
    assert "both: " in rag.explanation["details"] and "no voice" in rag.explanation["details"]
    assert rag.explanation["text"].startswith(("Same piano, distant keys, ", "Nothing sounds closer, "))
    made = heard.playlists.draft("tag_based", tag="instrument", value="piano", size=3, random_state=1)
    assert {track.title for track in made} == {"Nocturne", "Piano Rag", "Ballad"}


def test_methods_that_need_sound_tags_say_what_to_run(unheard: Workbench) -> None:
    with pytest.raises(PlaylistError, match="workbench models get"):
        unheard.playlists.draft("tag_based", tag="mood", size=3)
