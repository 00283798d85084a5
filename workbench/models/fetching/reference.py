"""Check a conversion: run the converted network on a fixed input and compare the outputs with known ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.models.fetching.manifest import FreeNetwork
from workbench.models.networks.onnx_session import open_session, run_session

_TOLERANCE = (
    2e-3  # processors differ by up to 1e-4 on these outputs; a wrong weight changes them by much more
)


def check(network: FreeNetwork, onnx: Path) -> None:
    """Compare the outputs of a converted network with the known ones.

    Raises
    ------
    ModelError
        The outputs differ.
    """
    found = reference_outputs(network, onnx)
    if not np.allclose(found, network.reference, rtol=_TOLERANCE, atol=_TOLERANCE):
        raise ModelError(
            f"{network.name} gives {np.round(found, 3).tolist()} for the reference input, and "
            f"{list(network.reference)} was expected: TensorFlow or tf2onnx converted it wrongly. Nothing was "
            "changed. Report this with the output of `workbench doctor`.",
            model=network.name,
        )


def reference_outputs(network: FreeNetwork, onnx: Path) -> npt.NDArray[np.float32]:
    """Return a few numbers that represent all outputs, for an input of sines.

    For MusiCNN the first four values of the embedding and the first four tags as logits; for TempoCNN the five
    largest probabilities.
    """
    session = open_session(onnx)
    if network.kind == "tempocnn":
        (tempi,) = run_session(session, np.sin(_ramp(1, 40, 256, 1)))
        return np.sort(tempi[0])[-5:]
    tags, embedding = run_session(session, 3 + 3 * np.sin(_ramp(1, 187, 96)))
    return np.concatenate([embedding[0, :4], np.log(tags[0, :4] / (1 - tags[0, :4]))])


def _ramp(*shape: int) -> npt.NDArray[np.float32]:
    return (0.37 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape)
