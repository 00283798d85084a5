"""Count the GPUs of this machine without loading libraries, and share them among worker processes.

:mod:`workbench.models.gpu` checks whether TensorFlow can use a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The environment variable with the GPUs that a CUDA program may use."""

RESOURCE = "GPU"
"""The Dask resource that workers with a GPU declare, as with ``dask worker --resources "GPU=1"``."""


def visible_gpus(environment: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Return the GPUs that CUDA programs may use, by their names for ``CUDA_VISIBLE_DEVICES``.

    Parameters
    ----------
    environment : mapping
        Environment, whose ``CUDA_VISIBLE_DEVICES`` is used if it is set.
    devices : Path
        Folder of device files: ``nvidia0``, ``nvidia1`` …; ``dxg`` is the GPU of the Windows Subsystem for Linux.
    """
    if (chosen := environment.get(VISIBLE)) is not None:
        names = [name.strip() for name in chosen.split(",") if name.strip()]
        return names[: names.index("-1")] if "-1" in names else names  # devices after -1 are hidden
    numbers = sorted(
        int(path.name.removeprefix("nvidia"))
        for path in devices.glob("nvidia*")
        if path.name.removeprefix("nvidia").isdigit()
    )
    return [str(number) for number in numbers] or (["0"] if (devices / "dxg").exists() else [])


def share_gpus(gpus: Sequence[str], workers: int) -> list[list[str]]:
    """Return the GPUs of each worker. A GPU belongs to one worker, so some workers have none if there are too few."""
    return [list(gpus[number::workers]) for number in range(workers)]
