"""Whether TensorFlow sees a GPU, and how it is used: memory as needed, one task a GPU, a message when there is none."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from workbench.lazy_imports import get_tensorflow

logger = logging.getLogger(__name__)

DASK_RESOURCE = "GPU"


@lru_cache(maxsize=1)
def prepare_gpu() -> Any:
    """Return ``tensorflow`` with its GPUs, if any, set to take memory only as they need it; say which is used."""
    tensorflow = get_tensorflow()
    tensorflow.get_logger().setLevel(logging.ERROR)  # it warns of retracing when a process trains twice
    names = []
    for gpu in tensorflow.config.list_physical_devices("GPU"):
        try:
            tensorflow.config.experimental.set_memory_growth(gpu, True)
            names.append(gpu.name)
        except RuntimeError as error:  # somebody used the GPU before us
            logger.warning("memory growth of %s cannot be set: %s", gpu.name, error)
    logger.info("TensorFlow uses %s", ", ".join(names) if names else "the CPU: it sees no GPU")
    return tensorflow


@lru_cache(maxsize=1)
def gpu_count() -> int:
    """Return how many GPUs TensorFlow sees; loads TensorFlow."""
    return len(prepare_gpu().config.list_physical_devices("GPU"))


def worker_resources() -> dict[str, int]:
    """Return what a Dask worker on this machine should announce: its GPUs, each good for one task at a time."""
    return {DASK_RESOURCE: gpu_count()} if gpu_count() else {}
