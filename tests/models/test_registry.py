"""MODELS_DIR: what is found, what it adds, and what is wrong with a bad one."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
from pathlib import Path

import pytest

from workbench.models.networks.flat_names import flat_names, flatten, moods
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.published import PUBLISHED_SHA256
from workbench.models.networks.registry import family, find_models, usable_models, what_models_would_add


def by_name(folder: Path) -> dict[str, ModelFile]:
    return {model.name: model for model in find_models(folder)}


@pytest.fixture
def folder(toy_models: Path, tmp_path: Path) -> Path:
    target = tmp_path / "models"
    shutil.copytree(toy_models, target)
    return target


def test_kinds_nodes_and_what_each_adds(toy_models: Path) -> None:
    models = by_name(toy_models)
    assert not [model.problem for model in models.values() if model.problem]
    musicnn = models["toy-msd-musicnn-1"]
    assert (musicnn.kind, musicnn.output_node, musicnn.dimensions) == ("embedding", "model/dense/BiasAdd", 96)
    assert musicnn.sha256 == hashlib.sha256((toy_models / "toy-msd-musicnn-1.pb").read_bytes()).hexdigest()
    assert models["mood_sad-musicnn-msd-2"].kind == "classifier"
    assert models["mood_sad-musicnn-msd-2"].adds == ("mood_sad",)
    happy = models["mood_happy-toy-msd-musicnn-1"]
    assert (happy.kind, happy.embedding, happy.adds) == ("head", "toy-msd-musicnn", ("mood_happy",))
    assert models["voice_instrumental-toy-msd-musicnn-1"].adds == ("instrumentalness",)
    assert set(models["deam-toy-msd-musicnn-2"].adds) == {"valence", "arousal"}
    assert (
        models["deam-toy-msd-musicnn-2"].embedding == "toy-msd-musicnn"
    )  # from its name: this JSON does not say
    assert models["toy-discogs-effnet-bs64-1"].front.batch == 64
    genre = models["genre_toy-toy-discogs-effnet-1"]
    assert (genre.input_node, genre.output_node) == ("serving_default_model_Placeholder", "PartitionedCall:0")
    assert (genre.embedding, genre.adds) == ("toy-discogs-effnet", ("predicted_genre",))
    assert models["toy-discogs-maest-30s-pw-2"].output_node == "PartitionedCall/Identity_7"
    assert json.dumps([model.to_dict() for model in models.values()])


def test_hash_of_a_known_file_is_checked(folder: Path) -> None:
    stem = "toy-msd-musicnn-1"
    sha256 = hashlib.sha256((folder / f"{stem}.pb").read_bytes()).hexdigest()
    models = {model.name: model for model in find_models(folder, manifest={stem: sha256})}
    assert models[stem].known and not models["audioset-vggish-3"].known
    models = {model.name: model for model in find_models(folder, manifest={stem: "ab" * 32})}
    assert "not the file that Essentia publishes" in str(models[stem].problem) and not models[stem].known
    assert models["deam-toy-msd-musicnn-2"].problem and models["audioset-vggish-3"].problem is None


def test_the_manifest_is_of_names_and_hashes(folder: Path) -> None:
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in PUBLISHED_SHA256.values())
    assert len(set(PUBLISHED_SHA256.values())) == len(PUBLISHED_SHA256) > 20
    for suffix in (".pb", ".json"):
        shutil.copy(folder / f"toy-msd-musicnn-1{suffix}", folder / f"msd-musicnn-1{suffix}")
    assert "SHA-256" in str(by_name(folder)["msd-musicnn-1"].problem)


@pytest.mark.parametrize(
    ("seconds", "patch", "hop"), [(5, 316, 313), (10, 626, 625), (20, 1256, 1250), (30, 1876, 1875)]
)
def test_maest_networks_of_every_length_go_on_by_whole_seconds(
    folder: Path, seconds: int, patch: int, hop: int
) -> None:
    sidecar = folder / "toy-discogs-maest-30s-pw-2.json"
    sidecar.write_text(sidecar.read_text().replace("1876", str(patch)))
    front = by_name(folder)["toy-discogs-maest-30s-pw-2"].front
    assert (front.patch, front.patch_hop, front.batch) == (patch, hop, 1)


def rename_node(sidecar: Path) -> None:
    sidecar.write_text(sidecar.read_text().replace("model/dense/BiasAdd", "model/dense/Other"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "toy-msd-musicnn-1.json").unlink(), "toy-msd-musicnn-1.json is missing"),
        (lambda folder: (folder / "toy-msd-musicnn-1.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "toy-msd-musicnn-1.json").write_text("[]"), "not a description"),
        (lambda folder: (folder / "toy-msd-musicnn-1.pb").unlink(), "toy-msd-musicnn-1.pb is missing"),
        (lambda folder: (folder / "toy-msd-musicnn-1.pb").write_bytes(b""), "empty"),
        (lambda folder: (folder / "toy-msd-musicnn-1.pb").write_bytes(b"<!doctype html>"), "no frozen graph"),
        (lambda folder: os.truncate(folder / "toy-msd-musicnn-1.pb", 300), "bytes early"),
        (lambda folder: rename_node(folder / "toy-msd-musicnn-1.json"), "has no node model/dense/Other"),
    ],
)
def test_a_bad_pair_says_what_is_wrong_and_takes_its_heads_with_it(folder: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    change(folder)
    models = by_name(folder)
    assert said in str(models["toy-msd-musicnn-1"].problem)
    assert "embedding toy-msd-musicnn" in str(models["mood_happy-toy-msd-musicnn-1"].problem)
    assert models["audioset-vggish-3"].problem is None


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"inference": {"sample_rate": 44100, "algorithm": "TensorflowPredictMusiCNN"}}, "44100 Hz"),
        ({"inference": {"algorithm": "TensorflowPredictCREPE"}}, "TensorflowPredictCREPE"),
        (
            {"schema": {"inputs": [{"name": "model/Placeholder", "shape": [128, 64]}], "outputs": []}},
            "[128, 64]",
        ),
        ({"schema": {"inputs": [], "outputs": []}}, "inputs"),
    ],
)
def test_wrong_input_is_refused(folder: Path, edit: dict[str, object], said: str) -> None:
    sidecar = folder / "toy-msd-musicnn-1.json"
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | edit))
    assert said in str(by_name(folder)["toy-msd-musicnn-1"].problem)


def test_classes_must_match_the_outputs(folder: Path) -> None:
    sidecar = folder / "mood_happy-toy-msd-musicnn-1.json"
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"classes": ["a", "b", "c"]}))
    assert "3 classes for 2 outputs" in str(by_name(folder)["mood_happy-toy-msd-musicnn-1"].problem)


def test_usable_models_leave_out_the_bad_and_say_so(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "audioset-vggish-3.pb").write_bytes(b"")
    with caplog.at_level(logging.WARNING):
        names = [model.name for model in usable_models(folder)]
    assert "audioset-vggish-3" not in names and "toy-msd-musicnn-1" in names
    assert "audioset-vggish-3" in caplog.text


def test_a_missing_folder_has_no_models_and_a_message_says_what_they_would_add(tmp_path: Path) -> None:
    assert find_models(tmp_path / "none") == find_models(None) == []
    assert "mood" in what_models_would_add(tmp_path) and str(tmp_path) in what_models_would_add(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("discogs-effnet-bs64-1", "discogs-effnet"),
        ("msd-musicnn-1", "msd-musicnn"),
        ("discogs_artist_embeddings-effnet-bs64-1", "discogs_artist_embeddings-effnet"),
        ("audioset-vggish-3", "audioset-vggish"),
    ],
)
def test_family_drops_batch_and_version(name: str, expected: str) -> None:
    assert family(name) == expected


def test_flat_names() -> None:
    assert flatten("deam", {"valence": 1.0, "arousal": 7.0}) == {"valence": 0.0, "arousal": 0.75}
    assert flatten("deam", {"valence": 12.0, "arousal": -1.0}) == {"valence": 1.0, "arousal": 0.0}
    assert flatten("mood_sad", {"non_sad": 0.3, "sad": 0.7}) == {"mood_sad": 0.7}
    assert flatten("mood_acoustic", {"acoustic": 0.2, "non_acoustic": 0.8}) == {
        "acousticness": 0.2,
        "mood_acoustic": 0.2,
    }
    assert flatten("genre_discogs400", {"Rock": 0.2, "Techno": 0.6}) == {"predicted_genre": "Techno"}
    assert flatten("gender", {"female": 0.2, "male": 0.8}) == {}
    assert flat_names("voice_instrumental", ["instrumental", "voice"]) == ("instrumentalness",)


def test_moods_are_those_that_are_likely() -> None:
    assert moods({"mood_happy": 0.6, "mood_party": 0.9, "mood_sad": 0.1}) == "party; happy"
    assert moods({"mood_happy": 0.4}) is None
