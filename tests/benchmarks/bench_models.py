"""What models cost: time to the first prediction, steady rate by batch size, memory, training and applying a tagger.

``python tests/benchmarks/bench_models.py [--tracks N] [--minutes M] [--hours H] [--only STEP...]``

The published models may not be shipped, so the graph here is a stand-in of MusiCNN's shape: the same input, two
wide convolutions over frequency, three over time, dense layers; random weights. Models run on one thread, as in a
worker. Each figure is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

RATE = 16_000
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the file that models run on")
    parser.add_argument(
        "--hours", type=float, default=10.0, help="length of the file whose memory is watched"
    )
    parser.add_argument("--only", nargs="+", choices=STEPS, default=list(STEPS), metavar="STEP", help="steps")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        STEPS[options.step](json.loads(os.environ["BENCH_MODELS"]))
        return
    with tempfile.TemporaryDirectory() as folder:
        facts = {
            "folder": folder,
            "tracks": options.tracks,
            "minutes": options.minutes,
            "hours": options.hours,
        }
        for step in options.only:
            run(step, facts)


def run(step: str, facts: dict[str, Any]) -> None:
    environment = os.environ | {"BENCH_MODELS": json.dumps(facts)}
    if step in ONE_THREAD:  # as in a worker
        environment |= dict.fromkeys(THREADS, "1")
    subprocess.run([sys.executable, __file__, "--step", step], env=environment, check=True)


def row(name: str, value: str, note: str = "") -> None:
    print(f"{name:<46} {value:>16}   {note}", flush=True)


def peak_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def build_graph(facts: dict[str, Any]) -> None:
    """Write the stand-in graph and the files that it runs on."""
    import soundfile

    from workbench.lazy_imports import get_tensorflow

    tf = get_tensorflow()
    folder, generator = Path(facts["folder"]), np.random.default_rng(0)

    def weights(*shape: int) -> Any:
        return tf.constant(generator.normal(0, np.sqrt(1 / np.prod(shape[:-1])), shape).astype(np.float32))

    graph = tf.compat.v1.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 187, 96], name="model/Placeholder")[..., None]
        timbre = [tf.nn.relu(tf.nn.conv2d(x, weights(7, bands, 1, 204), 1, "VALID")) for bands in (86, 38)]
        pooled = [tf.reduce_max(part, axis=2) for part in timbre]
        y = tf.concat(pooled, axis=-1)
        for channels in (408, 64, 64):
            y = tf.nn.relu(tf.nn.conv1d(y, weights(7, channels, 64), 1, "SAME"))
        both = tf.concat([tf.reduce_max(y, axis=1), tf.reduce_mean(y, axis=1)], axis=-1)
        dense = tf.identity(tf.matmul(both, weights(128, 200)), name="model/dense/BiasAdd")
        tf.sigmoid(tf.matmul(dense, weights(200, 50)), name="model/Sigmoid")
    (folder / "stand-in-msd-musicnn-1.pb").write_bytes(graph.as_graph_def().SerializeToString())
    describe(folder / "stand-in-msd-musicnn-1.json", dimensions=200)
    for name, minutes in (("long", facts["minutes"]), ("short", facts["minutes"] / 10)):
        noise = generator.normal(0, 0.1, (int(minutes * 60 * 44_100), 1)).astype(np.float32)
        soundfile.write(folder / f"{name}.wav", noise, 44_100)


def describe(path: Path, *, dimensions: int) -> None:
    """Write the JSON that stands beside a graph in the form of Essentia's models."""
    outputs = [{"name": "model/dense/BiasAdd", "shape": [dimensions], "output_purpose": "embeddings"}]
    inputs = [{"name": "model/Placeholder", "shape": [187, 96]}]
    inference = {"sample_rate": RATE, "algorithm": "TensorflowPredictMusiCNN"}
    schema = {"inputs": inputs, "outputs": outputs}
    path.write_text(json.dumps({"version": "1", "inference": inference, "schema": schema}))


