"""``workbench playlist`` as a user types it, on a library that was analyzed before."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from workbench import Workbench
from workbench.cli.main import main
from workbench.playlists import METHODS, read_playlist_file
from workbench.store.database_pool import DatabasePool
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, ScannedFile

ARGUMENTS = {
    "similarity": ["--start", "5"],
    "cache_based": ["-p", "playlist=[1, 2, 3]"],
    "fingerprint": ["-p", "history=[[1, 3], [2, 1]]"],
    "alchemy": ["-p", "add=3", "-p", "subtract=9"],
    "path": ["--start", "3", "--end", "8"],
    "journey": ["-p", "waypoints=3,8,1"],
    "query": ["-p", "filter=bpm 90-130 and not artist Nobody"],
}


def add_tracks(data_dir, numbers):
    with DatabasePool(data_dir / "library.sqlite3") as pool:
        library = Library(pool)
        library.files.add(
            [
                ScannedFile(
                    f"/music/Artist {n % 5}/{n:03}.flac",
                    1000 + n,
                    n,
                    f"{n:032x}",
                    {"title": f"Title {n}", "artist": f"Artist {n % 5}", "genre": ("House", "Jazz")[n % 2]},
                )
                for n in numbers
            ]
        )
        for n in numbers:
            rng = np.random.default_rng(n)
            scalars = {
                "bpm": float(rng.uniform(80, 160)),
                "loudness_lufs": float(rng.normal(-12, 3)),
                "duration_s": 200.0,
                "camelot": f"{n % 12 + 1}A",
            }
            library.features.save(
                f"{n:032x}", FeatureRecord(1, scalars, rng.normal(size=8).astype("f4"), {}, 1.0)
            )


@pytest.fixture
def run(tmp_path, capsys):
    """Run ``workbench playlist`` on forty tracks: exit code, standard output, standard error."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    add_tracks(data_dir, range(40))

    def call(*arguments):
        capsys.readouterr()
        try:
            code = main(["playlist", *map(str, arguments), "--data-dir", str(data_dir)])
        except SystemExit as exit:
            code = exit.code
        out, err = capsys.readouterr()
        return code, out, err

    call.data_dir = data_dir
    return call


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_answers_one_json_document(run, method):
    code, out, err = run(method, "--size", 6, "--random-state", 4, "--json", *ARGUMENTS.get(method, ()))
    assert (code, err) == (0, "")
    answer = json.loads(out)
    for made in answer["playlists"] if method == "all" else [answer]:
        assert 0 < len(made["tracks"]) <= 6
        assert len(made["tracks"]) == 6 or made["card"]["notes"]
        assert made["random_state"] == 4


def test_what_a_person_reads(run):
    code, out, _ = run("similarity", "--start", 1, "--size", 3, "--random-state", 1, "-p", "max_per_artist=1")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "similarity: 3 tracks, 10:00, random_state 1, kept as 1"
    assert re.fullmatch(
        r"   1  Artist 0 – Title 0: The track you started from",
        lines[1],
    )
    assert re.search(r": (Sounds (much )?alike|Nothing sounds closer), .*(key|apart|away|keys), ", lines[2])
    assert lines[4].startswith("quality   smoother than ") and "random orders; the least smooth" in lines[4]
    assert lines[4].endswith("3 artists")


def test_a_file_that_cannot_be_is_refused_before_a_playlist_is_kept(run, tmp_path):
    mine = tmp_path / "mine.m3u8"
    mine.write_text("mine")
    for out, said in (
        (tmp_path / "x.foo", "no playlist format 'foo'"),
        (mine, "not written by Playlist Workbench"),
        (mine / "x.m3u8", "Not a directory"),
        (tmp_path / ("x" * 300 + ".m3u8"), "name too long"),
    ):
        code, _, err = run("random", "--out", out)
        assert code == 1 and said in err
    assert mine.read_text() == "mine"
    assert json.loads(run("--list", "--json")[1])["total"] == 0
    assert run("all", "--size", 3, "--out", tmp_path / "folder 1.0")[0] == 0
    assert len(list((tmp_path / "folder 1.0").iterdir())) > 5


def test_a_recipe_gives_the_same_bytes_and_a_changed_library_is_reported(run, tmp_path):
    first, again, later = (tmp_path / f"{name}.m3u8" for name in ("first", "again", "later"))
    recipe = tmp_path / "recipe.json"
    _, out, _ = run("kmeans", "--size", 8, "--name", "Weekly", "--out", first, "--json")
    recipe.write_text(out)
    for reference in (recipe, 1, "Weekly"):
        code, out, _ = run("--recipe", reference, "--out", again, "--json")
        assert code == 0
        assert again.read_bytes() == first.read_bytes()
        assert "recipe" not in {note["constraint"] for note in json.loads(out)["card"]["notes"]}
    add_tracks(run.data_dir, range(40, 44))
    code, out, _ = run("--recipe", recipe, "--out", later, "--json")
    [note] = [note for note in json.loads(out)["card"]["notes"] if note["constraint"] == "recipe"]
    assert code == 0
    assert "the library changed" in note["message"]


