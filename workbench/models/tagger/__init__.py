"""Learn tags from the user's own library and predict them, with calibrated probabilities, for its other tracks.

``train``, ``evaluate`` and ``predict`` are plain functions over a :class:`Library`; a trained
tagger is a folder with a network (Keras' own format) or a baseline (arrays), and a card about its training. Only
training and running a network load TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={
        "labels",
        "examples",
        "split",
        "network",
        "baselines",
        "calibration",
        "training_report",
        "storage",
    },
    submod_attrs={
        "train": ["train"],
        "use": ["evaluate", "predict"],
        "training_report": ["TaggerReport", "DoubtfulTrack"],
        "storage": ["taggers"],
        "labels": [
            "labels_from_csv",
            "labels_from_genre",
            "labels_from_playlists",
            "labels_from_ratings",
            "labels_of",
        ],
    },
)