def published(facts: dict[str, Any], name: str = "long", batch: int | None = None) -> None:
    from dataclasses import replace

    from workbench.models.networks.inference import run_models, warm_up
    from workbench.models.networks.registry import usable_models

    models = usable_models(Path(facts["folder"]))
    if batch:
        models = tuple(replace(model, batch=batch) for model in models)
    start = time.perf_counter()
    warm_up(models)
    loaded = time.perf_counter()
    run_models(str(Path(facts["folder"]) / "short.wav"), models)
    first = time.perf_counter()
    cpu = time.process_time()
    found = run_models(str(Path(facts["folder"]) / f"{name}.wav"), models)
    cpu_rate = found.audio_seconds / (time.process_time() - cpu)
    rate = found.audio_seconds / found.seconds
    if batch is None:
        row("import Essentia and load the graph", f"{loaded - start:.2f} s")
        row("to the first result, a file of a tenth", f"{first - start:.2f} s")
    row(
        f"steady rate, batches of {models[0].front.batch}",
        f"{rate:.0f} × real time",
        f"{cpu_rate:.0f} by CPU time, {facts['minutes']:g} minutes, peak {peak_mib():.0f} MiB",
    )


def build_mean_graph(facts: dict[str, Any]) -> None:
    """Write a graph that only takes means, for a file so long that a network would take an hour."""
    from workbench.lazy_imports import get_tensorflow

    tf, folder = get_tensorflow(), Path(facts["folder"]) / "mean"
    folder.mkdir()
    graph = tf.compat.v1.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 187, 96], name="model/Placeholder")
        tf.reduce_mean(x, axis=1, name="model/dense/BiasAdd")
    (folder / "mean-msd-musicnn-1.pb").write_bytes(graph.as_graph_def().SerializeToString())
    describe(folder / "mean-msd-musicnn-1.json", dimensions=96)


def long_memory(facts: dict[str, Any], hours: float) -> None:
    """Run the graph of means over a file of this length and show the most memory that the process had."""
    import soundfile

    from workbench.models.networks.inference import run_models
    from workbench.models.networks.registry import usable_models

    path, generator = Path(facts["folder"]) / "hours.wav", np.random.default_rng(0)
    minute = generator.normal(0, 0.1, 60 * RATE).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for _ in range(round(hours * 60)):
            file.write(minute)
    found = run_models(str(path), usable_models(Path(facts["folder"]) / "mean"))
    path.unlink()
    row(
        f"memory with a file of {hours * 60:g} minutes",
        f"{peak_mib():.0f} MiB",
        f"{found.audio_seconds:.0f} s of audio, {found.patches['mean-msd-musicnn-1']} patches",
    )


def short_memory(facts: dict[str, Any]) -> None:
    from workbench.models.networks.inference import run_models
    from workbench.models.networks.registry import usable_models

    run_models(str(Path(facts["folder"]) / "short.wav"), usable_models(Path(facts["folder"])))
    row("the same, a file of a tenth", "", f"{facts['minutes'] / 10:g} minutes, peak {peak_mib():.0f} MiB")


def make_library(facts: dict[str, Any]) -> None:
    """A library of ten styles, 40 artists each, every tenth track without a tag, with an embedding of 200."""
    from workbench.store.library.records import Embedding, FeatureRecord, ScannedFile

    generator = np.random.default_rng(1)
    styles, dimensions = 10, 64
    centers = generator.normal(0, 1, (styles, dimensions))
    artists = generator.normal(0, 1, (styles * 40, dimensions))
    with opened(facts) as library, library.transaction():
        files, embeddings = [], []
        for number in range(facts["tracks"]):
            style, artist, content = number % styles, number % (styles * 40), f"{number:032x}"
            tags = {
                "artist": f"artist {artist}",
                "title": str(number),
                "album": "a",
                "genre": None if number // 400 % 10 == 9 else f"style {style}",
            }
            files.append(ScannedFile(f"/music/{number}.flac", 1, 1, content, tags))
            vector = (centers[style] + artists[artist] + generator.normal(0, 1.5, dimensions)).astype(
                np.float32
            )
            library.features.save(content, FeatureRecord(1, {"bpm": 120.0}, vector, {}))
            embeddings.append(Embedding(content, "msd-musicnn-1", "1", "ab", generator.normal(0, 1, 200)))
        library.files.add(files)
        library.models.save_embeddings(embeddings)


