"""Convert MusiCNN's checkpoint to a frozen graph, and networks of TensorFlow and Keras to ONNX."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.lazy_imports import get_tensorflow, import_once

INPUT, TAGS, EMBEDDING = "model/Placeholder", "model/Sigmoid", "model/dense/BiasAdd"
_TRAINING = "model/Placeholder_2"
_OPSET = 17  # the newest to which tf2onnx 1.17 converts all these networks


def frozen_graph(checkpoint: Path) -> bytes:
    """Return the part of MusiCNN that computes tags and embedding, with the checkpoint's weights as constants.

    Importing the whole graph fails in TensorFlow 2, because its gradients use operations that were removed.

    Parameters
    ----------
    checkpoint : Path
        Folder with ``.meta``, ``.index`` and ``.data-00000-of-00001``.

    Returns
    -------
    bytes
        A ``GraphDef``, the same for the same weights.
    """
    tf = get_tensorflow()
    from tensorflow.core.framework import graph_pb2
    from tensorflow.core.protobuf import meta_graph_pb2

    meta = meta_graph_pb2.MetaGraphDef.FromString((checkpoint / ".meta").read_bytes())
    weights = tf.compat.v1.train.NewCheckpointReader(f"{checkpoint}/")
    needed = _needed({node.name: node for node in meta.graph_def.node})
    graph = graph_pb2.GraphDef()
    for node in meta.graph_def.node:
        if node.name not in needed:
            continue
        if node.op == "VariableV2":
            _add_constant(tf, graph, node.name, weights.get_tensor(node.name))
        elif node.name == _TRAINING:
            _add_constant(tf, graph, node.name, value=False)
        else:
            copy = graph.node.add()
            copy.CopyFrom(node)
            for attribute in ("_output_shapes", "_class"):
                copy.attr.pop(attribute, None)
    return bytes(graph.SerializeToString(deterministic=True))


def _needed(nodes: dict[str, Any]) -> set[str]:
    """Return the names of the nodes from which tags and embedding are computed."""
    needed: set[str] = set()
    waiting = [TAGS, EMBEDDING]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        if name != _TRAINING and nodes[name].op != "VariableV2":
            waiting += [source.partition(":")[0].lstrip("^") for source in nodes[name].input]
    return needed


def _add_constant(tf: Any, graph: Any, name: str, value: Any) -> None:
    tensor = tf.make_tensor_proto(value)
    node = graph.node.add()
    node.name, node.op = name, "Const"
    node.attr["dtype"].type = tensor.dtype
    node.attr["value"].tensor.CopyFrom(tensor)


def graph_to_onnx(graph: bytes) -> bytes:
    """Convert a frozen graph of MusiCNN to ONNX: patches (n, 187, 96) to tags (n, 50) and embeddings (n, 200)."""
    get_tensorflow()
    from tensorflow.core.framework import graph_pb2

    with _quiet():
        model, _ = import_once("tf2onnx").convert.from_graph_def(
            graph_pb2.GraphDef.FromString(graph),
            input_names=[f"{INPUT}:0"],
            output_names=[f"{TAGS}:0", f"{EMBEDDING}:0"],
            opset=_OPSET,
        )
    return bytes(model.SerializeToString())


def keras_to_onnx(path: Path) -> bytes:
    """Convert TempoCNN's Keras file to ONNX: mel frames (n, 40, 256, 1) to 256 probabilities per patch."""
    tf = get_tensorflow()
    with _quiet():
        model = tf.keras.models.load_model(path, compile=False)
        signature = [tf.TensorSpec([None, 40, 256, 1], tf.float32, name="mels")]
        function = tf.function(lambda mels: model(mels, training=False), input_signature=signature)
        converted, _ = import_once("tf2onnx").convert.from_function(function, signature, opset=_OPSET)
    return bytes(converted.SerializeToString())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide the progress of the converter and the advice of TensorFlow."""
    import_once("tf2onnx")
    loggers = [logging.getLogger("tf2onnx"), get_tensorflow().get_logger()]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
