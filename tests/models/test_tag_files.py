"""Writing predicted genres into files: planned, backed up, undone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from workbench.audio.fingerprint import content_hash
from workbench.audio.tags import read_tags
from workbench.errors import ModelError
from workbench.models.tag_files import plan_tag_writes, restore_tags
from workbench.models.tagger.labels import labels_of
from workbench.session.playlists import Playlists
from workbench.session.tagger import Tagger
from workbench.store.library.library import Library
from workbench.store.library.records import Embedding, FeatureRecord, Prediction, ScannedFile

FORMATS = ("wav", "flac", "ogg", "mp3", "aiff")


@pytest.fixture
def files(library: Library, tmp_path: Path) -> dict[str, Path]:
    """One analyzed file a format, none with a genre but the last, each predicted to be Dub Techno."""
    time = np.arange(22_050) / 22_050
    folder = tmp_path / "music"
    folder.mkdir()
    paths = {}
    for number, format in enumerate(FORMATS):
        path = paths[format] = folder / f"tone.{format}"
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * (200 + 50 * number) * time), 22_050)
        content = content_hash(path)
        stat = path.stat()
        tags = {"title": "tone", "genre": "Ambient" if format == "aiff" else None}
        library.files.add([ScannedFile(str(path), stat.st_size, stat.st_mtime_ns, content, tags)])
        library.features.save(content, FeatureRecord(1, {"bpm": 120.0}, np.full(4, number, np.float32), {}))
        library.models.save_embeddings(
            [Embedding(content, "msd-musicnn-1", "1", "ab" * 32, np.full(3, number, np.float32))]
        )
        scores = {"Dub Techno": 0.95 - 0.1 * (format == "ogg") - 0.1 * (format == "mp3"), "Pop": 0.05}
        library.models.save_predictions([Prediction(content, "tagger:genre", "1", "cd" * 32, scores)])
    return paths


def test_the_plan_touches_nothing_and_names_the_sure_and_untagged(
    library: Library, files: dict[str, Path]
) -> None:
    before = {path: path.read_bytes() for path in files.values()}
    assert {Path(write.path).suffix for write in plan_tag_writes(library, minimum_probability=0.9)} == {
        ".wav",
        ".flac",
    }
    plan = plan_tag_writes(library, minimum_probability=0.5)
    assert len(plan) == 4 and all(write.old is None and write.new == "Dub Techno" for write in plan)
    everything = plan_tag_writes(library, minimum_probability=0.5, overwrite=True)
    assert {write.old for write in everything} == {None, "Ambient"}
    assert all(path.read_bytes() == data for path, data in before.items())


def test_written_files_read_back_sound_the_same_and_stay_analyzed(
    library: Library, files: dict[str, Path], tmp_path: Path
) -> None:
    sound = {format: soundfile.read(path)[0] for format, path in files.items()}
    bytes_before = {format: path.read_bytes() for format, path in files.items()}
    ids = {track.path: track.id for track in library.tracks.select()}
    session = Tagger(library, Playlists(library, library.table), tmp_path)
    done = session.write_tags(session.plan_tags(minimum_probability=0.5, overwrite=True))
    assert [write.problem for write in done] == [None] * 5
    tracks = {Path(track.path).suffix[1:]: track for track in library.tracks.select()}
    hashes, vectors = library.models.embeddings("msd-musicnn-1")
    for number, (format, path) in enumerate(files.items()):
        assert read_tags(path).genre == "Dub Techno"
        np.testing.assert_array_equal(soundfile.read(path)[0], sound[format])
        track = tracks[format]
        assert (track.status, track.genre, track.content_hash) == (
            "analyzed",
            "Dub Techno",
            content_hash(path),
        )
        assert track.id == ids[str(path)]
        assert vectors[hashes.index(track.content_hash), 0] == number
    assert not [path for path in files["wav"].parent.iterdir() if path.name.startswith(".")]
    assert labels_of(library, "genre") == {}  # predictions are not what a tagger learns from

    (folder,) = session.backups.iterdir()
    assert sorted(restore_tags(folder)) == sorted(str(path) for path in files.values())
    assert {format: path.read_bytes() for format, path in files.items()} == bytes_before


def test_a_file_that_changed_or_is_gone_is_left_alone(
    library: Library, files: dict[str, Path], tmp_path: Path
) -> None:
    plan = plan_tag_writes(library, minimum_probability=0.5)
    with files["wav"].open("ab") as file:
        file.write(b"\0\0")
    changed = files["wav"].read_bytes()
    files["flac"].unlink()
    done = {
        Path(write.path).suffix: write.problem
        for write in Tagger(library, Playlists(library, library.table), tmp_path).write_tags(plan)
    }
    assert "changed" in str(done[".wav"]) and files["wav"].read_bytes() == changed
    assert done[".flac"] is not None and done[".ogg"] is None


def test_what_cannot_be_planned_or_restored_is_said(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Only predicted genres"):
        plan_tag_writes(library, "mood")
    with pytest.raises(ModelError, match="tagger apply"):
        plan_tag_writes(library)
    with pytest.raises(ModelError, match="cannot be restored"):
        restore_tags(tmp_path)
