"""How much of MusiCNN's mean over a whole track is left when it hears only a few patches.

``python tests/benchmarks/bench_patches.py FOLDER [FOLDER ...] [--models DIR] [--counts 4 8 16 32]``

For every network and number of patches: the cosine of the mean embedding with that of all patches (plain, and with
each dimension standardized over the tracks), and of the mean tags; where two or more folders hold tracks, how often the
nearest track is of the same folder; and CPU seconds a track, decoding included.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.audio.scan import FoundFile, scan
from workbench.errors import WorkbenchError
from workbench.models.networks.inference import run_models
from workbench.models.networks.model_file import ModelFile
from workbench.models.networks.registry import models_that_listen
from workbench.settings import Settings

ALL = 100_000
"""More patches than a track of three days has."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--models", type=Path, default=Settings.load().models_dir)
    parser.add_argument("--counts", type=int, nargs="+", default=[4, 8, 16, 32])
    options = parser.parse_args()
    paths = [Path(file.path) for file in scan(options.folders) if isinstance(file, FoundFile)]
    for model in (model for model in models_that_listen(options.models) if model.patches_per_track):
        print(f"{model.name}, {len(paths)} tracks")
        print(
            f"{'patches':>8} {'embedding':>18} {'standardized':>18} {'tags':>18} {'same folder':>12} {'CPU s':>8}"
        )
        rows = {count: heard(paths, model, count) for count in (*options.counts, ALL)}
        whole, whole_tags, labels, _ = rows[ALL]
        mean, deviation = whole.mean(axis=0), whole.std(axis=0) + 1e-9
        for count, (embedding, tags, _, cpu) in rows.items():
            scaled = (embedding - mean) / deviation
            print(
                f"{'all' if count == ALL else count:>8} {spread(cosine(embedding, whole))} "
                f"{spread(cosine(scaled, (whole - mean) / deviation))} {spread(cosine(tags, whole_tags))} "
                f"{nearest_alike(scaled, labels):>12} {cpu / len(labels):>8.2f}",
                flush=True,
            )


def heard(paths: list[Path], model: ModelFile, count: int) -> tuple[np.ndarray, np.ndarray, list[str], float]:
    embeddings, tags, labels = [], [], []
    start = time.process_time()
    for path in paths:
        try:
            embedding, said = run_models(str(path), [replace(model, patches_per_track=count)]).outputs
        except WorkbenchError as error:
            print(f"left out: {error}")
            continue
        if said.probabilities is not None:
            embeddings.append(embedding.embedding)
            tags.append(list(said.probabilities.values()))
            labels.append(path.parent.name)
    return np.array(embeddings), np.array(tags), labels, time.process_time() - start


def cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.einsum("ij,ij->i", one, other) / np.maximum(lengths, 1e-12)


def spread(values: np.ndarray) -> str:
    return f"{values.mean():>8.3f} (min {values.min():.3f})"


def nearest_alike(rows: np.ndarray, labels: list[str]) -> str:
    """Return the share of tracks whose nearest, by cosine, is of the same folder."""
    if len(set(labels)) < 2:
        return "-"
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -np.inf)
    names = np.array(labels)
    return f"{(names[alike.argmax(axis=1)] == names).mean():.3f}"


if __name__ == "__main__":
    main()
