"""Models over a library on real workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from running import run

from workbench.models.gpu import gpu_count
from workbench.models.networks.gpu_needs import embedding_needs
from workbench.models.networks.inference import run_models
from workbench.models.networks.registry import usable_models
from workbench.processing.cluster.cluster import Cluster
from workbench.processing.job.task import Task
from workbench.session.jobs.embedding_tasks import EmbeddingTasks
from workbench.settings import Settings
from workbench.store.library.library import Library
from workbench.store.library.records import FeatureRecord, ScannedFile


def test_workers_run_models_and_one_bad_file_costs_the_others_nothing(
    library: Library, toy_models: Path, wav: Callable[..., str], data_dir: Path
) -> None:
    """In workers that are forked from a process which has imported the analysis, as those of a session."""
    models = [model for model in usable_models(toy_models) if "msd-musicnn" in model.name]
    paths = [wav(np.full(16_000 * 4, level, np.float32), name=f"{level}.wav") for level in (0.1, 0.2, 0.3)]
    Path(paths[1]).write_text("not audio any more")
    for number, path in enumerate(paths):
        library.files.add([ScannedFile(path, 1, 1, f"{number:032x}", {"title": path})])
        library.features.save(f"{number:032x}", FeatureRecord(1, {"bpm": 1.0}, np.ones(2, np.float32), {}))
    embedding = EmbeddingTasks(library, models)
    settings = Settings(data_dir=data_dir, async_workers=1, memory_limit_percent=100)
    with Cluster(settings, shared_modules=["workbench.analysis.preload"]) as cluster:
        job = run(
            cluster,
            embedding.tasks(),
            run_models,
            args=(tuple(models),),
            on_value=embedding.on_value,
            on_failure=embedding.on_failure,
        )
        job.result(timeout=120)
    report = embedding.report(workers=1)
    assert (report.found, report.analyzed, report.audio_seconds) == (3, 2, 8.0)
    assert [(failure.path, failure.kind) for failure in report.failed] == [(paths[1], "format")]
    hashes, matrix = library.models.embeddings("toy-msd-musicnn-1")
    assert hashes == [f"{0:032x}", f"{2:032x}"] and matrix.shape == (2, 96)
    np.testing.assert_array_equal(matrix[0], run_models(paths[0], models).outputs[0].embedding)
    assert library.tracks.count_by_status()["analyzed"] == 3  # a model that fails takes no track away
    assert [file.path for file in EmbeddingTasks(library, models).files] == [paths[1]]
    newer = [replace(model, sha256="0" * 64) for model in models]
    assert len(EmbeddingTasks(library, newer).files) == 3


@pytest.mark.parametrize(
    ("gpus", "said"), [([], "no worker has a GPU"), (["0"], "sees no GPU on the workers")]
)
def test_a_saved_model_without_a_gpu_is_run_on_the_cpu_with_a_message(
    toy_models: Path,
    wav: Callable[..., str],
    data_dir: Path,
    caplog: pytest.LogCaptureFixture,
    gpus: list[str],
    said: str,
) -> None:
    if gpu_count():
        pytest.skip("this machine has a GPU")
    models = [model for model in usable_models(toy_models) if model.name == "toy-discogs-effnet-bs64-1"]
    path = wav(np.full(16_000 * 4, 0.1, np.float32))
    values = {}
    with Cluster(
        Settings(data_dir=data_dir, async_workers=1, memory_limit_percent=100), gpus=gpus
    ) as cluster:
        run(
            cluster,
            [Task("one", path, 1)],
            run_models,
            args=(tuple(models),),
            on_value=lambda task, value: values.setdefault(task.key, value).audio_seconds,
            on_failure=lambda task, failure: pytest.fail(failure.error),
            needs=lambda client: embedding_needs(client, models),
        ).result(timeout=120)
    assert said in caplog.text and models[0].name in caplog.text
    np.testing.assert_array_equal(
        values["one"].outputs[0].embedding, run_models(path, models).outputs[0].embedding
    )


def test_graphs_alone_ask_nothing_of_the_workers(toy_models: Path) -> None:
    models = [model for model in usable_models(toy_models) if "musicnn" in model.name]
    assert embedding_needs(None, models) == {}
