"""The network of a tagger: two small dense layers in Keras, with weighted classes, early stopping and a seed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ModelError
from workbench.models.gpu import prepare_gpu
from workbench.models.tagger.baselines import Inputs, Targets
from workbench.models.tagger.calibration import softmax

BATCH = 128  # a usual size; set by hand
PATIENCE = 8  # epochs without improvement before training stops; set by hand
ROWS_AT_A_TIME = 4096  # bounds memory; set by hand


class Network:
    """A trained Keras model that gives logits."""

    kind = "network"

    def __init__(self, model: Any) -> None:
        self.model = model
        self.history: dict[str, list[float]] = {}

    @classmethod
    def fit(
        cls,
        inputs: Inputs,
        targets: Targets,
        held_out: tuple[Inputs, Targets],
        *,
        seed: int,
        epochs: int = 100,
        on_epoch: Callable[[int, int], None] = lambda done, most: None,
    ) -> Network:
        """Train until the held-out loss has not improved for a while, and keep the best weights.

        Parameters
        ----------
        inputs, targets : arrays, shapes (n, d) and (n,)
        held_out : inputs and targets of the examples for early stopping
        seed : int
            The same seed on the same machine gives the same network.
        epochs : int
            Largest number of passes.
        on_epoch : callable
            ``on_epoch(done, epochs)`` is called after each pass.
        """
        tensorflow = prepare_gpu()
        tensorflow.keras.utils.set_random_seed(seed)
        classes = int(targets.max()) + 1
        weights = len(targets) / (classes * np.bincount(targets, minlength=classes))
        network = cls(_build(tensorflow.keras, inputs, classes))
        learn = _learning_step(tensorflow, network.model, inputs, targets, weights)
        chance = np.random.default_rng(seed)
        history: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
        least, best_epoch, best_weights = np.inf, 0, network.model.get_weights()
        for epoch in range(epochs):
            places = chance.permutation(len(targets))
            batches = np.split(places, range(BATCH, len(places), BATCH))
            learned = np.concatenate([learn(batch) for batch in batches], dtype=np.float64)
            measured = {"": (learned, targets[places]), "val_": (network.logits(held_out[0]), held_out[1])}
            for prefix, (logits, wanted) in measured.items():
                loss, accuracy = _loss_and_accuracy(logits, wanted, weights)
                history[f"{prefix}loss"].append(loss)
                history[f"{prefix}accuracy"].append(accuracy)
            if history["val_loss"][-1] < least:
                least, best_epoch, best_weights = history["val_loss"][-1], epoch, network.model.get_weights()
            on_epoch(epoch + 1, epochs)
            if epoch - best_epoch >= PATIENCE:
                break
        network.model.set_weights(best_weights)
        network.history = history
        return network

    def logits(self, inputs: Inputs) -> npt.NDArray[np.float64]:
        chunks = np.array_split(inputs, max(1, len(inputs) // ROWS_AT_A_TIME))
        return np.concatenate([np.asarray(self.model(chunk, training=False), np.float64) for chunk in chunks])

    def save(self, path: Path) -> None:
        """Write Keras' own format: a zip with JSON and weights, no pickle."""
        self.model.save(path)

    @classmethod
    def load(cls, path: Path) -> Network:
        """Read a file of :meth:`save`; code in the file is not run.

        Raises
        ------
        ModelError
            The file is missing or damaged.
        """
        tensorflow = prepare_gpu()
        try:
            return cls(tensorflow.keras.models.load_model(path, compile=False, safe_mode=True))
        except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(
                f"{path} cannot be read as a trained network ({type(error).__name__}); train the tagger "
                "again.",
                path=str(path),
            ) from error


def _build(keras: Any, inputs: Inputs, classes: int) -> Any:
    normalize = keras.layers.Normalization()
    normalize.adapt(inputs)
    return keras.Sequential(
        [
            keras.Input((inputs.shape[1],)),
            normalize,
            keras.layers.Dense(96, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(48, activation="relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(classes),
        ]
    )


def _learning_step(
    tensorflow: Any, model: Any, inputs: Inputs, targets: Targets, weights: npt.NDArray[np.float64]
) -> Any:
    """Return a function that trains on the examples with the given indices and returns the logits from before.

    Keras' ``model.fit`` would take a second of CPU time for its graph, more than all epochs of a small library.
    """
    optimizer = tensorflow.keras.optimizers.AdamW(2e-3, weight_decay=1e-3)
    optimizer.build(model.trainable_variables)
    examples = [tensorflow.constant(each) for each in (inputs, targets, weights[targets].astype(np.float32))]

    def learn(places: Any) -> Any:
        some, wanted, weighted = (tensorflow.gather(array, places) for array in examples)
        with tensorflow.GradientTape() as tape:
            logits = model(some, training=True)
            losses = tensorflow.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
            loss = tensorflow.reduce_mean(weighted * losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return logits

    some_places = tensorflow.TensorSpec([None], tensorflow.int64)
    return tensorflow.function(learn, input_signature=[some_places], autograph=False)


def _loss_and_accuracy(
    logits: npt.NDArray[np.float64], targets: Targets, weights: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Return the mean weighted loss in nats and the weighted share of examples that are right."""
    weighted = weights[targets]
    right = logits.argmax(axis=1) == targets
    chosen = np.log(softmax(logits)[np.arange(len(targets)), targets].clip(1e-12))
    return float(-(weighted * chosen).mean()), float(np.average(right, weights=weighted))
