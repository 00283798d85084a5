"""Run networks on a file while it is analyzed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workbench.models.networks.model_file import ModelFile
    from workbench.models.networks.model_output import ModelOutput


class ModelListener:
    """Runs models on a few patches of the sound that the analysis decodes.

    Parameters
    ----------
    models : sequence of ModelFile
        Models with ``patches_per_track``, which describe the track, and a model of kind ``tempo``.

    Attributes
    ----------
    vote : callable or None
        Votes on the octave of the tempo, if there is a model of kind ``tempo``.
    """

    def __init__(self, models: Sequence[ModelFile]) -> None:
        from workbench.models.networks.sampled_models import SampledModels
        from workbench.models.networks.tempo_network import TempoListener

        self._sampled = SampledModels([model for model in models if model.patches_per_track])
        self._tempo = next((TempoListener(model) for model in models if model.kind == "tempo"), None)
        self.vote = self._tempo.vote if self._tempo else None

    def hear(self, block: npt.NDArray[np.float32], rate: int) -> None:
        """Take the next samples, shape (n, channels), of a stream at ``rate`` Hz."""
        self._sampled.push(block, rate)
        if self._tempo is not None:
            self._tempo.push(block, rate)

    def finish(self) -> list[ModelOutput]:
        """Run the models and return their outputs.

        Raises
        ------
        ModelError
            A model cannot be loaded, or its outputs are not finite.
        """
        return list(self._sampled.finish())
