"""Run networks in ONNX files with ONNX Runtime, on one thread because a worker has one core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.lazy_imports import import_once


def open_session(path: Path) -> Any:
    """Load a network.

    Raises
    ------
    MissingPackageError
        ONNX Runtime is not installed.
    ModelError
        The file is damaged or is not an ONNX file.
    """
    runtime = import_once("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Without arena and pattern, two networks need 30 MiB less and the same time.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base class, and all of them mean a bad file
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path.name} cannot be loaded ({reason}); run `workbench models get`.") from error


def run_session(session: Any, inputs: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """Return all outputs for a batch of inputs; the first axis is the batch."""
    name = session.get_inputs()[0].name
    found: list[npt.NDArray[np.float32]] = session.run(None, {name: inputs})
    return found
