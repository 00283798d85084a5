"""The resources of a Dask worker that published models require."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from workbench.machine.gpu import RESOURCE
from workbench.models.gpu import gpu_count
from workbench.models.networks.model_file import ModelFile, saved_model_folder

logger = logging.getLogger(__name__)


def embedding_needs(client: Any, models: Sequence[ModelFile]) -> dict[str, int]:
    """Return the resources of a Dask worker that these models need: one GPU, if they can use it.

    Parameters
    ----------
    client : distributed.Client
    models : sequence of ModelFile
        Only models with a SavedModel can run on a GPU. Without any, the workers are not contacted.

    Returns
    -------
    dict
        ``{"GPU": 1}`` if a worker declares a GPU and TensorFlow sees it there; otherwise empty, with a warning that
        tells why the CPU is used.
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
