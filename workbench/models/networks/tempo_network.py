"""TempoCNN: estimate the probability of each tempo from 30 to 285 BPM for a part of mono sound.

Source: Schreiber and Müller, "Musical tempo and key estimation using convolutional neural networks with directional
filters", SMC 2019; the network is ``deeptemp_k4`` of the package tempocnn (AGPL-3.0).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.analysis.rhythm.second_opinion import Support, support
from workbench.errors import WorkbenchError
from workbench.lazy_imports import get_essentia
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.onnx_session import open_session, run_session
from workbench.models.networks.patch_sampler import PatchSampler

logger = logging.getLogger(__name__)

RATE = 11_025
LOWEST_BPM = 30
_FRAME, _HOP, _PATCH, _PATCH_HOP = 1024, 512, 256, 128

_PATCH_S = 12.0  # a little more than 256 frames, 11.9 s
_PATCHES = 8  # four minutes have 20; with 8, the choice of the octave is the same; 0.05 s of CPU time

TempoNetwork = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""A function from mono samples at 11,025 Hz, shape (n,), to probabilities of ``LOWEST_BPM`` + index, shape (256,)."""


class TempoListener:
    """Reads a stream and estimates the probability of each tempo from a few patches.

    Parameters
    ----------
    model : ModelFile
        A model of kind ``tempo``.
    """

    def __init__(self, model: ModelFile) -> None:
        self._model = model
        self._rate = RATE
        self._sampler: PatchSampler | None = None

    def push(self, block: npt.NDArray[np.float32], rate: int) -> None:
        """Take the next samples, shape (n, channels), of a stream at ``rate`` Hz."""
        if self._sampler is None:
            self._rate = rate
            self._sampler = PatchSampler(rate, _PATCHES, hop_s=_PATCH_S, patch_s=_PATCH_S)
        self._sampler.push(block)

    def vote(self) -> Support | None:
        """Return the probabilities of tempos; ``None`` for less than 12 s of sound, or if the network cannot be run."""
        import soxr

        if self._sampler is None or not self._sampler.complete:
            return None
        try:
            network = load_tempo_network(self._model)
            patches = [soxr.resample(patch, self._rate, RATE) for patch in self._sampler.finish()]
            likely = np.mean([network(patch.astype(np.float32)) for patch in patches], axis=0)
        except WorkbenchError as error:
            logger.warning("%s does not vote on the tempo: %s", self._model.name, error)
            return None
        return support(likely, LOWEST_BPM)


@lru_cache(maxsize=1)
def load_tempo_network(model: ModelFile) -> TempoNetwork:
    """Load the network for tempo that ``workbench models get`` has fetched.

    Returns
    -------
    callable
        Maps mono samples at 11,025 Hz to the mean over patches of 11.9 s, which overlap by half. Shorter audio is
        padded with silence.

    Raises
    ------
    MissingPackageError
        ONNX Runtime is not installed.
    ModelError
        The file is missing or damaged.
    """
    session = open_session(Path(model.path))

    def probabilities(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        bands = _mel_bands(samples)
        starts = range(0, max(1, len(bands) - _PATCH + 1), _PATCH_HOP)
        rows = [run_session(session, _input(bands[start : start + _PATCH]))[0] for start in starts]
        return np.asarray(np.concatenate(rows).mean(axis=0), np.float32)

    return probabilities


def _mel_bands(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return Essentia's mel bands for this network, shape (frames, 40)."""
    essentia = get_essentia()
    algorithm: Any = essentia.TensorflowInputTempoCNN()
    frames = essentia.FrameGenerator(samples, frameSize=_FRAME, hopSize=_HOP)
    return np.array([algorithm(frame) for frame in frames], np.float32).reshape(-1, 40)


def _input(bands: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return one patch with mean 0 and deviation 1, as in the training of this network, shape (1, 40, 256, 1)."""
    patch = np.zeros((40, _PATCH))
    patch[:, : len(bands)] = bands.T
    deviation = patch.std()
    scaled = (patch - patch.mean()) / deviation if deviation else patch
    return scaled.astype(np.float32)[None, :, :, None]
