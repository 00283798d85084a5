"""The output of one model for one file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SILENCE = 10 ** (-80 / 20)  # -80 dBFS, set by hand: far below the level of any audible music
"""Peak, full scale 1.0, under which a file is silent and no mood is predicted for it."""


@dataclass(frozen=True)
class ModelOutput:
    """The output of one model for one file.

    Attributes
    ----------
    model, version, model_hash : str
        Name, version from its JSON, SHA-256 of its ``.pb``.
    embedding : float32 array, shape (d,), or None
        Mean over patches, for an embedding model.
    probabilities : dict of class to float, or None
        Mean over patches, for a head or classifier; ``None`` for a silent file.
    """

    model: str
    version: str
    model_hash: str
    task: str
    embedding: npt.NDArray[np.float32] | None = None
    probabilities: dict[str, float] | None = None
