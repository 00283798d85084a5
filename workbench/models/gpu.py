"""Whether TensorFlow sees a GPU, and how it is used: memory as needed, one task a GPU, a message when there is none."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from workbench.errors import MissingPackageError
from workbench.lazy_imports import get_tensorflow
from workbench.machine.gpu import RESOURCE
from workbench.models.networks.model_file import ModelFile, saved_model_folder

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def prepare_gpu() -> Any:
    """Return ``tensorflow`` with its GPUs, if any, set to take memory only as they need it; say which is used."""
    tensorflow = get_tensorflow()
    tensorflow.get_logger().setLevel(logging.ERROR)  # it warns of retracing when a process trains twice
    names = []
    for gpu in tensorflow.config.list_physical_devices("GPU"):
        try:
            tensorflow.config.experimental.set_memory_growth(gpu, enable=True)
            names.append(gpu.name)
        except RuntimeError as error:  # somebody used the GPU before us
            logger.warning("memory growth of %s cannot be set: %s", gpu.name, error)
    logger.info("TensorFlow uses %s", ", ".join(names) if names else "the CPU: it sees no GPU")
    return tensorflow


@lru_cache(maxsize=1)
def gpu_count() -> int:
    """Return how many GPUs TensorFlow sees, which loads it; none where it is not installed."""
    try:
        return len(prepare_gpu().config.list_physical_devices("GPU"))
    except MissingPackageError:
        return 0


def used_for_training() -> str:
    """Say what a network is trained on."""
    if found := gpu_count():
        return f"The network was trained on a GPU ({found} there)."
    return "TensorFlow sees no GPU: the network was trained on the CPU."


def may_use_gpu() -> bool:
    """Whether this process may look for a GPU: any may, but of Dask workers only one that declares the resource."""
    if "distributed" not in sys.modules:
        return True
    from distributed import get_worker

    try:
        return bool(get_worker().state.total_resources.get(RESOURCE))
    except ValueError:  # no worker
        return True


def embedding_needs(client: Any, models: Sequence[ModelFile]) -> dict[str, int]:
    """Return what running these models takes of a Dask worker's resources: one GPU, where there is use for it.

    Parameters
    ----------
    client : distributed.Client
    models : sequence of ModelFile
        Only those with a SavedModel can run on a GPU. With none, nothing is asked of the workers.

    Returns
    -------
    dict
        ``{"GPU": 1}`` when a worker declares a GPU and TensorFlow sees it there; otherwise empty, with a warning
        that says why the CPU is used.
    """
    if not (names := [model.name for model in models if saved_model_folder(model)]):
        return {}
    workers = client.scheduler_info()["workers"]
    declaring = [address for address, facts in workers.items() if facts["resources"].get(RESOURCE)]
    if declaring and any(client.run(gpu_count, workers=declaring).values()):
        return {RESOURCE: 1}
    reason = (
        "TensorFlow sees no GPU on the workers that declare one"
        if declaring
        else "no worker has a GPU (a remote one declares it with --resources GPU=1)"
    )
    logger.warning("%s: %s. The graphs (.pb) are run on the CPU.", ", ".join(names), reason)
    return {}
