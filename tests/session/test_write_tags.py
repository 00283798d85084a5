"""What the library knows is written into files, the library stays up to date, and everything can be undone."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import mutagen
import numpy as np
import pytest
from encoding import encode_file, sound_of
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.mp4 import MP4

from workbench import Workbench
from workbench.analysis.features import VERSION
from workbench.audio.fingerprint import content_hash
from workbench.audio.tags import read_tags
from workbench.audio.tags.writing import read_fields, write_fields
from workbench.cli.main import main
from workbench.errors import LibraryPathError, QuerySyntaxError, TagsError, TagsStoppedError
from workbench.session.tags.changes import says
from workbench.session.tags.journal import Entry, Journal, entries, only_one
from workbench.session.tags.recovery import scanned
from workbench.store.library.records import Embedding, FeatureRecord, Prediction

FORMATS = ("mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff", "wv", "ape", "wma")
KNOWN = {
    "bpm": 124.07,
    "bpm_confidence": 0.9,
    "key": "A",
    "scale": "minor",
    "camelot": "8A",
    "open_key": "1m",
    "replay_gain_db": -7.3,
    "true_peak_dbtp": -0.5,
    "danceability": 1.25,
}

Add = Callable[..., Path]


@pytest.fixture
def wb(data_dir: Path) -> Iterator[Workbench]:
    with Workbench(data_dir, async_workers=1) as wb:
        yield wb


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def record(wb: Workbench, path: Path, **known: object) -> None:
    """Let the library know a file and its features."""
    content = content_hash(path)
    histogram = known.pop("histogram", np.array([[-10.7, 100]]))
    values = KNOWN | known
    series = {} if histogram is None else {"loudness_histogram": np.asarray(histogram, np.float32)}
    wb.library.features.save(content, FeatureRecord(VERSION, values, np.ones(3, "f4"), series))
    wb.library.files.add([scanned(str(path), content)])


@pytest.fixture
def add(wb: Workbench, music: Path) -> Add:
    """Add an analyzed file with some tags to the library; all other values are of its features."""

    def write(name: str, tags: dict[str, str] | None = None, **known: object) -> Path:
        samples = (
            np.random.default_rng(zlib.crc32(name.encode())).normal(0, 0.1, (24_000, 2)).astype(np.float32)
        )
        path = encode_file(music / name, samples, 48_000)
        if tags:
            file = mutagen.File(path)
            file.update(tags)
            file.save()
        record(wb, path, **known)
        return path

    return write


def test_tags_by_hand_are_shown_then_written_and_stay_the_users(wb: Workbench, add: Add) -> None:
    files = {format: add(f"x.{format}") for format in FORMATS}
    ids = {Path(track.path): track.id for track in wb.library.tracks.select()}
    plan = wb.tags.plan_by_hand(*ids.values(), artist="Ann Lee", genre="Ambient", mood="")
    assert len(plan) == len(FORMATS) and read_tags(files["mp3"]).artist is None
    assert {file.problem for file in wb.tags.write(plan)} == {None}
    for path in files.values():
        assert (read_tags(path).artist, read_tags(path).genre) == ("Ann Lee", "Ambient")
    assert not wb.tags.plan_by_hand(*ids.values(), artist="Ann Lee").files[0].changes
    assert not wb.library.written_tags.all(), "later plans must not replace what the user wrote"
    wb.tags.restore()
    assert {read_tags(path).artist for path in files.values()} == {None}
    for wrong in ({"tempo": "1"}, {"genre": "x", "id": 99_999}):
        with pytest.raises(TagsError):
            wb.tags.plan_by_hand(wrong.pop("id", ids[files["mp3"]]), **wrong)


def written(wb: Workbench, *paths: Path, **how: object) -> dict[str, str | None]:
    """Write, and return the problem of each file by its name."""
    return {Path(f.path).name: f.problem for f in wb.tags.write(wb.tags.plan(*paths, **how))}


def changes(wb: Workbench, **how: object) -> dict[str, dict[str, tuple[object, object]]]:
    """Return what is planned: by file and field, the old and the new value."""
    plan = wb.tags.plan(**how)
    return {Path(f.path).name: {c.field: (c.old, c.new) for c in f.changes} for f in plan.files}


def test_a_file_whose_name_is_not_utf8_is_written_and_put_back(wb: Workbench, add: Add, music: Path) -> None:
    plain = add("x.flac")
    path = plain.rename(music / os.fsdecode(b"caf\xe9.flac"))
    before = path.read_bytes()
    record(wb, path)
    assert written(wb, path) == {path.name: None}
    assert FLAC(os.fsencode(path))["bpm"] == ["124.07"]
    wb.tags.restore()
    assert path.read_bytes() == before


def test_every_format_is_written_and_put_back_byte_for_byte(wb: Workbench, add: Add) -> None:
    files = {format: add(f"x.{format}") for format in FORMATS}
    for path in files.values():
        os.utime(path, ns=(10**18, 10**18))
        record(wb, path)
    before = {path: path.read_bytes() for path in files.values()}
    sound = {path: sound_of(path)[1] for path in files.values()}
    ids = {track.path: track.id for track in wb.library.tracks.select()}
    wb.library.models.save_embeddings(
        [Embedding(content_hash(files["mp3"]), "m", "1", "ab", np.ones(3, "f4"))]
    )
    wb.ratings.rate(ids[str(files["mp3"])], 1)

    assert len(wb.tags.plan()) == len(FORMATS)
    assert {path: path.read_bytes() for path in files.values()} == before
    assert set(written(wb).values()) == {None}

    for format, path in files.items():
        assert sound_of(path)[1] == sound[path]
        tags, track = read_tags(path), wb.track(ids[str(path)])
        assert tags.tag_bpm == pytest.approx(124, abs=0.1) and tags.tag_key == "Am"
        assert tags.tag_gain_db == pytest.approx(-7.3, abs=0.005)
        assert tags.tag_peak == (None if format == "opus" else pytest.approx(10 ** (-0.5 / 20), abs=1e-6))
        assert (track.status, track.content_hash, track.path) == ("analyzed", content_hash(path), str(path))
        assert track.more_tags["tag_key"] == "Am"
    assert not wb.analyze.plan(*files.values()).reasons and not wb.tags.plan().files
    assert wb.library.models.embeddings("m")[0] == [content_hash(files["mp3"])]
    assert wb.ratings.of(ids[str(files["mp3"])]) == 1
    assert wb.library.maintenance.info()["features"]["total"] == len(
        FORMATS
    )  # none is left of the old contents

    (backup,) = wb.tags.backups()
    assert (backup.files, backup.fields) == (10, ("bpm", "key", "track_gain", "track_peak"))
    assert {file.problem for file in wb.tags.restore(backup.name)} == {None}
    assert {path: path.read_bytes() for path in files.values()} == before
    assert all(path.stat().st_mtime_ns == 10**18 for path in files.values())
    assert not wb.analyze.plan(*files.values()).reasons
    assert wb.track(ids[str(files["mp3"])]).more_tags.get("tag_key") is None
    assert len(wb.tags.plan()) == len(FORMATS)
    assert not [path for path in files["mp3"].parent.iterdir() if path.name.startswith(".")]
    assert sum(path.stat().st_size for path in wb.tags.folder.iterdir()) < 60_000

    wb.tags.restore()  # the last run put the files back: this undoes it
    assert read_tags(files["ape"]).tag_key == "Am"


OLD = {"bpm": 77.0, "key": "Cm", "mood": "sad", "genre": "Polka", "track_gain": 1.0, "track_peak": 0.5}
NEW = {
    "bpm": 124.07,
    "key": "Am",
    "mood": "happy",
    "genre": "Dub",
    "track_gain": -7.3,
    "track_peak": 10 ** (-0.5 / 20),
}
WRITTEN_BY = {field: (field,) for field in ("bpm", "key", "mood", "genre")} | {
    "replaygain": ("track_gain", "track_peak")
}


def test_only_the_named_fields_change(wb: Workbench, add: Add) -> None:
    seed = np.random.SeedSequence().entropy
    print("seed", seed)  # shown if it fails
    choice = np.random.default_rng(seed)
    for format in choice.choice(FORMATS, 4, replace=False).tolist():
        path = add(f"x.{format}", {} if format in ("mp3", "wav", "aiff", "m4a") else {"Title": "Own"})
        write_fields(path, OLD | {"artist": "Ann"})
        record(wb, path)
        scores = {"tagger:genre": {"Dub": 0.9, "Pop": 0.1}, "mood_happy-x": {"happy": 0.9}}
        wb.library.models.save_predictions(
            [Prediction(content_hash(path), model, "1", "ab", said) for model, said in scores.items()]
        )
        fields = [field for field in WRITTEN_BY if choice.random() < 0.5] or ["mood"]
        named = {name for field in fields for name in WRITTEN_BY[field]}
        before, sound = path.read_bytes(), sound_of(path)[1]
        said, others = read_fields(str(path), [*OLD, "album_gain", "album_peak"]), read_tags(path)

        assert written(wb, path, fields=fields, overwrite=True) == {path.name: None}

        now = read_fields(str(path), [*OLD, "album_gain", "album_peak"])
        assert now.keys() == said.keys(), (format, fields)
        for field, texts in now.items():
            assert says(field, texts[0], NEW[field]) == (field in named), (format, fields)
            assert field in named or texts == said[field], (format, fields)
        assert (read_tags(path).artist, read_tags(path).title) == (others.artist, others.title)
        assert sound_of(path)[1] == sound
        assert [file.problem for file in wb.tags.restore("last")] == [None]
        assert path.read_bytes() == before, (format, fields)


def test_values_of_the_users_stay_and_ours_follow_the_analysis(wb: Workbench, add: Add) -> None:
    path = add("x.flac", {"BPM": "62", "INITIALKEY": "11B", "Title": "A"})
    plan = wb.tags.plan()
    assert [(one.field, one.old, one.new) for one in plan.files[0].kept] == [
        ("bpm", "62", 124.07),
        ("key", "11B", "Am"),
    ]
    written(wb)
    assert (FLAC(path)["bpm"], FLAC(path)["initialkey"]) == (["62"], ["11B"])

    assert changes(wb, overwrite=True)["x.flac"] == {"bpm": ("62", 124.07), "key": ("11B", "Am")}
    written(wb, overwrite=True)
    assert (FLAC(path)["bpm"], FLAC(path)["key"], FLAC(path)["title"]) == (["124.07"], ["Am"], ["A"])

    record(wb, path, bpm=125.0)  # a better analysis
    assert changes(wb)["x.flac"] == {"bpm": ("124.07", 125.0)}
    file = FLAC(path)
    file["bpm"] = "99"  # and the user knows better still
    file.save()
    record(wb, path, bpm=125.0)
    assert changes(wb) == {"x.flac": {}}


def test_a_value_of_the_users_stays_in_any_place_where_the_field_is_written(wb: Workbench, add: Add) -> None:
    vorbis, both = add("x.flac"), add("x.mp3")
    written(wb)
    file = FLAC(vorbis)
    file["KEY"] = "11B"
    file.save()
    items = APEv2()
    items["BPM"] = "62"
    items.save(both)
    for path in (vorbis, both):
        record(wb, path, bpm=140.0, key="C", camelot="5A")
    kept = {one.path: [(c.field, c.old) for c in one.kept] for one in wb.tags.plan().files}
    assert kept == {str(vorbis): [("key", "11B")], str(both): [("bpm", "62")]}
    written(wb)
    assert (FLAC(vorbis)["key"], str(APEv2(both)["BPM"])) == (["11B"], "62")


def test_a_tempo_of_0_is_no_value_of_the_users(wb: Workbench, add: Add) -> None:
    add("x.flac", {"BPM": "0"})
    atoms = add("x.m4a")
    file = MP4(atoms)
    file["tmpo"] = [0]  # as iTunes writes it
    file.save()
    record(wb, atoms)
    assert {name: one["bpm"] for name, one in changes(wb).items()} == dict.fromkeys(
        ("x.flac", "x.m4a"), (None, 124.07)
    )


def test_keys_are_written_as_asked(wb: Workbench, add: Add) -> None:
    add("minor.flac")
    add("major.flac", key="F#", scale="major", camelot="2B", open_key="7d")
    add("none.flac", key=None, scale=None, camelot=None, open_key=None, bpm=None)
    for how, minor, major in (("name", "Am", "F#"), ("camelot", "8A", "2B"), ("openkey", "1m", "7d")):
        planned = changes(wb, key=how, fields=["key"])
        assert planned == {"minor.flac": {"key": (None, minor)}, "major.flac": {"key": (None, major)}}


def test_the_gain_of_an_album_is_measured_over_all_its_moments(wb: Workbench, add: Add) -> None:
    album = {"Album": "A", "AlbumArtist": "B"}
    add("loud.flac", album, histogram=[[-10, 300]], true_peak_dbtp=-1.0)
    add("quiet.flac", album, histogram=[[-17, 300], [-60, 500]], true_peak_dbtp=-6.0)
    add("other.flac", {"Album": "Other"}, histogram=None)
    add("alone.flac")

    planned = changes(wb, fields=["replaygain"], where="title = quiet or title = other or title = alone")
    mean = 10 * np.log10((10**-1.0 + 10**-1.7) / 2)  # the moments at -60 are far below the gate
    assert planned["quiet.flac"]["album_gain"] == (None, pytest.approx(-18 - mean))
    assert planned["quiet.flac"]["album_peak"] == (None, pytest.approx(10 ** (-1 / 20)))
    assert planned["other.flac"].keys() == planned["alone.flac"].keys() == {"track_gain", "track_peak"}
    (note,) = wb.tags.plan(fields=["replaygain"]).notes
    assert note.startswith("Other: no album gain") and "workbench analyze" in note


def test_the_discs_of_an_album_belong_together(wb: Workbench, add: Add, music: Path) -> None:
    for disc in ("CD1", "CD 2"):
        (music / disc).mkdir()
    one = add("CD1/x.flac", {"Album": "A"}, histogram=[[-10, 100]])
    add("CD 2/x.flac", {"Album": "A"}, histogram=[[-20, 100]])
    gain = next(c.new for c in wb.tags.plan(one).files[0].changes if c.field == "album_gain")
    assert gain == pytest.approx(-18 - 10 * np.log10((10**-1.0 + 10**-2.0) / 2))


def test_moods_and_genres_are_those_that_were_predicted(wb: Workbench, add: Add) -> None:
    sure, unsure = add("sure.flac"), add("unsure.flac", bpm=90.0)
    with pytest.raises(TagsError, match="No mood has been predicted"):
        wb.tags.plan(fields=["mood"])
    with pytest.raises(TagsError, match="tagger apply"):
        wb.tags.plan(fields=["genre"])
    wb.library.models.save_predictions(
        [Prediction(content_hash(sure), "mood_happy-x", "1", "ab", {"happy": 0.1})]
    )
    with pytest.raises(TagsError, match="No mood has been predicted"):
        wb.tags.plan(fields=["mood"])  # the column is there, but empty
    for path, probability in ((sure, 0.9), (unsure, 0.6)):
        scores = {"Dub Techno": probability, "Pop": 1 - probability}
        wb.library.models.save_predictions(
            [
                Prediction(content_hash(path), "tagger:genre", "1", "ab", scores),
                Prediction(content_hash(path), "mood_happy-x", "1", "ab", {"happy": probability}),
            ]
        )
    assert changes(wb, fields=["genre"]) == {"sure.flac": {"genre": (None, "Dub Techno")}}
    assert changes(wb, fields=["mood", "genre"], minimum_probability=0.5)["unsure.flac"] == {
        "mood": (None, "happy"),
        "genre": (None, "Dub Techno"),
    }
    written(wb, fields=["genre"])
    assert wb.tagger.labels("genre") == {}  # a tagger does not learn from what it said
    assert wb.track(str(sure)).genre == "Dub Techno"


def test_other_fields_get_a_prefix(wb: Workbench, add: Add) -> None:
    path = add("x.flac")
    written(wb, fields=["danceability", "bpm_confidence"])
    assert FLAC(path)["workbench_danceability"] == ["1.25"]
    for wrong in ("title", "nonsense", "path"):
        with pytest.raises(TagsError, match=f"no field '{wrong}'.*danceability"):
            wb.tags.plan(fields=[wrong])
    with pytest.raises(TagsError, match="camelot"):
        wb.tags.plan(key="german")
    with pytest.raises(TagsError, match="No field was named"):
        wb.tags.plan(fields=[])


def test_only_the_tracks_that_are_asked_for(wb: Workbench, add: Add, music: Path) -> None:
    (music / "a").mkdir()
    (music / "ab").mkdir()
    one = add("a/1.flac")
    add("ab/2.flac", bpm=90.0)
    assert [file.path for file in wb.tags.plan(music / "a").files] == [str(one)]
    assert [file.path for file in wb.tags.plan(where="bpm > 100").files] == [str(one)]
    with pytest.raises(LibraryPathError, match="workbench analyze"):
        wb.tags.plan(music / "b")
    with pytest.raises(QuerySyntaxError):
        wb.tags.plan(where="bpm >")


def test_links_owner_mode_and_attributes_stay(wb: Workbench, add: Add, music: Path) -> None:
    plain, linked = add("plain.flac"), add("linked.flac", bpm=99.0)
    other, link = music / "other.flac", music / "link.flac"
    os.link(linked, other)
    link.symlink_to(plain)
    for path in (linked, other, link):
        record(wb, path)
    plain.chmod(0o640)
    try:
        os.setxattr(plain, "user.note", b"kept")
        attributes = {"user.note": b"kept"}
    except OSError:  # not on this file system
        attributes = {}
    if os.geteuid() == 0:
        os.chown(plain, 12345, 23456)
    owner, inode = (plain.stat().st_uid, plain.stat().st_gid), linked.stat().st_ino

    assert written(wb) == dict.fromkeys(("plain.flac", "linked.flac", "other.flac", "link.flac"))

    assert link.is_symlink() and other.stat().st_ino == linked.stat().st_ino == inode
    assert all(read_tags(path).tag_key == "Am" for path in (plain, linked, other, link))
    assert (plain.stat().st_mode & 0o777, plain.stat().st_uid, plain.stat().st_gid) == (0o640, *owner)
    assert {name: os.getxattr(plain, name) for name in os.listxattr(plain)} == attributes
    assert not wb.analyze.plan(music).reasons and not wb.tags.plan().files


def test_bad_files_are_reported_and_the_others_written(wb: Workbench, add: Add, music: Path) -> None:
    names = ("damaged.flac", "changed.flac", "gone.flac", "good.flac", "read-only.flac", "x.mka")
    files = {name: add(name) for name in names}
    plan = wb.tags.plan()
    files["read-only.flac"].chmod(0o444)
    files["gone.flac"].unlink()
    with files["changed.flac"].open("ab") as file:
        file.write(b"\0\0")
    files["damaged.flac"].write_bytes(b"fLaC" + bytes(100))
    record(wb, files["damaged.flac"])
    before = {path: path.read_bytes() for path in files.values() if path.exists()}

    problems = {Path(file.path).name: file.problem for file in wb.tags.write(plan)}

    assert problems.pop("good.flac") is None
    assert "read-only" in problems["read-only.flac"] and "chmod" in problems["read-only.flac"]
    assert "has changed since" in problems["changed.flac"] and "workbench analyze" in problems["changed.flac"]
    assert "format" in problems["x.mka"]
    assert all(problem and name in problem for name, problem in problems.items())
    assert {path: path.read_bytes() for path in before if path.name != "good.flac"} == {
        path: data for path, data in before.items() if path.name != "good.flac"
    }
    assert sorted(path.name for path in music.iterdir()) == sorted(set(names) - {"gone.flac"})
    assert [backup.files for backup in wb.tags.backups()] == [1]


def test_a_file_that_the_system_locks_is_reported_with_how_to_unlock_it(wb: Workbench, add: Add) -> None:
    path = add("locked.flac")
    before = path.read_bytes()
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("chattr does not work here: it needs root and a file system that has the flag")
    try:
        (written,) = wb.tags.write(wb.tags.plan())
    finally:
        subprocess.run(["chattr", "-i", path], check=True)
    assert "is locked against changes" in str(written.problem) and "chattr -i" in str(written.problem)
    assert path.read_bytes() == before


def test_a_file_that_was_changed_since_is_not_restored(wb: Workbench, add: Add) -> None:
    changed, other = add("changed.flac"), add("other.flac", bpm=90.0)
    original = other.read_bytes()
    written(wb)
    file = FLAC(changed)
    file["title"] = "New"
    file.save()
    problems = {Path(file.path).name: file.problem for file in wb.tags.restore("last")}
    assert problems["other.flac"] is None and other.read_bytes() == original
    assert "has changed since its tags were written" in str(problems["changed.flac"])
    assert FLAC(changed)["title"] == ["New"]


@contextmanager
def no_file_above(size_bytes: int) -> Iterator[None]:
    """Let writing fail as on a full disk."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def test_when_the_library_cannot_be_written_no_more_files_are(
    wb: Workbench, add: Add, music: Path, data_dir: Path
) -> None:
    files = [add(f"{number}.mp3") for number in range(8)]
    before = [path.read_bytes() for path in files]
    plan = wb.tags.plan()
    room = max(map(len, before)) + (data_dir / "library.sqlite3-wal").stat().st_size + 20_000
    with no_file_above(room), pytest.raises(TagsStoppedError, match="the library cannot note it") as stopped:
        wb.tags.write(plan)
    changed = [path for path, old in zip(files, before, strict=True) if path.read_bytes() != old]
    assert changed and str(changed[-1]) in stopped.value.message and changed != files
    assert not wb.analyze.plan(music).reasons
    assert [wb.track(str(path)).content_hash for path in files] == [content_hash(path) for path in files]
    assert {file.problem for file in wb.tags.restore("last")} == {None}
    assert [path.read_bytes() for path in files] == before
    assert sorted(music.iterdir()) == files


