"""The GPUs of this machine, and how the workers of our own cluster share them: each GPU belongs to one worker.

Nothing is loaded to count them. Whether TensorFlow can use one is asked where it is to be used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_gpus(environment: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Return the GPUs that CUDA programs may use, by the names that ``CUDA_VISIBLE_DEVICES`` gives them.

    Parameters
    ----------
    environment : mapping
        Its ``CUDA_VISIBLE_DEVICES`` counts, where it is set.
    devices : Path
        Folder of device files: ``nvidia0``, ``nvidia1``…; ``dxg`` is the one GPU of Windows' Linux.
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


def share(gpus: Sequence[str], workers: int) -> list[list[str]]:
    """Return which GPUs each worker has: none twice, some workers none when there are too few."""
    return [list(gpus[number::workers]) for number in range(workers)]
