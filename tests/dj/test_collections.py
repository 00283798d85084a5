"""Files for DJ programs, read by programs that others wrote."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from signals import click_track, silence

from workbench import PlaylistFileError, Workbench
from workbench.analysis import analyze_file
from workbench.cli.main import main
from workbench.playlists import read_playlist_file
from workbench.store.library.records import FeatureRecord, ScannedFile

CLICKS = {"Steady": (120.0, 0.5), "Fast & <early>": (128.0, 0.21)}
"""Title → tempo and first beat in seconds."""


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Two click tracks, analyzed, and one file that is only known by name; tests only add playlists."""
    folder = tmp_path_factory.mktemp("Clicks & more")
    with Workbench(tmp_path_factory.mktemp("dj")) as wb:
        for number, (title, (bpm, first_s)) in enumerate(CLICKS.items(), 1):
            path = folder / f"0{number} {title.replace('<', '').replace('>', '')} é.wav"
            soundfile.write(path, np.concatenate([silence(first_s), click_track(bpm, 24.0)]), 44100)
            tags = {"title": title, "artist": 'Ann "A"', "genre": "House", "year": 2001, "rating": 4.0}
            add(wb, path, f"{number:032d}", tags)
            wb.library.features.save(f"{number:032d}", analyze_file(path).to_record())
        add(wb, folder / "unknown.mp3", f"{9:032d}", {})
        yield wb


def add(wb: Workbench, path: Path, content: str, tags: dict[str, object]) -> None:
    wb.library.files.add([ScannedFile(str(path), 1000, 1, content, tags)])