def test_refresh_shows_the_difference_and_history_is_kept(run):
    run("similarity", "--start", 1, "--size", 10, "--name", "Daily", "--json")
    add_tracks(run.data_dir, range(40, 60))
    code, out, err = run("--refresh", "Daily", "--json")
    refreshed = json.loads(out)["refreshed"]
    assert code == 0
    assert refreshed["added"]
    assert set(refreshed["added"]) <= set(range(41, 61))
    assert len(refreshed["kept"]) + len(refreshed["added"]) == 10
    assert f"{len(refreshed['added'])} added" in err
    _, out, _ = run("--list", "--name", "Daily", "--json")
    assert [kept["id"] for kept in json.loads(out)["playlists"]] == [2, 1]
    code, out, _ = run("--refresh", 1)
    assert code == 0
    assert out.count("added      Artist") == out.count("removed    Artist") == len(refreshed["added"])
    _, out, _ = run("--list")
    assert [line.split()[0] for line in out.splitlines()] == ["3"]
    code, out, _ = run("--compare", 1, 2)
    assert code == 0
    assert out.count("in both") == len(refreshed["kept"])
    assert out.count("only in b  Artist") == len(refreshed["added"])


def test_a_refresh_without_the_music_leaves_list_and_file_alone(run, tmp_path):
    target = tmp_path / "daily.m3u8"
    run("random", "--size", 10, "--name", "Daily", "--out", target)
    before = target.read_bytes()
    with Workbench(run.data_dir) as wb:
        kept = wb.playlists.get("Daily").track_ids
        wb.library.files.mark_missing(
            [track.id for track in wb.track.find().tracks if track.id not in kept[:5]]
        )
    code, _, err = run("--refresh", "Daily", "--out", target)
    assert (code, "10 tracks and would be left with 5" in err) == (1, True)
    with Workbench(run.data_dir) as wb:
        wb.library.files.mark_missing(kept)
    code, _, err = run("--refresh", 1, "--out", target)
    assert (code, "No track of Daily is left" in err) == (1, True)
    assert target.read_bytes() == before


def test_tracks_are_listed_in_every_way_of_typing(run):
    for one, two in (("1", "2,3"), ("[1]", "[2, 3]"), ("Title 0", "Title 1,Title 2")):
        code, out, err = run("random", "--size", 39, "-p", f"include={one}", "-p", f"exclude={two}", "--json")
        tracks = {track["id"] for track in json.loads(out)["tracks"]}
        assert (code, 1 in tracks, tracks & {2, 3}) == (0, True, set()), err


def test_a_folder_of_playlists_and_reading_one_back(run, tmp_path):
    code, out, _ = run("random", "--count", 3, "--size", 5, "--out", tmp_path / "folder", "--json")
    files = sorted((tmp_path / "folder").iterdir())
    assert (code, len(json.loads(out)["playlists"]), len(files)) == (0, 3, 3)
    code, _, _ = run("all", "--size", 4, "--out", tmp_path / "xspf", "--format", "xspf")
    assert (code, {file.suffix for file in (tmp_path / "xspf").iterdir()}) == (0, {".xspf"})
    code, out, _ = run("--read", files[0])
    assert (code, out.splitlines()[-1]) == (0, "5 of 5 are tracks of this library")
    files[0].write_text(files[0].read_text() + "/gone.mp3\n")
    assert run("--read", files[0])[0] == 3


def test_a_playlist_that_is_read_says_how_sure_each_match_is_and_the_doubtful_first(run, tmp_path):
    theirs = tmp_path / "theirs.m3u8"
    theirs.write_text(
        "#EXTM3U\n/music/Artist 2/002.flac\n/music/Artist%201/001.flac\nD:\\Artist 3\\003.flac\n"
        "#EXTINF:200,Artist 4 - Title 4 (Live)\n/elsewhere/live.flac\n/gone.mp3\n"
    )
    code, out, _ = run("--read", theirs)
    assert code == 3
    assert [line[:24].strip() for line in out.splitlines()[:-1]] == [
        "not known",
        "5 by tags (70%)",
        "4 by name (90%)",
        "3 by path (100%)",
        "2 by decoded path (100%)",
    ]
    assert "/elsewhere/live.flac = Artist 4 – Title 4" in out
    entries = json.loads(run("--read", theirs, "--json")[1])["entries"]
    assert [entry["score"] for entry in entries] == [1.0, 1.0, 0.9, 0.7, 0.0]