def test_a_backup_that_cannot_be_written_stays_readable(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    entry = Entry(
        1, "/m/a.mp3", "a", "b", "c", "/m/.a/a.mp3",
        in_place=False, mtime_ns=0, fields={"bpm": None}, written={"bpm": 1.0}, undo=b"undo",
    )  # fmt: skip
    journal.add(entry)
    with (
        no_file_above(journal.path.stat().st_size + 50),
        pytest.raises(TagsStoppedError, match="File too large"),
    ):
        journal.copying(Path("/m/.b/b.mp3"))
        journal.add(entry)
    journal.close()
    assert list(entries(journal.path)) == [entry]


def test_a_file_that_was_moved_since_is_restored_where_it_is_now(
    wb: Workbench, add: Add, music: Path
) -> None:
    moved, gone = add("moved.flac"), add("gone.flac", bpm=90.0)
    original = moved.read_bytes()
    written(wb)
    moved = moved.rename(music / "elsewhere.flac")
    record(wb, moved)
    gone.unlink()
    assert {Path(file.path).name: bool(file.problem) for file in wb.tags.restore()} == {
        "elsewhere.flac": False, "gone.flac": True
    }  # fmt: skip
    assert moved.read_bytes() == original


def test_only_one_process_writes_at_a_time(wb: Workbench, add: Add) -> None:
    add("x.flac")
    plan = wb.tags.plan()
    with only_one(wb.tags.folder), pytest.raises(TagsError, match="Another process"):
        wb.tags.write(plan)


def test_a_backup_that_is_missing_or_damaged_is_reported(wb: Workbench) -> None:
    with pytest.raises(TagsError, match=r"no backup 'last'\. There are: none"):
        wb.tags.restore()
    wb.tags.folder.mkdir()
    (wb.tags.folder / "tags-20260101-000000-000000.jsonl").write_text("nonsense\n")
    with pytest.raises(TagsError, match="cannot be read as a backup"):
        wb.tags.restore("last")


def test_the_commands(wb: Workbench, add: Add, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = add("x.flac", {"BPM": "62"})
    record(wb, path)

    def said(*arguments: str, code: int = 0) -> str:
        assert main([*arguments, "--data-dir", str(data_dir)]) == code
        return capsys.readouterr().out

    dry = said("write-tags", str(path.parent), "--key", "camelot", "--where", "bpm > 100")
    assert str(path) in dry and "key          —            → 8A" in dry
    assert "track_gain   —            → -7.30 dB" in dry
    assert "62 stays; --overwrite writes 124.07" in dry and "1 file would be written; nothing was" in dry
    assert "key" not in FLAC(path)
    answer = json.loads(said("write-tags", "--fields", "bpm,key", "--overwrite", "--write", "--json"))
    assert answer["written"] and [one["field"] for one in answer["files"][0]["changes"]] == ["bpm", "key"]
    assert FLAC(path)["key"] == ["Am"]
    assert "1 file  bpm, key" in said("restore-tags")
    assert "1 file as before" in said("restore-tags", "last")
    assert "key" not in FLAC(path) and FLAC(path)["bpm"] == ["62"]
    path.chmod(0o444)
    assert "NOT WRITTEN" in said("write-tags", "--write", code=3)
    assert main(["restore-tags", "never", "--data-dir", str(data_dir)]) == 1
    with pytest.raises(SystemExit):
        said("write-tags", "--minimum", "7")
