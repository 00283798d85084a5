"""Frozen graphs with the input and output names of the published models and weights that a reader can follow.

Every embedding is the mean of a patch's mel bands over its frames; every head is a sigmoid or softmax of one band.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.lazy_imports import get_tensorflow

tf = get_tensorflow()
tf1 = tf.compat.v1


def freeze(path: Path, build: Callable[[], None]) -> None:
    graph = tf1.Graph()
    with graph.as_default():
        build()
    path.write_bytes(graph.as_graph_def().SerializeToString())


def describe(path: Path, **metadata: Any) -> None:
    path.with_suffix(".json").write_text(json.dumps({"version": "1"} | metadata))


def node(name: str, shape: list[int], purpose: str | None = None) -> dict[str, Any]:
    facts = {"name": name, "type": "float", "shape": shape}
    return facts if purpose is None else facts | {"output_purpose": purpose}


def audio_model(
    path: Path,
    algorithm: str,
    shape: list[int | None],
    source: str,
    build_outputs: Callable[[Any], None],
    outputs: list[dict[str, Any]],
    **more: Any,
) -> None:
    def build() -> None:
        patches = tf1.placeholder(tf1.float32, shape, name=source)
        build_outputs(tf.reduce_mean(patches, axis=1))

    freeze(path, build)
    describe(
        path,
        inference={"sample_rate": 16000, "algorithm": algorithm},
        schema={"inputs": [node(source, [size for size in shape if size])], "outputs": outputs},
        **more,
    )


def head(
    path: Path,
    weights: np.ndarray,
    classes: list[str],
    output: str,
    embedding: str | None,
    activation: Callable[..., Any],
) -> None:
    def build() -> None:
        x = tf1.placeholder(tf1.float32, [None, len(weights)], name="model/Placeholder")
        activation(tf.matmul(x, tf.constant(weights, tf.float32)), name=output)

    freeze(path, build)
    inference: dict[str, Any] = {"sample_rate": 16000, "algorithm": "TensorflowPredict2D"}
    if embedding:
        inference["embedding_model"] = {"model_name": embedding}
    describe(
        path,
        classes=classes,
        inference=inference,
        schema={
            "inputs": [node("model/Placeholder", [len(weights)])],
            "outputs": [node(output, [len(classes)], "predictions")],
        },
    )


def exported_head(path: Path, weights: np.ndarray, classes: list[str], embedding: str) -> None:
    """A head as it comes out of a SavedModel, such as genre_discogs400: a call of a function in the graph's library."""

    @tf.function(input_signature=[tf.TensorSpec([None, len(weights)], tf.float32)])  # type: ignore[misc]
    def call(features: Any) -> Any:
        return tf.sigmoid(tf.matmul(features, tf.constant(weights, tf.float32)))

    def build() -> None:
        call.get_concrete_function()(
            tf1.placeholder(tf1.float32, [None, len(weights)], name="serving_default_model_Placeholder")
        )

    freeze(path, build)
    source = {"name": "serving_default_model_Placeholder", "shape": ["batch_size", len(weights)]}
    target = {
        "name": "PartitionedCall:0",
        "shape": ["batch_size", len(classes)],
        "output_purpose": "predictions",
    }
    describe(
        path,
        classes=classes,
        inference={
            "sample_rate": 16000,
            "algorithm": "TensorflowPredict2D",
            "embedding_model": {"algorithm": "TensorflowPredictEffnetDiscogs", "model_name": embedding},
        },
        schema={"inputs": [source], "outputs": [target]},
    )


def band_weights(bands: int, columns: list[tuple[int, float]]) -> np.ndarray:
    weights = np.zeros((bands, len(columns)), np.float32)
    for column, (band, weight) in enumerate(columns):
        weights[band, column] = weight
    return weights


def two_outputs(name: str) -> Callable[[Any], None]:
    return lambda mean: tf.raw_ops.IdentityN(input=[tf.sigmoid(mean), mean], name=name)


def maest_outputs(mean: Any) -> None:
    """Tokens of two layers, CLS first, and predictions, under the names of the second version of MAEST."""
    for layer in (6, 7):
        tokens = tf.stack([mean + (7.0 - layer), mean + 1.0, mean + 2.0], axis=1)
        tf1.identity(tokens, name=f"PartitionedCall/Identity_{layer}")
    tf1.sigmoid(mean, name="PartitionedCall/Identity_13")


