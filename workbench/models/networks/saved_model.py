"""Compute an embedding with a SavedModel on a GPU: the same frames and patches, TensorFlow instead of Essentia.

Essentia's TensorFlow is built for the CPU. If the user has put the SavedModel of a model (``NAME-savedmodel/``) beside
its ``.pb`` and TensorFlow sees a GPU, batches run on the GPU. Otherwise, the ``.pb`` is run.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.lazy_imports import get_essentia
from workbench.models.gpu import gpu_count, may_use_gpu, prepare_gpu
from workbench.models.networks.model_file import FRAME_ALGORITHMS, ModelFile, saved_model_folder

logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.float32]


def on_gpu(model: ModelFile) -> bool:
    """Whether this model runs on a GPU. If there is a SavedModel but no GPU, each process logs that once."""
    if saved_model_folder(model) is None:
        return False
    if may_use_gpu() and gpu_count():
        return True
    logger.info("%s has a SavedModel, but TensorFlow sees no GPU: its .pb is run on the CPU", model.name)
    return False


class SavedModelPredictor:
    """Computes one embedding per patch of a signal at 16 kHz, like Essentia's algorithms.

    Raises
    ------
    ModelError
        The SavedModel is damaged, or has no output called ``embeddings`` and more than one output.
    """

    def __init__(self, model: ModelFile, folder: Path, last_patch: str) -> None:
        tensorflow = prepare_gpu()
        try:
            self._loaded = tensorflow.saved_model.load(str(folder))
            self._function = self._loaded.signatures["serving_default"]
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"{folder} cannot be read as a SavedModel ({error}); fetch it again.", model=model.name
            ) from error
        outputs = self._function.structured_outputs
        self._output = "embeddings" if "embeddings" in outputs else next(iter(outputs))
        if self._output != "embeddings" and len(outputs) > 1:
            raise ModelError(
                f"{folder} has no output called embeddings, only {', '.join(sorted(outputs))}.",
                model=model.name,
            )
        (self._input,) = self._function.structured_input_signature[1]
        self._tensorflow, self._front, self._last_patch = tensorflow, model.front, last_patch
        self._bands: Any = getattr(get_essentia(), FRAME_ALGORITHMS[model.algorithm])()

    def __call__(self, signal: Rows) -> Rows:
        front, frames = self._front, self._frames(signal)
        if len(frames) < front.patch:
            if self._last_patch == "discard":
                return np.zeros((0, 0), np.float32)
            frames = np.resize(frames, (front.patch, front.bands))
        starts = range(0, len(frames) - front.patch + 1, front.patch_hop)
        patches = np.stack([frames[start : start + front.patch] for start in starts])
        return np.concatenate(
            [self._run(patches[at : at + front.batch]) for at in range(0, len(patches), front.batch)]
        )

    def _frames(self, signal: Rows) -> Rows:
        frames = get_essentia().FrameGenerator(
            signal, frameSize=self._front.frame, hopSize=self._front.frame_hop, startFromZero=False
        )
        return np.array([self._bands(frame) for frame in frames], np.float32)

    def _run(self, patches: Rows) -> Rows:
        """Run one batch, which is padded with zeros because some graphs accept no other size."""
        full = np.zeros((self._front.batch, *patches.shape[1:]), np.float32)
        full[: len(patches)] = patches
        found = self._function(**{self._input: self._tensorflow.constant(full)})[self._output]
        return np.asarray(found, np.float32)[: len(patches)]