def test_a_playlist_of_which_nothing_is_known_is_an_error(run, tmp_path):
    (tmp_path / "theirs.m3u8").write_text("/gone.mp3\n")
    assert run("--read", tmp_path / "theirs.m3u8")[0] == 1


def test_prefixes_and_files_of_others(run, tmp_path):
    theirs = tmp_path / "theirs.xspf"
    theirs.write_text("precious")
    code, _, err = run("random", "--size", 4, "--out", theirs)
    assert (code, theirs.read_text()) == (1, "precious")
    assert "--force" in err
    code, _, _ = run("random", "--size", 4, "--out", theirs, "--force", "--prefix", "/music=/media/usb")
    assert code == 0
    assert all(entry.path.startswith("/media/usb/Artist ") for entry in read_playlist_file(theirs))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["similarty", "--start", "1"], 1, "Did you mean similarity"),
        (["random", "-p", "sizes=3"], 1, "Did you mean size"),
        (["random", "--order", "smoth"], 1, "smooth"),
        (["similarity"], 1, "needs start"),
        (["similarity", "--start", "999"], 1, "not a track of this library"),
        (["similarity", "--start", "Title 399"], 1, "Nearest:"),
        (["random", "--size", "0"], 1, "from 1 to 10000"),
        (["random", "--size", "1000000000"], 1, "from 1 to 10000"),
        (["random", "--size", "many"], 2, "invalid int"),
        (["random", "-p", "novalue"], 2, "is not KEY=VALUE"),
        (["random", "--order", "smooth", "-p", "order=none"], 1, "given already"),
        (["random", "-p", "include=1", "-p", "include=2"], 1, "given already"),
        (["random", "-p", "method=kmeans"], 1, "given already"),
        (["random", "-p", "self=1"], 1, "no parameter 'self'"),
        (["random", "-p", "table=1"], 1, "no parameter 'table'"),
        ([], 2, "usage"),
        (["query", "-p", "filter=bpm 100 and kye 8A"], 1, "kye"),
        (["query", "-p", "filter=(bpm 100"], 1, "bracket"),
        (["fingerprint", "-p", "history=/nowhere/plays.csv"], 1, "does not exist"),
        (["path", "--start", "1", "--end", "1"], 1, "same track"),
        (["--recipe", "nothing"], 1, "There is no playlist"),
        (["--compare", "1", "2"], 1, "There is no playlist"),
        (["--read", "/nowhere.m3u8"], 1, "cannot be read"),
        (["random", "--out", "x.doc"], 1, "no playlist format"),
    ],
)
def test_bad_input_is_said_in_words(run, arguments, code, said):
    answer, out, err = run(*arguments)
    assert (answer, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_what_has_an_option_of_its_own_may_also_be_a_parameter(run):
    typed = ("similarity", "--random-state", 1, "--json")
    as_parameters = run(*typed, "-p", "order=ramp_up", "-p", "size=4", "-p", "start=3")
    as_options = run(*typed, "--order", "ramp_up", "--size", 4, "--start", 3)
    tracks = [json.loads(out)["tracks"] for _, out, _ in (as_parameters, as_options)]
    assert tracks[0] == tracks[1]
    assert len(tracks[0]) == 4


def test_a_kept_playlist_is_shown_renamed_and_deleted(run):
    run("random", "--size", 3, "--name", "Night")
    run("random", "--size", 4, "--name", "Night")
    run("random", "--size", 2, "--name", "Day")
    code, out, _ = run("--show", "Night", "--json")
    assert code == 0 and len(json.loads(out)["tracks"]) == 4
    code, _, err = run("--rename", "Night", "--name", "Day")
    assert code == 1 and "There is already a playlist 'Day'" in err
    assert run("--rename", "Night")[0] == 2
    assert run("--rename", "Night", "--name", "Late")[0] == 0
    assert json.loads(run("--list", "--name", "Late", "--json")[1])["total"] == 2
    code, out, _ = run("--delete", "Late")
    assert code == 0 and "Late is deleted (2 versions)" in out
    assert [kept["name"] for kept in json.loads(run("--list", "--json")[1])["playlists"]] == ["Day"]
    assert run("--delete", "Late")[0] == 1


def test_several_playlists_want_a_folder(run, tmp_path):
    code, _, err = run("all", "--size", 2, "--out", tmp_path / "set.m3u8")
    assert code == 1 and "Name a folder" in err
    assert not (tmp_path / "set.m3u8").exists() and json.loads(run("--list", "--json")[1])["total"] == 0
