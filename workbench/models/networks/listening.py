"""Analyze a file and let networks listen to the same samples: the task that workers run."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.analysis.analyze_file import analyze_file
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workbench.analysis.features import TrackFeatures
    from workbench.models.networks.model_file import ModelFile
    from workbench.models.networks.model_output import ModelOutput
    from workbench.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Analyzed:
    """The features of a file, what models say of it, and how long that took."""

    features: TrackFeatures
    seconds: float
    outputs: tuple[ModelOutput, ...] = ()


def analyze_and_listen(path: str, settings: Settings, models: Sequence[ModelFile] = ()) -> Analyzed:
    """Analyze a file, and run models on a few patches of what is decoded for that.

    A model that fails takes nothing from the analysis: it is logged, and ``workbench embed`` says why.

    Parameters
    ----------
    path : str
    settings : Settings
    models : sequence of ModelFile
        Those with ``patches_per_track``, which describe the track, and one of kind ``tempo``, which votes on the
        octave of its tempo.

    Raises
    ------
    AudioError
        The file cannot be read or decoded.
    """
    start = time.perf_counter()
    if not models:
        return Analyzed(analyze_file(path, settings), time.perf_counter() - start)
    from workbench.models.networks.sampled_models import SampledModels
    from workbench.models.networks.tempo_network import TempoListener

    sampled = SampledModels([model for model in models if model.patches_per_track])
    tempo = next((TempoListener(model) for model in models if model.kind == "tempo"), None)

    def hear(block: npt.NDArray[np.float32], rate: int) -> None:
        sampled.push(block, rate)
        if tempo is not None:
            tempo.push(block, rate)

    features = analyze_file(path, settings, hear=hear, vote=tempo.vote if tempo else None)
    try:
        outputs = tuple(sampled.finish())
    except WorkbenchError as error:
        logger.warning("%s: no model was run: %s", path, error)
        outputs = ()
    return Analyzed(features, time.perf_counter() - start, outputs)
