"""Songs that look like a track and may not be it are doubtful, and those that differ only in writing are matched."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import Workbench
from workbench.media.found_song import FoundSong
from workbench.media.song_paths import places_by_path
from workbench.session.media.song_matching import Matched, match_songs
from workbench.store.library.records import FeatureRecord, ScannedFile


@pytest.mark.parametrize(
    ("theirs", "ours", "prefixes", "places"),
    [
        (["C:\\Music\\A\\x.mp3", "C:\\Music\\B\\y.mp3"], ["/m/A/x.mp3", "/m/B/y.mp3"], {}, [[0], [1]]),
        (["D:\\Musik\\A\\x.mp3"], ["/m/A/x.mp3"], {"/m/": "d:/musik/"}, [[0]]),
        (["\\\\NAS\\Musik\\A\\X.MP3"], ["/m/A/x.mp3"], {"/m": "//nas/musik"}, [[0]]),
        (["\\\\NAS\\Musik\\A\\X.MP3", "//nas/musik/B/y.mp3"], ["/m/A/x.mp3", "/m/B/Y.mp3"], {}, [[0], [1]]),
        (["e:/musik/a/x.mp3"], ["/m/A/x.mp3", "/n/A/x.mp3"], {"/n": "E:\\Musik\\"}, [[1]]),
        (["/a/X/s.mp3", "/a/X/S.mp3"], ["/h/X/S.mp3", "/h/X/s.mp3"], {}, [[1], [0]]),
        (["/a/Ä/u\u0308.mp3", "/a/q/z.mp3"], ["/h/A\u0308/ü.mp3", "/h/q/z.mp3"], {}, [[0], [1]]),
        (["/a/X/1.mp3", "/a/X/2.mp3"], ["/h/X/1.mp3", "/h/X/2.mp3", "/i/X/1.mp3", "/i/X/2.mp3"], {}, [[0, 2], [1, 3]]),
        (["/a/X/1.mp3", "/b/X/1.mp3"], ["/h/X/1.mp3", "/i/X/1.mp3"], {"/h": "/b", "/i": "/a"}, [[1], [0]]),
    ],
    ids=["Windows", "a drive as prefix", "a share as prefix", "shares", "a drive in another case",
          "upper and lower case", "decomposed accents", "two roots", "two prefixes"],
)  # fmt: skip
def test_paths(theirs: list[str], ours: list[str], prefixes: dict[str, str], places: list[list[int]]) -> None:
    assert places_by_path(theirs, ours, prefixes) == places


def matched(wb: Workbench, songs: list[FoundSong]) -> Matched:
    return Matched("home", match_songs(songs, wb.table(), prefixes={}, accepted={}))


def add(wb: Workbench, path: str, content: int, *, duration_s: float = 180.0, **tags: str) -> None:
    wb.library.files.add([ScannedFile(path, 1000, 1, f"{content:032x}", tags)])
    wb.library.features.save(
        f"{content:032x}", FeatureRecord(1, {"duration_s": duration_s}, [0.0] * 8, {}, 1.0)
    )


def test_another_edition_with_the_same_length_is_doubtful(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        add(wb, "/m/1.flac", 1, title="Rain", artist="Zoë", album="Weather")
        titles = ["Rain (Live)", "Rain - 2011 Remaster", "Rain [Demo]", "Rain (feat. Bo)", "Rain"]
        songs = [FoundSong(title, None, title, "Zoë", "Weather", 181.0) for title in titles]
        songs.append(FoundSong("on a live album", None, "Rain", "Zoë", "Live in Rome 1999", 181.0))
        found = matched(wb, songs)
        assert [song.song_id for song in found.sure] == ["Rain (feat. Bo)", "Rain"]
        assert [song.song_id for song in found.doubtful] == [*titles[:3], "on a live album"]


def test_a_path_below_two_folders_is_sure_only_if_one_length_fits(data_dir: Path) -> None:
    with Workbench(data_dir) as wb:
        for number, path in enumerate(("/h/X/1.mp3", "/h/X/2.mp3", "/i/X/1.mp3", "/i/X/2.mp3")):
            add(wb, path, number, duration_s=300.0 if number == 0 else 180.0)
        found = matched(
            wb, [FoundSong(name, f"/srv/X/{name}", duration_s=180.0) for name in ("1.mp3", "2.mp3")]
        )
        assert [(song.song_id, song.track_id) for song in found.sure] == [("1.mp3", 3)]
        assert [song.song_id for song in found.doubtful] == ["2.mp3"]
