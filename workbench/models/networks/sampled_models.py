"""Run MusiCNN on a few patches of a stream, which is fast enough to do it during the analysis.

Essentia makes the mel frames. If ONNX Runtime is installed and the ``.onnx`` file exists, it runs the network in half
of the time that Essentia needs for the ``.pb``; the outputs are equal to 1e-4. Both are imported in the worker, never
before it is forked, because they start threads when they are imported, and a fork of such a process can block forever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.lazy_imports import get_essentia
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.model_output import SILENCE, ModelOutput
from workbench.models.networks.onnx_session import open_session, run_session
from workbench.models.networks.patch_sampler import PatchSampler, Samples

RATE = 16_000
_FRAME, _HOP, _FRAMES, _BANDS = 512, 256, 187, 96
_DIGITS = 5  # set by hand, for outputs from 0 to 1; more digits mean nothing and take twice the space
_SAMPLES = _FRAME + (_FRAMES - 1) * _HOP

Network = Callable[[npt.NDArray[np.float32]], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
"""A function from mel bands, shape (n, 187, 96), to tags, shape (n, classes), and embeddings, (n, dimensions)."""


class SampledModels:
    """Chooses patches of a stream and runs models on them.

    Parameters
    ----------
    models : sequence of ModelFile
        Models with ``patches_per_track``.

    Attributes
    ----------
    patches : dict of model name to int
        How many patches each model has read.
    """

    def __init__(self, models: Sequence[ModelFile]) -> None:
        self._models = models
        self._rate = RATE
        self._samplers: dict[int, PatchSampler] = {}
        self.patches: dict[str, int] = {}

    def push(self, block: npt.NDArray[np.float32], rate: int) -> None:
        """Take the next samples, shape (n, channels), of a stream at ``rate`` Hz."""
        if not self._samplers:
            self._rate = rate
            counts = {model.patches_per_track for model in self._models}
            self._samplers = {count: PatchSampler(rate, count) for count in counts if count}
        for sampler in self._samplers.values():
            sampler.push(block)

    def finish(self) -> Iterator[ModelOutput]:
        """Run the models on the chosen patches; return an embedding and tags for each model.

        Raises
        ------
        ModelError
            A model cannot be loaded, or its outputs are not finite.
        """
        for count, sampler in self._samplers.items():
            patches = sampler.finish()
            silent = all(np.abs(patch).max() < SILENCE for patch in patches)
            mels = [_mel_bands(patch, self._rate) for patch in patches]
            for model in self._models:
                if mels and model.patches_per_track == count:
                    self.patches[model.name] = len(mels)
                    yield from _outputs(model, mels, silent=silent)


def _outputs(
    model: ModelFile, mels: Sequence[npt.NDArray[np.float32]], *, silent: bool
) -> Iterator[ModelOutput]:
    network = load_network(model)
    rows = [network(mel[None]) for mel in mels]  # a batch takes as long, and needs more memory
    tags, embedding = (
        np.concatenate(part).mean(axis=0, dtype=np.float64) for part in zip(*rows, strict=True)
    )
    if not (np.isfinite(tags).all() and np.isfinite(embedding).all()):
        raise ModelError(
            f"Model {model.name} gave numbers that are not finite; run `workbench models get`.",
            model=model.name,
        )
    facts = (model.name, model.version, model.sha256, model.task)
    yield ModelOutput(*facts, embedding=embedding.astype(np.float32))
    values = dict(zip(model.classes, tags.round(_DIGITS).tolist(), strict=True))
    yield ModelOutput(*facts, probabilities=None if silent else values)


def _mel_bands(patch: Samples, rate: int) -> npt.NDArray[np.float32]:
    """Return the mel bands of one patch at the rate of its file, shape (187, 96)."""
    import soxr

    samples = soxr.resample(np.clip(patch, -1e3, 1e3), rate, RATE)  # +60 dBFS: a broken file
    essentia = get_essentia()
    bands = _bands()
    frames = essentia.FrameGenerator(
        np.ascontiguousarray(samples[:_SAMPLES]), frameSize=_FRAME, hopSize=_HOP, startFromZero=True
    )
    found = [bands(frame) for frame, _ in zip(frames, range(_FRAMES), strict=False)]
    return np.array(found, np.float32)


@lru_cache(maxsize=1)
def _bands() -> Any:
    return get_essentia().TensorflowInputMusiCNN()


@lru_cache(maxsize=8)
def load_network(model: ModelFile) -> Network:
    """Load a model with ONNX Runtime, or with Essentia if ONNX Runtime or the ``.onnx`` file is missing.

    Raises
    ------
    ModelError
        The file is missing or damaged.
    """
    onnx = Path(model.path).with_suffix(".onnx")
    if onnx.is_file() and find_spec("onnxruntime"):
        return _onnx_network(onnx)
    return _essentia_network(model)


def _onnx_network(path: Path) -> Network:
    session = open_session(path)

    def run(mels: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        tags, embedding = run_session(session, mels)
        return tags, embedding

    return run


def _essentia_network(model: ModelFile) -> Network:
    essentia = get_essentia()
    from essentia import Pool

    if not Path(model.path).is_file():
        raise ModelError(f"Model {model.name} is gone: {model.path} does not exist.", model=model.name)
    try:
        predict = essentia.TensorflowPredict(
            graphFilename=model.path,
            inputs=[model.input_node],
            outputs=[model.tags_node, model.output_node],
            squeeze=True,
        )
    except RuntimeError as error:
        raise ModelError(
            f"Model {model.name} cannot be run: {error}. Run `workbench models get`.", model=model.name
        ) from error

    def run(mels: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        pool = Pool()
        pool.set(model.input_node, np.ascontiguousarray(mels[:, None]))
        found = predict(pool)
        tags, embedding = (
            np.asarray(found[node], np.float32).reshape(len(mels), -1)
            for node in (model.tags_node, model.output_node)
        )
        return tags, embedding

    return run