@pytest.fixture(scope="module")
def written(wb: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two playlists as Rekordbox XML and as Traktor NML."""
    folder = tmp_path_factory.mktemp("written")
    first = wb.playlists.of_tracks([2, 1])
    second = wb.playlists.from_frame(wb.tracks.loc[[1, 2, 3]], name="All & more")
    for suffix in ("xml", "nml"):
        wb.playlists.save([first, second], folder / f"dj.{suffix}")
    wb.playlists.save(first, folder / "mac.nml", prefix_map={str(folder.parent): "/Volumes/USB/Music"})
    wb.playlists.save(first, folder / "win.nml", prefix_map={"/": "D:\\Music"})
    return folder


@pytest.fixture(scope="module")
def rekordbox(written: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyrekordbox.rbxml import RekordboxXml
    return RekordboxXml(written / "dj.xml")


@pytest.fixture(scope="module")
def traktor(written: Path) -> Any:
    return nml(written / "dj.nml")


def nml(path: Path) -> Any:
    """Read an NML file by the model of traktor-nml-utils, which refuses what Traktor does not write."""
    from traktor_nml_utils.models.collection import Nml
    from xsdata.formats.dataclass.parsers import XmlParser

    return XmlParser().from_path(path, Nml)


def test_rekordbox_gets_tracks_with_paths_tags_and_keys(rekordbox: Any, wb: Workbench) -> None:
    assert rekordbox.num_tracks == 3
    track = rekordbox.get_track(TrackID=2)
    row = wb.tracks.loc[2]
    assert "/" + track.Location == row["path"]  # pyrekordbox drops the first slash, as for drives of Windows
    assert (track.Name, track.Artist, track.Genre, track.Year) == ("Fast & <early>", 'Ann "A"', "House", 2001)
    assert (track.Kind, track.SampleRate, track.TotalTime, track.Rating) == ("WAV File", 44100, 24, 4)
    assert track.AverageBpm == pytest.approx(row["bpm"], abs=0.005)
    assert (track.Tonality or "").rstrip("m") == (row["key"] if isinstance(row["key"], str) else "")
    assert rekordbox.get_track(TrackID=3).Name == "unknown"


def test_rekordbox_gets_playlists_in_order(rekordbox: Any) -> None:
    root = rekordbox.get_playlist()
    assert [node.name for node in root.get_playlists()] == ["Selection of 2", "All & more"]
    assert rekordbox.get_playlist("Selection of 2").get_tracks() == [2, 1]
    assert rekordbox.get_playlist("All & more").get_tracks() == [1, 2, 3]


@pytest.mark.parametrize("number", [1, 2])
def test_the_grid_is_within_20_ms_of_the_clicks(rekordbox: Any, traktor: Any, number: int) -> None:
    bpm, first_s = list(CLICKS.values())[number - 1]
    [tempo] = rekordbox.get_track(TrackID=number).tempos
    assert pytest.approx(bpm, abs=0.02) == tempo.Bpm
    assert (tempo.Metro, tempo.Battito) == ("4/4", 1)
    off = (tempo.Inizio - first_s + 30 / bpm) % (60 / bpm) - 30 / bpm
    assert abs(off) < 0.02
    entry = traktor.collection.entry[number - 1]
    [grid] = [cue for cue in entry.cue_v2 if cue.type == 4]
    assert grid.start == pytest.approx(tempo.Inizio * 1000, abs=1)
    assert entry.tempo.bpm == pytest.approx(bpm, abs=0.1)


def test_the_start_of_the_music_is_the_first_hot_cue(rekordbox: Any, traktor: Any) -> None:
    marks = {mark.Name: mark for mark in rekordbox.get_track(TrackID=1).marks}
    assert marks["Start"].Num == 0
    assert marks["Start"].Start == pytest.approx(0.5, abs=0.05)
    assert {mark.Num for name, mark in marks.items() if name.startswith("Section")} <= {-1}
    [cue] = [cue for cue in traktor.collection.entry[0].cue_v2 if cue.name == "Start"]
    assert (cue.hotcue, cue.start) == (0, pytest.approx(marks["Start"].Start * 1000, abs=1))


def test_traktor_gets_tracks_keys_and_playlists(traktor: Any, wb: Workbench) -> None:
    assert (traktor.version, traktor.collection.entries) == (19, 3)
    entry = traktor.collection.entry[1]
    path = "/" + entry.location.dir.replace("/:", "/").strip("/") + "/" + entry.location.file
    assert path == wb.tracks.loc[2, "path"]
    assert (entry.title, entry.artist, entry.info.ranking) == ("Fast & <early>", 'Ann "A"', 204)
    nodes = traktor.playlists.node.subnodes.node
    assert [node.name for node in nodes] == ["Selection of 2", "All & more"]
    place = entry.location
    assert nodes[0].playlist.entry[0].primarykey.key == place.volume + place.dir + place.file
    assert [node.playlist.entries for node in nodes] == [2, 3]


def test_traktor_paths_name_the_disk(written: Path) -> None:
    drive = nml(written / "win.nml").collection.entry[0].location
    assert (drive.volume, drive.dir[:8]) == ("D:", "/:Music/")
    disk = nml(written / "mac.nml").collection.entry[0].location
    assert disk.volume == "USB"
    assert disk.dir.startswith("/:Music/:")


@pytest.mark.parametrize("suffix", ["xml", "nml"])
def test_what_was_written_is_matched_when_it_is_read(wb: Workbench, written: Path, suffix: str) -> None:
    matches = wb.playlists.read_file(written / f"dj.{suffix}")
    assert [match.track_id for match in matches] == [2, 1, 1, 2, 3]
    assert {match.by for match in matches} <= {"path", "name"}


@pytest.mark.parametrize("name", ["other.xml", "other.nml"])
def test_files_of_other_programs_are_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<html><body/></html>")
    with pytest.raises(PlaylistFileError, match="its root element is 'html'"):
        read_playlist_file(tmp_path / name)
    (tmp_path / name).write_text('<!DOCTYPE a [<!ENTITY b "c">]><NML/>')
    with pytest.raises(PlaylistFileError, match="document type"):
        read_playlist_file(tmp_path / name)


def test_a_collection_that_others_wrote_is_not_overwritten(wb: Workbench, tmp_path: Path) -> None:
    (tmp_path / "mine.xml").write_text('<DJ_PLAYLISTS Version="1.0.0"/>')
    with pytest.raises(PlaylistFileError, match="was not written by"):
        wb.playlists.save(wb.playlists.of_tracks([1]), tmp_path / "mine.xml")
    wb.playlists.save(wb.playlists.of_tracks([1]), tmp_path / "mine.xml", force=True)


def test_a_collection_does_not_shrink_unasked(wb: Workbench, tmp_path: Path) -> None:
    wb.playlists.save(wb.playlists.of_tracks([1, 2, 3]), tmp_path / "mine.nml")
    with pytest.raises(PlaylistFileError, match="3 tracks and would be left with 1"):
        wb.playlists.save(wb.playlists.of_tracks([1]), tmp_path / "mine.nml")


def test_a_playlist_alone_says_how_it_is_written(wb: Workbench, tmp_path: Path) -> None:
    with pytest.raises(PlaylistFileError, match=r"wb\.playlists\.save"):
        wb.playlists.of_tracks([1]).save(tmp_path / "x.xml")
    assert not (tmp_path / "x.xml").exists()


def test_the_command_writes_several_playlists_into_one_file(
    wb: Workbench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["playlist", "random", "--count", "2", "--size", "1", "--random-state", "1"]
    file = tmp_path / "two.xml"
    assert main([*words, "--out", str(file), "--data-dir", str(wb.settings.data_dir)]) == 0
    assert capsys.readouterr().out.count(str(file)) == 2
    assert len(wb.playlists.read_file(file)) == 2


NAMES = ("A+B #1 100% & 'x' (y) [z]; ß 日本.mp3", "Bob/e\u0301 = @.flac")


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Workbench]:
    """Files below ``/m`` whose names are odd in URIs."""
    with Workbench(tmp_path / "data") as wb:
        for number, name in enumerate(NAMES):
            add(wb, Path("/m") / name, f"{number:032d}", {})
        yield wb


@pytest.mark.parametrize(
    ("there", "uri", "volume", "folder"),
    [
        ("/Users/me/Music", "file://localhost/Users/me/Music/", "Macintosh HD", "/:Users/:me/:Music/:"),
        ("D:\\Music", "file://localhost/D:/Music/", "D:", "/:Music/:"),
        ("d:/My Music", "file://localhost/d:/My%20Music/", "d:", "/:My Music/:"),
        ("\\\\NAS\\Müsic\\x", "file://localhost//NAS/M%C3%BCsic/x/", "\\\\NAS\\Müsic", "/:x/:"),
        ("//nas/music", "file://localhost//nas/music/", "\\\\nas\\music", "/:"),
    ],
)
def test_paths_of_every_system_are_read_by_the_programs_and_come_back(
    named: Workbench, tmp_path: Path, there: str, uri: str, volume: str, folder: str
) -> None:
    from pyrekordbox.rbxml import RekordboxXml

    for suffix in ("xml", "nml"):
        named.export(tmp_path / f"dj.{suffix}", prefix_map={"/m": there})
    tracks = ElementTree.parse(tmp_path / "dj.xml").findall("COLLECTION/TRACK")
    written = [track.get("Location", "") for track in tracks]
    assert all(one.startswith(uri) for one in written)
    assert not any(set(one.removeprefix(uri)) & set("+#&';[]=@ ") for one in written)
    read = [track.Location for track in RekordboxXml(tmp_path / "dj.xml").get_tracks()]
    root = there.replace("\\", "/").removeprefix("/")  # pyrekordbox takes the first slash for one of the URI
    assert read == [f"{root}/{name}" for name in NAMES]
    places = [entry.location for entry in nml(tmp_path / "dj.nml").collection.entry]
    assert {place.volume for place in places} == {volume}
    assert [(place.dir, place.file) for place in places] == [
        (folder, NAMES[0]),
        (f"{folder}Bob/:", NAMES[1][4:]),
    ]
    for suffix in ("xml", "nml"):
        matches = named.playlists.read_file(tmp_path / f"dj.{suffix}")
        assert [match.track_id for match in matches] == [1, 2]
        assert [(match.entry.path or "").replace("\\", "/") for match in matches] == [
            f"{there}/{name}".replace("\\", "/") for name in NAMES
        ]


OPEN_KEYS = {"d": ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"],
             "m": ["A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F", "C", "G", "D"]}  # fmt: skip
SEMITONES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


def test_keys_tempos_and_what_is_missing(tmp_path: Path) -> None:
    keys = [(key, scale) for scale in ("major", "minor") for key in SEMITONES]
    waltz = np.concatenate([np.arange(30) * 0.6, 18.0 + np.arange(60) * 0.5])  # 100, then 120 BPM
    with Workbench(tmp_path / "data") as wb:
        for number, (key, scale) in enumerate(keys):
            add(wb, tmp_path / f"{number}.mp3", f"{number:032d}", {"title": key + scale})
            facts = {"key": key, "scale": scale, "duration_s": 48.6, "bpm": 110.0, "time_signature": 3.0}
            series = {"beats_s": waltz} if number == 0 else {}
            wb.library.features.save(f"{number:032d}", FeatureRecord(1, facts, np.ones(4, "f4"), series))
        wb.library.files.mark_missing([2])
        for suffix in ("xml", "nml"):
            wb.export(tmp_path / f"all.{suffix}")
    tracks = {
        track.get("Name"): track
        for track in ElementTree.parse(tmp_path / "all.xml").iter("TRACK")
        if track.get("Name")
    }
    assert len(tracks) == 23 and "C#major" not in tracks
    for name, track in tracks.items():
        tonic, minor = name[:-5], name.endswith("minor")
        flats = {"D#": "Eb", "A#": "Bb"} if minor else {"C#": "Db", "D#": "Eb", "G#": "Ab", "A#": "Bb"}
        assert track.get("Tonality") == flats.get(tonic, tonic) + "m" * minor
        assert track.get("TotalTime") == "49"
    tempos = [dict(tempo.attrib) for tempo in tracks["Cmajor"].iter("TEMPO")]
    assert [(tempo["Bpm"], tempo["Metro"], tempo["Battito"]) for tempo in tempos] == [
        ("100.00", "3/4", "1"),
        ("120.00", "3/4", "2"),
    ]
    assert [tempo["Inizio"] for tempo in tempos] == ["0.000", "18.500"]
    assert tracks["Dmajor"].find("TEMPO") is None
    for entry in nml(tmp_path / "all.nml").collection.entry:
        key, scale = entry.title[:-5], entry.title[-5:]
        assert entry.musical_key.value_attribute == SEMITONES.index(key) + 12 * (scale == "minor")
        letter = "m" if scale == "minor" else "d"
        assert entry.info.key == f"{OPEN_KEYS[letter].index(key) + 1}{letter}"
        assert entry.info.playtime == 49
        assert sum(cue.type == 4 for cue in entry.cue_v2) == (2 if entry.title == "Cmajor" else 0)


ODD = ("a\x00b", "\x1b[31m", "\ufffe", "<&\"'>", "]]>", "line\nbreak", "e\u0301", "&#0;", "x" * 5000)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Tracks with odd names and tags, and some whose analysis found little or nothing."""
    with Workbench(tmp_path_factory.mktemp("odd")) as wb:
        for number, text in enumerate(ODD):
            name = text.replace("\x00", "")[:200]
            tags = dict.fromkeys(("title", "artist", "album", "genre", "comment"), text)
            add(wb, Path(f"/m/{name}.mp3"), f"{number:032d}", tags)
        add(wb, Path("/m/not analyzed.mp3"), f"{50:032d}", {})
        known: dict[int, dict[str, Any]] = {
            51: {"bpm": 100.0}, 52: {"duration_s": 60.0},
            53: {"bpm": np.nan, "duration_s": np.inf, "key": "G#", "scale": None},
        }  # fmt: skip
        for number, values in known.items():
            add(wb, Path(f"/m/{number}.mp3"), f"{number:032d}", {})
            beats = {"beats_s": np.array([1.0, 1.0, 1.0, 1.0, np.nan])}
            wb.library.features.save(f"{number:032d}", FeatureRecord(1, values, np.ones(4, "f4"), beats))
        yield wb


@pytest.mark.parametrize("there", ["/m", "D:\\Music", "/Volumes/U S&B"])
def test_odd_names_and_gaps_are_written_as_the_programs_read_them(
    odd: Workbench, tmp_path: Path, there: str
) -> None:
    from pyrekordbox.rbxml import PositionMark, RekordboxXml, Tempo, Track

    made = odd.playlists.from_frame(odd.tracks.iloc[:9], name="<&>\x1b\n\ud800")
    for suffix in ("xml", "nml"):
        odd.export(tmp_path / f"all.{suffix}", prefix_map={"/m": there})
        odd.playlists.save(made, tmp_path / f"one.{suffix}", prefix_map={"/m": there})
    assert RekordboxXml(tmp_path / "all.xml").num_tracks == len(odd.tracks) == len(ODD) + 4
    known = {kind.TAG: set(kind.ATTRIBS) for kind in (Track, Tempo, PositionMark)}
    for element in ElementTree.parse(tmp_path / "all.xml").iterfind("COLLECTION//*"):
        assert set(element.attrib) <= known[element.tag]
        assert not {"nan", "inf", "None"} & set(element.attrib.values())
    places = [entry.location for entry in nml(tmp_path / "all.nml").collection.entry]
    assert all(place.file.endswith(".mp3") for place in places)
    assert {place.volume for place in places} == {
        {"/m": "Macintosh HD", "D:\\Music": "D:"}.get(there, "U S&B")
    }
    assert nml(tmp_path / "one.nml").playlists.node.subnodes.node[0].playlist.entries == 9
