"""How well tracks of one folder find each other by sound: judge it on your own albums.

``python tests/benchmarks/bench_similarity.py FOLDER [--models DIR]``

FOLDER is a folder of folders; the folder of a track is its label. Everything goes through the analysis and the space of
the product. P@1 and P@5 are the shares of the nearest tracks that have the label of the track, MAP is the mean average
precision. A hub is among the ten nearest of many tracks, an orphan of none. The weight of the sound vector is
cross-validated: it is chosen without the tracks of one label and judged on these.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from workbench.analysis.analyze_file import analyze_and_listen
from workbench.audio.scan import FoundFile, scan
from workbench.errors import WorkbenchError
from workbench.models.networks.listening import ModelListener
from workbench.models.networks.registry import models_that_listen
from workbench.playlists.sound.hubs import mutual_proximity, usual_distances
from workbench.playlists.sound.points import SOUND_WEIGHT
from workbench.playlists.sound.space import Space, space_of
from workbench.settings import Settings
from workbench.store.library.library_table import LibraryTable

Distances = npt.NDArray[np.float64]
Labels = npt.NDArray[np.str_]
WEIGHTS = np.round(np.arange(0, 1.01, 0.1), 1)
NEAREST = 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--models", type=Path, default=Settings.load().models_dir)
    options = parser.parse_args()
    vectors, embeddings, labels = heard(options.folder, options.models)
    print(f"{len(labels)} tracks of {len(set(labels))} folders")
    print(f"{'':32}{'P@1':>7}{'P@5':>7}{'MAP':>7}{'hub':>6}{'orphans':>9}")
    for name, distances in ways(vectors, embeddings):
        show(name, distances, labels)
    if embeddings is not None:
        cross_validate(space_of(table_of(vectors, embeddings)), labels)


def heard(folder: Path, models_dir: Path) -> tuple[np.ndarray, np.ndarray | None, Labels]:
    """Analyze the tracks of all folders with two tracks or more."""
    logging.disable(logging.WARNING)
    settings, models = Settings.load(), models_that_listen(models_dir)
    listen = partial(ModelListener, models) if models else None
    vectors, embeddings, labels = [], [], []
    for file in scan([folder]):
        if isinstance(file, FoundFile):
            try:
                found = analyze_and_listen(file.path, settings, listen)
            except WorkbenchError as error:
                print(f"left out: {error}")
                continue
            vectors.append(found.features.vector)
            said = [output.embedding for output in found.outputs if output.embedding is not None]
            embeddings.append(np.concatenate(said) if said else None)
            labels.append(Path(file.path).relative_to(folder).parts[0])
    names, counts = np.unique(labels, return_counts=True)
    kept = np.isin(labels, names[counts > 1])
    complete = all(embedding is not None for embedding in embeddings)
    if not complete:
        print("Not every track has an embedding (workbench models get): only the sound vector is compared.")
    return np.array(vectors)[kept], np.array(embeddings)[kept] if complete else None, np.array(labels)[kept]


def table_of(vectors: np.ndarray, embeddings: np.ndarray | None) -> LibraryTable:
    status = np.full(len(vectors), "analyzed", object)
    learned = None if embeddings is None else np.asarray(embeddings, np.float32)
    ids = np.arange(1, len(vectors) + 1)
    return LibraryTable("bench", ids, {"status": status}, np.asarray(vectors, np.float32), learned)


def ways(vectors: np.ndarray, embeddings: np.ndarray | None) -> Iterator[tuple[str, Distances]]:
    yield "chance", np.random.default_rng(0).random((len(vectors), len(vectors)))
    alone = space_of(table_of(vectors, None))
    yield "sound vector", plain(alone.points)
    yield "sound vector, mutual proximity", by_product(alone)
    if embeddings is None:
        return
    space = space_of(table_of(vectors, embeddings))
    yield "embedding", plain(space.points[:, space.sound :])
    yield "both", plain(space.points)
    yield "both, mutual proximity (ours)", by_product(space)


def plain(points: np.ndarray) -> Distances:
    return np.array([np.sqrt(np.square(points - point).sum(axis=1)) for point in points], np.float64)


def by_product(space: Space) -> Distances:
    return np.array([space.distances_from(row) for row in range(len(space.points))], np.float64)


def found_by(distances: Distances, labels: Labels) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return, for each track, which of the others, nearest first, have its label, and their order."""
    others = distances.copy()
    np.fill_diagonal(others, np.inf)
    order = np.argsort(others, axis=1, kind="stable")[:, :-1]
    return labels[order] == labels[:, None], order


def precisions(distances: Distances, labels: Labels) -> npt.NDArray[np.float64]:
    """Return P@1, P@5 and average precision of each track, shape (n, 3)."""
    right, _ = found_by(distances, labels)
    at_rank = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    average = [ranks[hits].mean() for ranks, hits in zip(at_rank, right, strict=True)]
    return np.column_stack((right[:, 0], right[:, :5].mean(axis=1), average))


def show(name: str, distances: Distances, labels: Labels) -> None:
    first, five, average = precisions(distances, labels).mean(axis=0)
    _, order = found_by(distances, labels)
    times = np.bincount(order[:, :NEAREST].ravel(), minlength=len(labels))
    print(f"{name:32}{first:>7.3f}{five:>7.3f}{average:>7.3f}{times.max():>6}{(times == 0).sum():>9}")


def cross_validate(space: Space, labels: Labels) -> None:
    """Choose the weight of the sound vector by MAP without one label, and judge it on that label; print both."""
    by_weight = {weight: precisions(weighted(space, weight), labels) for weight in WEIGHTS}
    print("\nweight of the sound vector  " + "".join(f"{weight:>7}" for weight in WEIGHTS))
    for place, name in ((0, "P@1"), (2, "MAP")):
        means = (found[:, place].mean() for found in by_weight.values())
        print(f"{name:28}" + "".join(f"{mean:>7.3f}" for mean in means))
    unseen, chosen = np.empty((len(labels), 3)), []
    for label in np.unique(labels):
        inside = labels == label
        best = max(WEIGHTS, key=lambda weight, inside=inside: by_weight[weight][~inside, 2].mean())
        unseen[inside] = by_weight[best][inside]
        chosen.append(best)
    first, five, average = unseen.mean(axis=0)
    fixed = by_weight[SOUND_WEIGHT].mean(axis=0)
    print(
        f"chosen without the label: {', '.join(map(str, sorted(set(chosen))))}, on the label P@1 {first:.3f}, "
        f"P@5 {five:.3f}, MAP {average:.3f}; at {SOUND_WEIGHT}: {fixed[0]:.3f}, {fixed[1]:.3f}, {fixed[2]:.3f}"
    )


def weighted(space: Space, weight: float) -> Distances:
    points = space.points.copy()
    points[:, : space.sound] *= np.sqrt(weight / SOUND_WEIGHT)
    points[:, space.sound :] *= np.sqrt((1 - weight) / (1 - SOUND_WEIGHT))
    usual = usual_distances(points, points)
    rows = plain(points).astype(np.float32)
    return np.array(
        [
            mutual_proximity(row, (usual.mean, usual.spread), (usual.mean[at], usual.spread[at]))
            for at, row in enumerate(rows)
        ],
        np.float64,
    )


if __name__ == "__main__":
    main()
