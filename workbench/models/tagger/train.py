"""Train a tagger: collect examples, split them by artist, fit network and baselines, calibrate, choose, save."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from workbench.models.columns import tagger_inputs
from workbench.models.gpu import used_for_training
from workbench.models.tagger import storage
from workbench.models.tagger.baselines import BASELINES, Classifier
from workbench.models.tagger.calibration import fit_temperature, reliability, softmax
from workbench.models.tagger.examples import Examples, choose_classes, collect
from workbench.models.tagger.labels import labels_of
from workbench.models.tagger.network import Network
from workbench.models.tagger.split import Split, grouped_split
from workbench.models.tagger.training_report import (
    DoubtfulTrack,
    Scores,
    TaggerReport,
    confusion_matrix,
    score,
)

if TYPE_CHECKING:
    from workbench.store.library.library import Library
    from workbench.store.library.library_table import LibraryTable

DOUBTFUL_TRACKS = 30  # about as many as a person listens to at once; set by hand


def train(
    library: Library,
    label: str,
    *,
    folder: Path,
    seed: int = 0,
    csv_file: str | Path | None = None,
    labels: dict[str, str] | None = None,
    epochs: int = 100,
    on_epoch: Callable[[int, int], None] = lambda done, most: None,
) -> TaggerReport:
    """Learn to predict ``label`` and keep the tagger below ``folder``.

    Parameters
    ----------
    library : Library
    label : str
        ``genre``, ``rating``, ``playlist``, or the name of labels that were set by hand or come from ``csv_file``.
    folder : Path
        The folder of taggers, ``taggers/`` in the data folder.
    seed : int
        Seed of the split and the network.
    csv_file : path, optional
        Labels by ``path`` or ``id``; see :func:`workbench.models.tagger.labels.labels_of`.
    labels : dict of content hash to str, optional
        The labels, in place of any other source.
    epochs : int
        Largest number of passes of the network.
    on_epoch : callable
        ``on_epoch(done, most)`` is called after each pass; an exception ends the training.

    Raises
    ------
    ModelError
        There are too few examples. The message says how many are needed. Nothing is written.
    """
    began = time.perf_counter()
    table, inputs = tagger_inputs(library)
    given = labels_of(library, label, csv_file=csv_file, table=table) if labels is None else labels
    examples = collect(table, given)
    classes, left_out = choose_classes(examples, label)
    numbers = {name: number for number, name in enumerate(classes)}
    labeled = np.array([place for place, name in enumerate(examples.labels) if name in numbers], np.intp)
    targets = np.array([numbers[str(examples.labels[place])] for place in labeled], np.intp)
    split = grouped_split(targets, examples.groups[labeled], seed=seed)
    fitted = _fit_all(examples.inputs[labeled], targets, split, seed=seed, epochs=epochs, on_epoch=on_epoch)
    temperatures = {
        kind: fit_temperature(one.logits(examples.inputs[labeled[split.validate]]), targets[split.validate])
        for kind, one in fitted.items()
    }
    test_inputs, test_targets = examples.inputs[labeled[split.test]], targets[split.test]
    tested = {kind: softmax(one.logits(test_inputs), temperatures[kind]) for kind, one in fitted.items()}
    scores = {kind: score(probabilities, test_targets) for kind, probabilities in tested.items()}
    chosen, message = _choose(scores)
    classifier, temperature = fitted[chosen], temperatures[chosen]
    network = fitted[Network.kind]
    trained_at = datetime.now(UTC).isoformat(timespec="seconds")
    report = TaggerReport(
        label=label,
        model_id=f"{storage.predictions_name(label)}@{trained_at}",
        chosen=chosen,
        classes=classes,
        left_out=left_out,
        scores=scores,
        temperature=temperature,
        trained_at=trained_at,
        seed=seed,
        examples={part: len(places) for part, places in split._asdict().items()}
        | {"untagged": sum(name is None for name in examples.labels)},
        confusion=confusion_matrix(tested[chosen], test_targets).tolist(),
        reliability=reliability(tested[chosen], test_targets),
        history=network.history if isinstance(network, Network) else {},
        doubtful=_doubtful(table, examples, classes, classifier, temperature, labeled[split.test]),
        folder=str(folder / label),
        seconds=time.perf_counter() - began,
        inputs=inputs,
        dimensions=examples.inputs.shape[1],
        messages=[message, used_for_training(), *_left_out_messages(left_out)],
    )
    storage.save(
        folder,
        classifier,
        _card(report, library.version(), [examples.contents[place] for place in labeled[split.test]]),
    )
    return report


def _fit_all(
    inputs: npt.NDArray[np.float32],
    targets: npt.NDArray[np.intp],
    split: Split,
    *,
    seed: int,
    epochs: int,
    on_epoch: Callable[[int, int], None],
) -> dict[str, Classifier]:
    x, y = inputs[split.train], targets[split.train]
    fitted: dict[str, Classifier] = {
        kind: baseline.fit(x, y, seed=seed) for kind, baseline in BASELINES.items()
    }
    held_out = (inputs[split.validate], targets[split.validate])
    fitted[Network.kind] = Network.fit(x, y, held_out, seed=seed, epochs=epochs, on_epoch=on_epoch)
    return fitted


def _choose(scores: dict[str, Scores]) -> tuple[str, str]:
    best = max(BASELINES, key=lambda kind: scores[kind].balanced_accuracy)
    network, baseline = scores[Network.kind].balanced_accuracy, scores[best].balanced_accuracy
    if network > baseline:
        return Network.kind, f"The network beats the best baseline ({best}) by {network - baseline:.3f}."
    return best, (
        f"The network ({network:.3f}) does not beat the baseline {best} ({baseline:.3f}), so the baseline "
        "is used."
    )


def _left_out_messages(left_out: dict[str, str]) -> list[str]:
    if not left_out:
        return []
    shown = ", ".join(f"{name} ({why})" for name, why in list(left_out.items())[:5])
    more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
    return [f"Left out for too few examples: {shown}{more}."]


def _doubtful(
    table: LibraryTable,
    examples: Examples,
    classes: tuple[str, ...],
    classifier: Classifier,
    temperature: float,
    tested: npt.NDArray[np.intp],
) -> list[DoubtfulTrack]:
    """Return the most doubtful tracks among those that the tagger did not learn from."""
    untagged = np.array([place for place, name in enumerate(examples.labels) if name is None], np.intp)
    places = np.concatenate([tested, untagged])
    probabilities = softmax(classifier.logits(examples.inputs[places]), temperature)
    predicted = probabilities.argmax(axis=1)
    numbers = {name: number for number, name in enumerate(classes)}
    known = np.array([numbers.get(str(examples.labels[place]), -1) for place in places])
    sure = np.where(known >= 0, probabilities[np.arange(len(places)), known], probabilities.max(axis=1))
    found = []
    for at in np.argsort(sure, kind="stable")[:DOUBTFUL_TRACKS]:
        row = table.row(int(examples.rows[places[at]]))
        found.append(
            DoubtfulTrack(
                row["id"],
                row["path"],
                row["artist"],
                row["title"],
                examples.labels[places[at]],
                classes[predicted[at]],
                float(probabilities[at, predicted[at]]),
            )
        )
    return found


def _card(report: TaggerReport, library_version: str, held_out: list[str]) -> dict[str, Any]:
    from workbench import __version__

    return report.to_dict() | {
        "library_version": library_version,
        "held_out": held_out,
        "workbench": __version__,
    }
