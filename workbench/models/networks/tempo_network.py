"""TempoCNN: how likely each tempo from 30 to 285 BPM is, for a stretch of mono sound.

Source: Schreiber and Müller, "Musical tempo and key estimation using convolutional neural networks with directional
filters", SMC 2019; the network is ``deeptemp_k4`` of the package tempocnn (AGPL-3.0).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.lazy_imports import get_essentia
from workbench.models.networks.onnx_session import open_session, run_session
from workbench.models.networks.registry import find_models

RATE = 11_025
LOWEST_BPM = 30
_FRAME, _HOP, _PATCH, _PATCH_HOP = 1024, 512, 256, 128

TempoNetwork = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Mono samples at 11,025 Hz, shape (n,), to probabilities by tempo, shape (256,): ``LOWEST_BPM`` + index is the BPM."""


def load_tempo_network(models_dir: Path | None) -> TempoNetwork | None:
    """Load the network for tempo that ``workbench models get`` has fetched.

    Returns
    -------
    callable or None
        Maps mono samples at 11,025 Hz to the mean over patches of 11.9 s, each half a patch after the one before;
        shorter sound is filled up with silence. ``None`` where the network is not there.

    Raises
    ------
    MissingPackageError
        ONNX Runtime is not installed.
    """
    found = [model for model in find_models(models_dir) if model.kind == "tempo" and not model.problem]
    if not found:
        return None
    session = open_session(Path(found[0].path))

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
    """Return one patch with mean 0 and deviation 1, as this network was trained, shape (1, 40, 256, 1)."""
    patch = np.zeros((40, _PATCH))
    patch[:, : len(bands)] = bands.T
    deviation = patch.std()
    scaled = (patch - patch.mean()) / deviation if deviation else patch
    return scaled.astype(np.float32)[None, :, :, None]
