"""The result of training or evaluating a tagger: scores beside the baselines', curves, confusion, doubtful tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.cards.card import card, facts, folded, note, table
from workbench.cards.html import Html, element
from workbench.models.tagger.calibration import Reliability, calibration_error, log_loss, reliability
from workbench.readable import counted, span


@dataclass(frozen=True)
class Scores:
    """Scores on examples that were held out. ``chance`` is 1 over the number of classes."""

    balanced_accuracy: float
    accuracy: float
    log_loss: float
    calibration_error: float
    chance: float


@dataclass(frozen=True)
class DoubtfulTrack:
    """A track to check by listening: the prediction differs from its label, or is hardly better than chance.

    ``label`` is ``None`` for a track that the user has not labeled.
    """

    id: int
    path: str
    artist: str | None
    title: str | None
    label: str | None
    predicted: str
    probability: float


@dataclass(frozen=True)
class TaggerReport:
    """The result of training, which is also kept in the card of the tagger.

    Attributes
    ----------
    scores : dict of kind to Scores
        Scores of ``network``, ``logistic`` and ``neighbors`` on the same held-out artists.
    chosen : str
        The kind that is used. The network is chosen only if it is better than both baselines.
    confusion : list of lists of int
        Held-out examples by label (row) and prediction (column), in the order of ``classes``.
    history : dict of name to list of float
        Learning curves of the network, one value per epoch.
    """

    label: str
    model_id: str
    chosen: str
    classes: tuple[str, ...]
    left_out: dict[str, str]
    examples: dict[str, int]
    scores: dict[str, Scores]
    confusion: list[list[int]]
    reliability: Reliability
    temperature: float
    history: dict[str, list[float]]
    doubtful: list[DoubtfulTrack]
    folder: str
    trained_at: str
    seconds: float
    seed: int
    inputs: str
    dimensions: int
    messages: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-serializable values."""
        return asdict(self)

    def __repr__(self) -> str:
        best = self.scores[self.chosen]
        return (
            f"Tagger {self.label}: {', '.join(self.classes)}\n{self.chosen}, balanced accuracy "
            f"{best.balanced_accuracy:.2f} on artists it did not learn from (chance {best.chance:.2f})"
        )

    def _repr_html_(self) -> str:
        confusion = confusion_table(self.classes, self.confusion)
        return card(
            f"Tagger: {self.label}",
            facts(
                [
                    ("Values", ", ".join(self.classes)),
                    ("Learned from", counted(self.examples["train"], "track")),
                    ("Tested with", f"{counted(self.examples['test'], 'track')} of other artists"),
                    ("Chance", f"{self.scores[self.chosen].chance:.0%}"),
                    ("Took", span(self.seconds)),
                ]
            ),
            self._scores_table(),
            *map(note, self.messages),
            folded("Confusion: label (row) and prediction (column)", confusion),
            folded("Tracks to listen to", self._doubtful_table()) if self.doubtful else "",
        )

    def _scores_table(self) -> Html:
        head = ("Kind", "Correct, each class counted equally", "Correct", "Calibration error")
        rows = [
            (
                element("b", f"{kind} (used)") if kind == self.chosen else kind,
                f"{scores.balanced_accuracy:.0%}",
                f"{scores.accuracy:.0%}",
                f"{scores.calibration_error:.0%}",
            )
            for kind, scores in self._best_first()
        ]
        return table(head, rows, right=head[1:])

    def _doubtful_table(self) -> Html:
        head = ("", "Title", "Artist", "Label", "Predicted", "Probability")
        rows = [
            (
                track.id,
                track.title or track.path,
                track.artist,
                track.label,
                track.predicted,
                f"{track.probability:.0%}",
            )
            for track in self.doubtful
        ]
        return table(head, rows, right=("", "Probability"))

    def _best_first(self) -> list[tuple[str, Scores]]:
        return sorted(self.scores.items(), key=lambda item: -item[1].balanced_accuracy)

    def __str__(self) -> str:
        lines = [
            f"{self.label}: {len(self.classes)} classes, {self.examples['train']} tracks to learn from, "
            f"{self.examples['test']} of other artists to test with"
        ]
        for kind, scores in self._best_first():
            mark = "*" if kind == self.chosen else " "
            lines.append(
                f" {mark} {kind:<10} balanced accuracy {scores.balanced_accuracy:.3f} "
                f"(chance {scores.chance:.3f}), calibration error {scores.calibration_error:.3f}"
            )
        return "\n".join([*lines, *self.messages])


def score(probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.intp]) -> Scores:
    """Score probabilities, shape (n, classes), against classes, shape (n,)."""
    confusion = confusion_matrix(probabilities, targets)
    present = confusion.sum(axis=1) > 0
    recalls = np.diag(confusion)[present] / confusion.sum(axis=1)[present]
    return Scores(
        float(recalls.mean()),
        float(np.diag(confusion).sum() / confusion.sum()),
        log_loss(probabilities, targets),
        calibration_error(reliability(probabilities, targets)),
        1.0 / probabilities.shape[1],
    )


def confusion_table(classes: Sequence[str], confusion: Sequence[Sequence[int]]) -> Html:
    """Return a confusion matrix as a table: one row for each label, one column for each prediction."""
    rows = [(name, *counts) for name, counts in zip(classes, confusion, strict=True)]
    return table(("", *classes), rows, right=classes)


def confusion_matrix(
    probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.intp]
) -> npt.NDArray[np.int64]:
    """Count examples by class (row) and most probable class (column)."""
    classes = probabilities.shape[1]
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (targets, probabilities.argmax(axis=1)), 1)
    return counts
