"""Tracks with outputs of MusiCNN that fit the content of each track."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench import Workbench
from workbench.models.fetching.manifest import MSD_TAGS, MTT_TAGS
from workbench.store.library.records import FeatureRecord, Prediction, ScannedFile

# title → tags of the file and descriptors, outputs of the network on MSD, outputs of the one on MagnaTagATune
HEARD: dict[str, tuple[dict[str, Any], dict[str, float], dict[str, float]]] = {
    "Nocturne": (
        {"artist": "Chopin", "bpm": 62, "key": "A", "scale": "minor", "camelot": "8A", "loudness_lufs": -24},
        {"instrumental": 0.4, "chillout": 0.2, "Mellow": 0.2},
        {"piano": 0.9, "quiet": 0.5, "soft": 0.4, "no vocals": 0.3, "classical": 0.6},
    ),
    "Piano Rag": (
        {"artist": "Joplin", "bpm": 168, "key": "C", "scale": "major", "camelot": "8B", "loudness_lufs": -14},
        {"jazz": 0.5, "happy": 0.1},
        {"piano": 0.9, "fast": 0.5},
    ),
    "Ballad": (
        {"artist": "Ann", "bpm": 74, "key": "F", "scale": "major", "camelot": "7B", "loudness_lufs": -13},
        {"female vocalists": 0.7, "soul": 0.4, "sad": 0.2},
        {"piano": 0.7, "female": 0.5, "singing": 0.4, "quiet": 0.2},
    ),
    "Stadium": (
        {"artist": "Loud Men", "year": 1984, "genre": "Rock", "bpm": 128, "key": "E", "scale": "minor"},
        {"rock": 0.8, "80s": 0.5, "male vocalists": 0.4, "hard rock": 0.5},
        {"rock": 0.7, "guitar": 0.8, "drums": 0.4, "male": 0.4, "male vocal": 0.3, "loud": 0.3},
    ),
    "Warehouse": (
        {"artist": "Robot", "bpm": 140, "key": "A", "scale": "minor", "camelot": "8A", "loudness_lufs": -7},
        {"electronic": 0.7, "dance": 0.4, "party": 0.2},
        {"techno": 0.8, "beat": 0.3, "synth": 0.5, "no vocals": 0.2},
    ),
}


def fill(wb: Workbench, *, heard: bool = True) -> None:
    """Add the tracks of ``HEARD``, with or without the outputs of networks."""
    for number, (title, (facts, msd, mtt)) in enumerate(HEARD.items()):
        tags = {name: facts[name] for name in ("artist", "year", "genre") if name in facts}
        scalars = {"duration_s": 180.0 + 60 * number, "sample_rate_hz": 44_100, "channels": 2, **facts}
        content = f"{number:032d}"
        wb.library.files.add([ScannedFile(f"/music/{title}.flac", 1000, 1, content, {"title": title} | tags)])
        vector = np.eye(len(HEARD), dtype=np.float32)[number]
        record = {name: value for name, value in scalars.items() if name not in tags}
        wb.library.features.save(content, FeatureRecord(1, record, vector, {}))
        if heard:
            hear(wb, content, msd, mtt)


def hear(wb: Workbench, content: str, msd: Mapping[str, float], mtt: Mapping[str, float]) -> None:
    """Store outputs of networks for a content; all other outputs are small, as in reality."""
    for model, names, said in (("msd", MSD_TAGS, msd), ("mtt", MTT_TAGS, mtt)):
        scores = dict.fromkeys(names.split(", "), 0.01) | said
        found = Prediction(content, f"{model}-musicnn-free-1", "1", "hash", scores)
        wb.library.models.save_predictions([found])
