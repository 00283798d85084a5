"""Audiobooks, podcasts, sound effects, mixes and very long tracks stay out of playlists unless they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from workbench import Workbench
from workbench.errors import NothingMatchesError
from workbench.playlists import generate, refresh
from workbench.playlists.making.kinds import kind_of, with_kinds
from workbench.store.library.records import FeatureRecord, ScannedFile

MINUTE = 60.0
# genre, minutes, path, kind
TRACKS = [
    ("House", 4, "/a.mp3", "music"),
    ("Symphony", 37, "/mahler 3, first movement.flac", "music"),
    (None, 26, "/beethoven 9, finale.flac", "music"),
    ("Rock; Comedy", 3, "/b.mp3", "music"),
    ("Audiobook", 8, "/c.mp3", "audiobook"),
    ("Fantasy; Hörbuch", 8, "/d.mp3", "audiobook"),
    (None, 30, "/e.M4B", "audiobook"),
    ("Podcast", 2, "/f.mp3", "podcast"),
    ("Sound Effects", 0.1, "/g.wav", "sound effect"),
    ("DJ Mix", 20, "/h.mp3", "mix"),
    ("Trance", 61, "/i.mp3", "long"),
    (None, np.nan, "/j.mp3", "music"),
]
MUSIC = [number for number, track in enumerate(TRACKS, 1) if track[3] == "music"]


@pytest.fixture
def mixed(make_table):
    genres, minutes, paths, _ = zip(*TRACKS, strict=True)
    table = make_table(
        len(TRACKS), genre=genres, path=paths, duration_s=[MINUTE * length for length in minutes]
    )
    return with_kinds(table, long_track_minutes=45)


def test_every_track_has_its_kind(mixed):
    assert mixed["kind"].tolist() == [kind for *_, kind in TRACKS]


@pytest.mark.parametrize(
    "genre",
    [
        "Speech Metal",
        "Live",
        "Ambient",
        "Mixtape",
        "Chamber Music",
        "Spoken",
        "Book",
        "Minimal",
        "Remix",
        "Soundtrack",
        "Hörmusik",
        "Lyd og bok",
        "Русский рок",
        "Audio Bookworm",
        "",
    ],
)
def test_genres_of_music_are_music(genre):
    assert kind_of(genre) is None


@pytest.mark.parametrize(
    ("kind", "genres"),
    [
        (
            "audiobook",
            "Hörbuch|HO\u0308RBU\u0308CHER|Hoerspiel|Kinderhörspiel|Livre audio|Audiolivros|Audiolibri|Luisterboeken",
        ),
        (
            "audiobook",
            "Ljudböcker|Lydbøker|Lydbog|Äänikirjat|Audiobuki|Audioknihy|Hangoskönyv|Słuchowisko|Sesli Kitap",
        ),
        (
            "audiobook",
            "Аудиокниги|Аудіокниги|有声书|オーディオブック|오디오북|Audiobook - Fantasy|Children's Audiobooks|Lesung",
        ),
        (
            "audiobook",
            "Audiobooki|Spoken-Word|Old Time Radio|Märchen|Sách nói|ספרים מוקלטים|كتب صوتية|有声読物|Ηχητικό βιβλίο",
        ),
        ("podcast", "Vodcast|Sprachkurs|Новости|Conference|Guided Meditation"),
        (
            "sound effect",
            "Pink Noise|Nature Sounds|Klingeltöne|Zvukové efekty|Efekty dźwiękowe|Ses efekti|음향 효과",
        ),
        ("podcast", "Podcast|True Crime Podcasts|Подкаст|ポッドキャスト|Vorlesung|News|Interview|Talk"),
        ("mix", "DJ-Set|Radio Show|Live Sets"),
        ("sound effect", "Samples|Drum Loops|Ringtone|Jingles|Test Tones|White Noise"),
        (
            "sound effect",
            "Sound Effects|Geräusche|Bruitages|Efectos de sonido|Звуковые эффекты|効果音|Soundeffekte",
        ),
    ],
)
def test_genres_of_other_languages_are_known(kind, genres):
    for genre in genres.split("|"):
        assert kind_of(genre) == kind, genre


@pytest.mark.parametrize("method", ["random", "similarity", "kmeans", "time_based", "all"])
def test_playlists_have_music_alone_by_default(mixed, method):
    start = {"start": 1} if method == "similarity" else {}
    playlist = generate(mixed, method, size=12, random_state=0, **start)
    assert set(playlist.track_ids) <= set(MUSIC)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"all_kinds": True}, set(range(1, 13))),
        ({"where": "kind != music"}, set(range(1, 13)) - set(MUSIC)),
        ({"where": "kind = podcast or kind = long"}, {8, 11}),
        ({"genres": ["podcast"]}, {8}),
        ({"include": [5]}, {5, *MUSIC}),
    ],
)
def test_who_asks_for_them_gets_them(mixed, asked, wanted):
    playlist = generate(mixed, "random", size=12, random_state=0, **asked)
    assert set(playlist.track_ids) == wanted
    again = refresh(playlist, mixed)
    assert (again.added, again.removed) == ((), ())


def test_a_title_with_the_word_asks_for_nothing(mixed):
    with pytest.raises(NothingMatchesError):
        generate(mixed, "random", where='title ~ "kind of blue"', random_state=0)


def test_a_filter_that_only_they_match_says_how_to_get_them(mixed):
    with pytest.raises(NothingMatchesError, match="1 track of another kind than music would; all_kinds=true"):
        generate(mixed, "random", where="duration > 60:00", random_state=0)


def test_a_library_without_music_still_makes_playlists(make_table):
    table = with_kinds(make_table(3, genre=["Podcast"] * 3), long_track_minutes=45)
    playlist = generate(table, "random", size=3, random_state=0)
    assert len(playlist) == 3
    assert playlist.notes[0]["constraint"] == "all_kinds"


def test_the_setting_says_what_is_long(data_dir):
    with Workbench(data_dir, long_track_minutes=2) as wb:
        for seconds in (119, 120):
            name = str(seconds)
            wb.library.features.save(
                name, FeatureRecord(1, {"duration_s": float(seconds)}, np.ones(2, np.float32), {})
            )
            wb.library.files.add([ScannedFile(f"/{name}.mp3", 1, 1, name)])
        assert wb.tracks["kind"].tolist() == ["music", "long"]
