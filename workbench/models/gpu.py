"""Find out whether TensorFlow sees a GPU, and let it take GPU memory as needed."""

from __future__ import annotations

import logging
import sys
from functools import lru_cache
from typing import Any

from workbench.errors import MissingPackageError
from workbench.lazy_imports import get_tensorflow
from workbench.machine.gpu import RESOURCE

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def prepare_gpu() -> Any:
    """Return ``tensorflow``, which takes GPU memory only as needed, and log which GPU is used."""
    tensorflow = get_tensorflow()
    tensorflow.get_logger().setLevel(logging.ERROR)  # it warns about retracing when a process trains twice
    names = []
    for gpu in tensorflow.config.list_physical_devices("GPU"):
        try:
            tensorflow.config.experimental.set_memory_growth(gpu, enable=True)
            names.append(gpu.name)
        except RuntimeError as error:  # the GPU is in use already, so the setting cannot be changed any more
            logger.warning("memory growth of %s cannot be set: %s", gpu.name, error)
    logger.info("TensorFlow uses %s", ", ".join(names) if names else "the CPU: it sees no GPU")
    return tensorflow


@lru_cache(maxsize=1)
def gpu_count() -> int:
    """Return how many GPUs TensorFlow sees, which loads it; 0 if it is not installed."""
    try:
        return len(prepare_gpu().config.list_physical_devices("GPU"))
    except MissingPackageError:
        return 0


def used_for_training() -> str:
    """Return a sentence that says whether a network is trained on a GPU."""
    if found := gpu_count():
        return f"The network was trained on a GPU ({found} found)."
    return "TensorFlow found no GPU, so the network was trained on the CPU."


def may_use_gpu() -> bool:
    """Whether this process may look for a GPU: a Dask worker may only if it declares the resource."""
    if "distributed" not in sys.modules:
        return True
    from distributed import get_worker

    try:
        return bool(get_worker().state.total_resources.get(RESOURCE))
    except ValueError:  # this is not a worker
        return True
