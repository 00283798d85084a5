"""Run published models on one file: decode it once, keep one window per embedding in memory, average over patches.

This is a pure function of a file and a choice of models, and runs in a worker. Graphs are loaded once per process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.lazy_imports import get_essentia
from workbench.models.networks.model_file import ModelFile, saved_model_folder
from workbench.models.networks.model_output import SILENCE, ModelOutput
from workbench.models.networks.mono_16k import Mono16k
from workbench.models.networks.patches import PatchWindows, Window
from workbench.models.networks.published import HEAD_ALGORITHM
from workbench.models.networks.registry import family
from workbench.models.networks.sampled_models import SampledModels, load_network
from workbench.models.networks.saved_model import SavedModelPredictor, on_gpu


@dataclass(frozen=True)
class FileOutputs:
    """The outputs of all models for one file, its seconds of audio, and the time that they took."""

    outputs: tuple[ModelOutput, ...]
    audio_seconds: float
    seconds: float
    patches: dict[str, int] = field(default_factory=dict)


def run_models(
    path: str, models: Sequence[ModelFile], *, block_seconds: float = 10.0, memory_limit_percent: float = 85.0
) -> FileOutputs:
    """Run published models on a file.

    Parameters
    ----------
    path : str
    models : sequence of ModelFile
        Usable models, each head together with its embedding.
    block_seconds, memory_limit_percent : float
        Passed to the decoder; the result does not depend on them.

    Raises
    ------
    AudioError
        The file cannot be decoded, or is empty.
    ModelError
        A graph is damaged or does not match its JSON. The message names the model.
    """
    from workbench.audio.streaming_loader import open_audio

    began = time.perf_counter()
    sampled = SampledModels([model for model in models if model.patches_per_track])
    full = _FullModels([model for model in models if not model.patches_per_track])
    with open_audio(path, block_seconds=block_seconds, memory_limit_percent=memory_limit_percent) as stream:
        for block in stream:
            sampled.push(block, stream.rate)
            full.push(block, stream.rate)
        audio_seconds = stream.duration_s
    outputs = (*sampled.finish(), *full.finish())
    return FileOutputs(outputs, audio_seconds, time.perf_counter() - began, sampled.patches | full.patches)


def warm_up(models: Sequence[ModelFile]) -> None:
    """Load every graph into this process, so that the first file does not wait for it."""
    for model in models:
        if model.patches_per_track:
            load_network(model)
        else:
            _algorithm(model, "discard")


class _FullModels:
    """The models that read every patch of a stream, each at its own pace."""

    def __init__(self, models: Sequence[ModelFile]) -> None:
        self._chains = _chains(models)
        self._to_16k: Mono16k | None = None
        self._peak = 0.0

    def push(self, block: npt.NDArray[np.float32], rate: int) -> None:
        if self._chains:
            self._to_16k = self._to_16k or Mono16k(rate)
            self._hear(self._to_16k.push(block))

    def finish(self) -> list[ModelOutput]:
        if self._to_16k is not None:
            self._hear(self._to_16k.finish())
        for chain in self._chains:
            chain.finish()
        silent = self._peak < SILENCE
        return [output for chain in self._chains for output in chain.outputs(silent=silent)]

    @property
    def patches(self) -> dict[str, int]:
        return {chain.model.name: chain.mean.count for chain in self._chains}

    def _hear(self, samples: npt.NDArray[np.float32]) -> None:
        if len(samples):
            self._peak = max(self._peak, float(np.abs(samples).max()))
        for chain in self._chains:
            chain.push(samples)


def _chains(models: Sequence[ModelFile]) -> list[_Chain]:
    """Assign every head to the first embedding that it can read; the batch size may differ."""
    heads = [model for model in models if model.kind == "head"]
    chains = []
    for model in models:
        if model.kind != "head":
            own = [head for head in heads if head.embedding == family(model.name)]
            heads = [head for head in heads if head not in own]
            chains.append(_Chain(model, own))
    return chains


class _Mean:
    """Running mean of rows, in float64."""

    def __init__(self) -> None:
        self.total: npt.NDArray[np.float64] | float = 0.0
        self.count = 0

    def add(self, rows: npt.NDArray[np.float32]) -> None:
        self.total = self.total + rows.sum(axis=0, dtype=np.float64)
        self.count += len(rows)

    @property
    def value(self) -> npt.NDArray[np.float32]:
        return np.asarray(self.total / self.count, np.float32)


class _Chain:
    """One model that reads audio, and the heads that read its embedding."""

    def __init__(self, model: ModelFile, heads: list[ModelFile]) -> None:
        self.model, self.heads = model, heads
        self.windows = PatchWindows(model.front)
        self.mean = _Mean()
        self.head_means = [_Mean() for _ in heads]

    def push(self, block: npt.NDArray[np.float32]) -> None:
        for window in self.windows.push(block):
            self._add(_rows(self.model, window, "discard"))

    def finish(self) -> None:
        window = self.windows.finish()
        self._add(_rows(self.model, window, "discard"))
        if not self.mean.count:
            self._add(_rows(self.model, window, "repeat"))

    def _add(self, rows: npt.NDArray[np.float32]) -> None:
        if not len(rows):
            return
        self.mean.add(rows)
        for head, mean in zip(self.heads, self.head_means, strict=True):
            mean.add(_call(head, _algorithm(head, "discard"), rows))

    def outputs(self, *, silent: bool) -> Iterator[ModelOutput]:
        for model, mean in ((self.model, self.mean), *zip(self.heads, self.head_means, strict=True)):
            facts = (model.name, model.version, model.sha256, model.task)
            if model.kind == "embedding":
                yield ModelOutput(*facts, embedding=mean.value)
            else:
                values = dict(zip(model.classes, (float(p) for p in mean.value), strict=True))
                yield ModelOutput(*facts, probabilities=None if silent else values)


def _rows(model: ModelFile, window: Window, last_patch: str) -> npt.NDArray[np.float32]:
    """Return one row for each patch, shape (n, d); none if no whole patch fits and ``last_patch`` is "discard"."""
    front = model.front
    fits = len(window.samples) // front.frame_hop + 1 >= front.patch
    if not fits and (last_patch == "discard" or not len(window.samples)):
        return np.zeros((0, 0), np.float32)
    rows = _call(model, _algorithm(model, last_patch), window.samples)
    return rows[window.start : window.stop]


def _call(model: ModelFile, algorithm: Any, argument: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    try:
        rows = np.asarray(algorithm(np.ascontiguousarray(argument, np.float32)), np.float32)
    except RuntimeError as error:
        raise _refused(model, error) from error
    if rows.ndim == 4:  # MAEST gives (patch, 1, token, dimension); the first token stands for the whole patch
        rows = rows[:, 0, 0, :]
    if rows.size and not np.isfinite(rows).all():
        raise ModelError(
            f"Model {model.name} gave numbers that are not finite; fetch it again.", model=model.name
        )
    wanted = model.dimensions
    if rows.size and wanted is not None and rows.shape[1:] != (wanted,):
        raise ModelError(
            f"Model {model.name} gives {rows.shape[1:]} values a patch where its .json says {wanted}; "
            "fetch both files again.",
            model=model.name,
        )
    return rows


@lru_cache(maxsize=128)
def _algorithm(model: ModelFile, last_patch: str) -> Any:
    parameters: dict[str, Any] = {
        "graphFilename": model.path,
        "input": model.input_node,
        "output": model.output_node,
    }
    if model.algorithm != HEAD_ALGORITHM:
        front = model.front
        parameters |= {
            "patchSize": front.patch,
            "patchHopSize": front.patch_hop,
            "batchSize": front.batch,
            "lastPatchMode": last_patch,
        }
    if on_gpu(model) and (folder := saved_model_folder(model)):
        return SavedModelPredictor(model, folder, last_patch)
    if not Path(model.path).is_file():
        raise ModelError(
            f"Model {model.name} is gone: {model.path} was there when it was chosen.", model=model.name
        )
    try:
        return getattr(get_essentia(), model.algorithm)(**parameters)
    except RuntimeError as error:
        raise _refused(model, error) from error


def _refused(model: ModelFile, error: RuntimeError) -> ModelError:
    reason = str(error).partition(": ")[2].splitlines()[0] or str(error)
    return ModelError(
        f"Model {model.name} cannot be run: {reason}. Fetch {Path(model.path).name} again, with its .json.",
        model=model.name,
    )