class opened:
    """The benchmark's library, closed at the end."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.path = Path(facts["folder"]) / "library.sqlite3"

    def __enter__(self) -> Any:
        from workbench.store.database_pool import DatabasePool
        from workbench.store.library.library import Library

        self.pool = DatabasePool(self.path)
        return Library(self.pool)

    def __exit__(self, *_: object) -> None:
        self.pool.close()


def train(facts: dict[str, Any]) -> None:
    from workbench.models import tagger

    with opened(facts) as library:
        start, cpu = time.perf_counter(), time.process_time()
        report = tagger.train(library, "genre", folder=Path(facts["folder"]) / "taggers")
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    epochs = len(report.history["loss"])
    row(
        f"train on {facts['tracks']} tracks, imports included",
        f"{seconds:.1f} s",
        f"{cpu:.1f} s of CPU, {report.dimensions} inputs, {epochs} epochs; under 60 s wanted",
    )
    for kind, scores in report.scores.items():
        row(
            f"  {kind}, balanced accuracy",
            f"{scores.balanced_accuracy:.3f}",
            f"calibration error {scores.calibration_error:.3f}",
        )
    row("  used", report.chosen)


def keep_network(facts: dict[str, Any]) -> None:
    """Keep a network as a tagger of its own, so that applying it is measured whichever kind was chosen."""
    from workbench.models.columns import tagger_inputs
    from workbench.models.tagger import storage
    from workbench.models.tagger.examples import collect
    from workbench.models.tagger.labels import labels_of
    from workbench.models.tagger.network import Network

    folder = Path(facts["folder"]) / "taggers"
    card = storage.load(folder, "genre").card
    with opened(facts) as library:
        table, _ = tagger_inputs(library)
        examples = collect(table, labels_of(library, "genre", table=table))
    known = [place for place, name in enumerate(examples.labels) if name is not None]
    targets = np.array([card["classes"].index(examples.labels[place]) for place in known])
    inputs = examples.inputs[known]
    network = Network.fit(inputs, targets, (inputs, targets), seed=0, epochs=1)
    storage.save(folder, network, card | {"label": "network", "chosen": Network.kind})


def apply(facts: dict[str, Any], label: str = "genre") -> None:
    from workbench.lazy_imports import import_seconds
    from workbench.models import tagger

    with opened(facts) as library:
        start, cpu = time.perf_counter(), time.process_time()
        found, predictions = tagger.predict(
            library, label, folder=Path(facts["folder"]) / "taggers", everything=True
        )
        library.models.save_predictions(predictions)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    kind = "the chosen tagger" if label == "genre" else "the network"
    imports = sum(import_seconds().values())
    row(
        f"apply {kind} to {found.predicted}",
        f"{seconds - imports:.1f} s",
        f"and {imports:.1f} s of imports; {cpu:.1f} s of CPU in all; under 5 s wanted",
    )


STEPS: dict[str, Any] = {
    "graph": build_graph,
    "published": published,
    "short file": short_memory,
    "batch of 8": lambda facts: published(facts, batch=8),
    "batch of 64": lambda facts: published(facts, batch=64),
    "graph of means": build_mean_graph,
    "ten minutes": lambda facts: long_memory(facts, 1 / 6),
    "ten hours": lambda facts: long_memory(facts, facts["hours"]),
    "library": make_library,
    "train": train,
    "apply": apply,
    "keep network": keep_network,
    "apply network": lambda facts: apply(facts, "network"),
}

ONE_THREAD = ("published", "short file", "batch of 8", "batch of 64", "ten minutes", "ten hours")

if __name__ == "__main__":
    main()
