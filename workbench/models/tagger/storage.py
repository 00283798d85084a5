"""A trained tagger on disk: a folder with ``card.json`` and its weights. Nothing in it is pickled."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import ModelError
from workbench.models.tagger.baselines import BASELINES, Classifier
from workbench.models.tagger.network import Network

CARD = "card.json"
NETWORK = "network.keras"
ARRAYS = "arrays.npz"
_RENAMED_KINDS = {"neighbours": "neighbors"}  # spellings in cards of version 0.1.0


@dataclass(frozen=True)
class Tagger:
    """A trained tagger: the classifier, and the card about its training."""

    classifier: Classifier
    card: dict[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.card["classes"])

    @property
    def name(self) -> str:
        """The name under which its predictions are stored: ``tagger:genre``."""
        return predictions_name(self.card["label"])


def predictions_name(label: str) -> str:
    """Return the model name under which a tagger's predictions are stored."""
    return f"tagger:{label}"


def taggers(folder: Path) -> list[dict[str, Any]]:
    """Return the cards of the taggers in a folder, by label; damaged ones have a ``problem``."""
    cards = []
    for path in sorted(folder.glob(f"*/{CARD}")):
        try:
            cards.append(_read_card(path))
        except ModelError as error:
            cards.append({"label": path.parent.name, "problem": str(error)})
    return cards


def save(folder: Path, classifier: Classifier, card: dict[str, Any]) -> Path:
    """Write a tagger into a new folder, which replaces the folder of the same label only when it is complete.

    A tagger has two files that belong together, so the whole folder is replaced.
    """
    target = folder / _folder_name(card["label"])
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=folder))
    try:
        weights = _write_weights(fresh, classifier)
        card = card | {"weights": weights.name, "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}
        (fresh / CARD).write_text(
            json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8"
        )
        old = target.with_name(f".{target.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def load(folder: Path, label: str) -> Tagger:
    """Read a stored tagger.

    Raises
    ------
    ModelError
        There is no tagger for that label, or it is damaged.
    """
    path = folder / _folder_name(label) / CARD
    if not path.exists():
        trained = ", ".join(card["label"] for card in taggers(folder)) or "none"
        raise ModelError(
            f"No tagger for {label} has been trained (trained: {trained}); run "
            f"`workbench tagger train --label {label}`.",
            label=label,
        )
    card = _read_card(path)
    weights = path.parent / Path(str(card["weights"])).name
    if not weights.exists() or hashlib.sha256(weights.read_bytes()).hexdigest() != card["sha256"]:
        raise ModelError(
            f"{weights} is missing or not the file that {path} describes; train the tagger again.",
            label=label,
        )
    return Tagger(_read_weights(weights, str(card["chosen"])), card)


def _folder_name(label: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", label):
        raise ModelError(f"{label!r} cannot name a tagger; use letters, digits, - and _.", label=label)
    return label


def _write_weights(folder: Path, classifier: Classifier) -> Path:
    if isinstance(classifier, Network):
        classifier.save(folder / NETWORK)
        return folder / NETWORK
    np.savez(folder / ARRAYS, allow_pickle=False, **classifier.arrays)  # type: ignore[attr-defined]
    return folder / ARRAYS


def _read_weights(path: Path, kind: str) -> Classifier:
    if kind == Network.kind:
        return Network.load(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return BASELINES[kind](dict(arrays))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path} cannot be read ({error}); train the tagger again.", path=str(path)
        ) from error


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        missing = [
            name
            for name in ("label", "classes", "chosen", "temperature", "weights", "sha256", "inputs")
            if name not in card
        ]
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path} cannot be read ({error}); train the tagger again.", path=str(path)
        ) from error
    if missing:
        raise ModelError(f"{path} lacks {missing[0]}; train the tagger again.", path=str(path))
    return dict(card, chosen=_RENAMED_KINDS.get(card["chosen"], card["chosen"]))
