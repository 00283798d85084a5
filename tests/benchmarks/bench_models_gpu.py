"""MusiCNN on the CPU and on a GPU: patches a second by batch size. Stands alone, for a machine without the workbench.

``python bench_models_gpu.py GRAPH.pb [GRAPH.onnx] [--seconds 3]``

The graphs are those that ``workbench models get`` writes to MODELS_DIR (``msd-musicnn-free-1``). Needs ``numpy`` and
``tensorflow`` for the first, ``onnxruntime`` or ``onnxruntime-gpu`` for the second; what is missing is said and left
out. Outputs of every way of running are compared with the first one.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

BATCHES = (1, 8, 64, 256)
PATCHES_PER_TRACK = 8
INPUT, OUTPUTS = "model/Placeholder:0", ("model/Sigmoid:0", "model/dense/BiasAdd:0")
Run = Callable[[np.ndarray], list[np.ndarray]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("graphs", nargs="+", type=Path, metavar="GRAPH")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each measurement")
    options = parser.parse_args()
    patches = (6 * np.random.default_rng(0).random((max(BATCHES), 187, 96))).astype(np.float32)
    expected: list[np.ndarray] | None = None
    print(f"{'runtime':<34} {'batch':>6} {'patches/s':>10} {'tracks/s':>9} {'difference':>11}")
    for name, run in runtimes(options.graphs):
        found = run(patches[:8])
        expected = expected or found
        difference = max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
        for batch in BATCHES:
            rate = patches_a_second(run, patches[:batch], options.seconds)
            print(
                f"{name:<34} {batch:>6} {rate:>10.0f} {rate / PATCHES_PER_TRACK:>9.1f} {difference:>11.1e}",
                flush=True,
            )


def patches_a_second(run: Run, patches: np.ndarray, seconds: float) -> float:
    run(patches)
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        run(patches)
        count += len(patches)
    return count / spent


def runtimes(graphs: list[Path]) -> Iterator[tuple[str, Run]]:
    for path in graphs:
        try:
            yield from by_tensorflow(path) if path.suffix == ".pb" else by_onnx(path)
        except ImportError as error:
            print(f"{path.name} is left out: {error}")


def by_tensorflow(path: Path) -> Iterator[tuple[str, Run]]:
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, enable=True)
    graph = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    devices = [
        device.name for device in tf.config.list_logical_devices() if device.device_type in ("CPU", "GPU")
    ]
    print(f"TensorFlow {tf.__version__}: {', '.join(devices)}")

    def loaded(device: str) -> Run:
        with tf.device(device):
            wrapped = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(graph, name=""), [])
            function = wrapped.prune(INPUT, list(OUTPUTS))

        def run(patches: np.ndarray) -> list[np.ndarray]:
            with tf.device(device):
                return [output.numpy() for output in function(tf.constant(patches))]

        return run

    for device in devices:
        yield f"TensorFlow {device.removeprefix('/device:')}", loaded(device)


def by_onnx(path: Path) -> Iterator[tuple[str, Run]]:
    import onnxruntime

    wanted = ("CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider")
    there = onnxruntime.get_available_providers()
    print(f"ONNX Runtime {onnxruntime.__version__}: {', '.join(there)}")
    for provider in (name for name in wanted[:2] if name in there):
        for threads in (1, 0) if provider == wanted[0] else (0,):
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            session = onnxruntime.InferenceSession(str(path), options, providers=[provider, wanted[0]])
            if session.get_providers()[0] != provider:
                print(f"{provider} could not be started")
                continue
            what = "all threads" if not threads else "1 thread"
            name = f"ONNX {provider.removesuffix('ExecutionProvider')}" + (
                f", {what}" if provider == wanted[0] else ""
            )
            yield name, lambda patches, session=session: session.run(None, {INPUT: patches})


if __name__ == "__main__":
    main()
