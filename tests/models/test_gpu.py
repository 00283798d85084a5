"""What is done where there is a GPU, on a machine that may have none: the same numbers, and a message."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.models.gpu import gpu_count, prepare_gpu
from workbench.models.networks.inference import run_models
from workbench.models.networks.model_file import ModelFile, saved_model_folder
from workbench.models.networks.registry import usable_models
from workbench.models.networks.saved_model import SavedModelPredictor, on_gpu


@pytest.fixture
def effnet(toy_models: Path) -> ModelFile:
    return next(model for model in usable_models(toy_models) if model.name == "toy-discogs-effnet-bs64-1")


@pytest.mark.parametrize(("seconds", "last_patch"), [(75.0, "discard"), (2.0, "discard"), (1.0, "repeat")])
def test_a_saved_model_gives_what_the_graph_gives(
    effnet: ModelFile, noise: Callable[[float], np.ndarray], seconds: float, last_patch: str
) -> None:
    from workbench.lazy_imports import get_essentia

    folder = saved_model_folder(effnet)
    assert folder is not None
    graph = get_essentia().TensorflowPredictEffnetDiscogs(
        graphFilename=effnet.path,
        input=effnet.input_node,
        output=effnet.output_node,
        lastPatchMode=last_patch,
    )
    signal = noise(seconds)
    found = SavedModelPredictor(effnet, folder, last_patch)(signal)
    np.testing.assert_allclose(found, np.asarray(graph(signal)).reshape(found.shape), atol=2e-5)


def test_without_a_gpu_the_graph_is_run_and_a_message_says_so(
    effnet: ModelFile,
    caplog: pytest.LogCaptureFixture,
    noise: Callable[[float], np.ndarray],
    wav: Callable[..., str],
) -> None:
    gpus = prepare_gpu().config.list_physical_devices("GPU")
    assert gpu_count() == len(gpus)
    with caplog.at_level(logging.INFO):
        assert on_gpu(effnet) == bool(gpus)
    assert gpus or "no GPU" in caplog.text
    assert run_models(wav(noise(5.0)), [effnet]).patches == {effnet.name: 3}


def test_a_damaged_saved_model_is_an_error_with_its_place(effnet: ModelFile, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be read as a SavedModel"):
        SavedModelPredictor(effnet, tmp_path, "discard")
