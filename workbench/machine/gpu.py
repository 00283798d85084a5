"""The GPUs of this machine, counted without loading anything, and how worker processes share them.

Whether TensorFlow can use a GPU is asked where it is to be used: see :mod:`workbench.models.gpu`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The environment variable that says which GPUs a CUDA program sees."""

RESOURCE = "GPU"
"""The Dask resource that workers with a GPU declare, as ``dask worker --resources "GPU=1"`` does."""


def visible_gpus(environment: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Return the GPUs that CUDA programs may use, by the names that ``CUDA_VISIBLE_DEVICES`` gives them.

    Parameters
    ----------
    environment : mapping
        Its ``CUDA_VISIBLE_DEVICES`` counts, where it is set.
    devices : Path
        Folder of device files: ``nvidia0``, ``nvidia1`` …; ``dxg`` is the one GPU of the Windows Subsystem for Linux.
    """
    if (chosen := environment.get(VISIBLE)) is not None:
        names = [name.strip() for name in chosen.split(",") if name.strip()]
        return names[: names.index("-1")] if "-1" in names else names  # what follows -1 is hidden
    numbers = sorted(
        int(path.name.removeprefix("nvidia"))
        for path in devices.glob("nvidia*")
        if path.name.removeprefix("nvidia").isdigit()
    )
    return [str(number) for number in numbers] or (["0"] if (devices / "dxg").exists() else [])


def share_gpus(gpus: Sequence[str], workers: int) -> list[list[str]]:
    """Return the GPUs of each worker: a GPU belongs to one worker, and with too few some workers have none."""
    return [list(gpus[number::workers]) for number in range(workers)]