def write_toy_graphs(folder: Path) -> None:
    saved_model(folder / "toy-discogs-effnet-bs64-1-savedmodel", [64, 128, 96], "melspectrogram")
    musicnn = folder / "toy-msd-musicnn-1.pb"

    def tagging(mean: Any) -> None:
        tf1.identity(mean, name="model/dense/BiasAdd")
        tf1.sigmoid(mean[:, :50], name="model/Sigmoid")

    audio_model(
        musicnn,
        "TensorflowPredictMusiCNN",
        [None, 187, 96],
        "model/Placeholder",
        tagging,
        [
            node("model/Sigmoid", [1, 50], "predictions"),
            node("model/dense_1/BiasAdd", [1, 50], ""),
            node("model/dense/BiasAdd", [1, 96], "embeddings"),
        ],
    )
    audio_model(
        folder / "audioset-vggish-3.pb",
        "TensorflowPredictVGGish",
        [None, 96, 64],
        "model/Placeholder",
        lambda mean: tf1.identity(mean, name="model/vggish/embeddings"),
        [node("model/vggish/embeddings", [64], "embeddings")],
    )
    audio_model(
        folder / "toy-discogs-effnet-bs64-1.pb",
        "TensorflowPredictEffnetDiscogs",
        [64, 128, 96],
        "serving_default_melspectrogram",
        two_outputs("PartitionedCall"),
        [
            node("PartitionedCall:0", [64, 96], "predictions"),
            node("PartitionedCall:1", [64, 96], "embeddings"),
        ],
    )
    audio_model(
        folder / "toy-discogs-maest-30s-pw-2.pb",
        "TensorflowPredictMAEST",
        [1, 1876, 96],
        "melspectrogram",
        maest_outputs,
        [
            node("PartitionedCall/Identity_6", [1, 3, 96], "embeddings"),
            node("PartitionedCall/Identity_7", [1, 3, 96], "embeddings"),
            node("PartitionedCall/Identity_13", [1, 96], "predictions"),
        ],
    )
    audio_model(
        folder / "mood_sad-musicnn-msd-2.pb",
        "TensorflowPredictMusiCNN",
        [None, 187, 96],
        "model/Placeholder",
        lambda mean: tf1.nn.softmax(mean[:, 10:12], name="model/Sigmoid"),
        [node("model/Sigmoid", [2], "predictions")],
        classes=["non_sad", "sad"],
    )
    head(
        folder / "mood_happy-toy-msd-musicnn-1.pb",
        band_weights(96, [(5, 2.0), (60, 1.0)]),
        ["happy", "non_happy"],
        "model/Softmax",
        "toy-msd-musicnn-1",
        tf1.nn.softmax,
    )
    head(
        folder / "voice_instrumental-toy-msd-musicnn-1.pb",
        band_weights(96, [(5, -1.0), (30, 1.0)]),
        ["instrumental", "voice"],
        "model/Softmax",
        "toy-msd-musicnn-1",
        tf1.nn.softmax,
    )
    exported_head(
        folder / "genre_toy-toy-discogs-effnet-1.pb",
        band_weights(96, [(5, -2.0), (60, 1.0), (30, 0.5)]),
        ["Electronic---House", "Jazz---Bop", "Rock---Emo"],
        "toy-discogs-effnet-bs64-1",
    )
    head(
        folder / "deam-toy-msd-musicnn-2.pb",
        band_weights(96, [(5, 1.0), (60, 2.0)]),
        ["valence", "arousal"],
        "model/Identity",
        None,
        tf1.identity,
    )


def saved_model(folder: Path, shape: list[int | None], name: str) -> None:
    """Write the embedding as a SavedModel: the same mean over frames."""

    class Mean(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name=name)])  # type: ignore[misc]
        def __call__(self, patches: Any) -> dict[str, Any]:
            mean = tf.reduce_mean(patches, axis=1)
            return {"activations": tf.sigmoid(mean), "embeddings": mean}

    module = Mean()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)
