"""The whole way: a file, a graph shaped like MusiCNN, a stored value, a playlist that filters by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.audio.fingerprint import content_hash
from workbench.models.columns import best_embedding, tagger_inputs, with_model_results
from workbench.models.networks.embed import files_to_embed
from workbench.models.networks.inference import run_models
from workbench.models.networks.registry import usable_models
from workbench.playlists import generate
from workbench.session.jobs.model_outputs import save_outputs
from workbench.store.library.library import Library
from workbench.store.library.records import Embedding, FeatureRecord, ScannedFile

Wav = Callable[..., str]


@pytest.fixture
def two_files(library: Library, wav: Wav) -> dict[str, str]:
    """A hum in mel band 5 and a whistle in band 60, analyzed: the toy head hears only the one as happy."""
    time = np.arange(16_000 * 8) / 16_000
    sounds = {"hum": 0.6 * np.sin(2 * np.pi * 118 * time), "whistle": 0.6 * np.sin(2 * np.pi * 2714 * time)}
    hashes = {}
    for name, samples in sounds.items():
        path = wav(samples.astype(np.float32), name=f"{name}.wav")
        hashes[name] = content_hash(path)
        size_bytes = Path(path).stat().st_size
        library.files.add([ScannedFile(path, size_bytes, 1, hashes[name], {"title": name, "artist": name})])
        library.features.save(
            hashes[name],
            FeatureRecord(1, {"bpm": 120.0, "valence": None, "mood": None}, np.ones(4, np.float32), {}),
        )
    return hashes


def test_from_file_to_playlist_filter(library: Library, two_files: dict[str, str], toy_models: Path) -> None:
    models = [model for model in usable_models(toy_models) if "msd-musicnn" in model.name]
    todo = files_to_embed(library, models)
    assert {file.content_hash for file in todo} == set(two_files.values())
    version = library.version()
    for file in todo:
        found = run_models(file.path, models)
        save_outputs(library, file.content_hash, found.outputs)
        assert found.audio_seconds == pytest.approx(8.0)
    assert library.version() != version
    assert files_to_embed(library, models) == []
    assert len(files_to_embed(library, models, force=True)) == 2

    stored = library.models.predictions(two_files["hum"], model="mood_happy-toy-msd-musicnn-1")[0]
    assert stored.version == "1" and len(stored.model_hash) == 64

    table = with_model_results(library, library.table())
    values = {title: table.row(row) for row, title in enumerate(table["title"])}
    assert values["hum"]["mood_happy"] == pytest.approx(stored.scores["happy"])
    assert values["hum"]["mood_happy"] > 0.5 > values["whistle"]["mood_happy"]
    assert (values["hum"]["mood"], values["whistle"]["mood"]) == ("happy", None)
    assert all(
        0 <= values[title][name] <= 1
        for title in values
        for name in ("valence", "arousal", "instrumentalness")
    )

    for query in ("mood happy", "mood ~ happy", "mood_happy > 0.5"):
        playlist = generate(table, "random", size=5, where=query, random_state=1)
        assert [track.title for track in playlist.tracks] == ["hum"]
    assert table.vectors.shape == (2, 4)
    assert table.embeddings is not None and table.embeddings.shape == (2, 96)
    musicnn = [model for model in models if model.kind == "embedding"]
    np.testing.assert_array_equal(table.embeddings[0], run_models(todo[0].path, musicnn).outputs[0].embedding)


def test_a_track_that_a_model_has_not_heard_has_no_embedding(
    library: Library, two_files: dict[str, str]
) -> None:
    table = library.table()
    assert best_embedding(library, table) is None
    assert with_model_results(library, table).embeddings is None

    def save(name: str, model_hash: str, values: list[float]) -> None:
        vector = np.array(values, np.float32)
        library.models.save_embeddings(
            [Embedding(two_files[name], "toy-msd-musicnn-1", "1", model_hash * 32, vector)]
        )

    save("hum", "ab", [1, 1, 1])
    one = with_model_results(library, table)
    np.testing.assert_array_equal(one.vectors, table.vectors)
    assert one.embedded.tolist() == (table["title"] == "hum").tolist()
    assert tagger_inputs(library)[0].vectors.shape == (2, 4)  # a tagger reads only what every track has
    save("whistle", "cd", [1, 1, 1])
    assert with_model_results(library, table).embedded.sum() == 1  # two files of a model are never mixed
    save("whistle", "ab", [0, 0, 0])
    assert with_model_results(library, table).embeddings.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert tagger_inputs(library)[0].vectors.shape == (2, 7)


def test_both_networks_of_musicnn_are_compared_once_the_second_has_heard_the_same_tracks(
    library: Library, two_files: dict[str, str]
) -> None:
    def save(name: str, model: str, values: list[float]) -> None:
        vector = np.array(values, np.float32)
        library.models.save_embeddings([Embedding(two_files[name], model, "1", "ab" * 32, vector)])

    def compared() -> list[list[float]]:
        embeddings = with_model_results(library, library.table()).embeddings
        assert embeddings is not None
        return embeddings.tolist()

    for name in two_files:
        save(name, "toy-msd-musicnn-1", [1, 2])
        save(name, "audioset-vggish-1", [9])
    save("hum", "toy-mtt-musicnn-1", [3])
    assert compared() == [[1, 2], [1, 2]]
    save("whistle", "toy-mtt-musicnn-1", [4])
    assert sorted(compared()) == [[1, 2, 3], [1, 2, 4]]
    assert tagger_inputs(library)[0].vectors.shape == (2, 6)  # taggers that are trained keep their inputs


def test_a_changed_model_is_run_again(library: Library, two_files: dict[str, str], toy_models: Path) -> None:
    model = next(model for model in usable_models(toy_models) if model.name == "toy-msd-musicnn-1")
    library.models.save_embeddings(
        Embedding(content, model.name, "0", "00" * 32, np.ones(3, np.float32))
        for content in two_files.values()
    )
    assert len(files_to_embed(library, [model])) == 2


SCRIPT = """
import sys
import workbench, workbench.settings, workbench.cli.main
import workbench.models
from workbench.models import columns, tagger
from workbench.models.networks import registry, embed
from workbench.models.tagger import labels, storage
from workbench.session.tags import tags
{more}
loaded = [name for name in ("tensorflow", "essentia", "sklearn", "keras") if name in sys.modules]
assert not loaded, loaded
"""


def test_a_process_that_runs_no_model_loads_no_tensorflow(toy_models: Path) -> None:
    more = f"from pathlib import Path; assert registry.find_models(Path({str(toy_models)!r}))"
    subprocess.run([sys.executable, "-c", SCRIPT.format(more=more)], check=True)


def test_published_models_do_not_need_the_tensorflow_package(toy_models: Path, wav: Wav) -> None:
    path = wav(np.zeros(16_000 * 4, np.float32))
    more = f"""
from pathlib import Path
from workbench.models.networks.inference import run_models
models = [model for model in registry.usable_models(Path({str(toy_models)!r})) if "msd-musicnn" in model.name]
assert run_models({path!r}, models).outputs
assert "essentia" in sys.modules and "tensorflow" not in sys.modules
sys.exit(0)
"""
    subprocess.run([sys.executable, "-c", SCRIPT.format(more=more)], check=True)
