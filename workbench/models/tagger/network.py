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
        keras = tensorflow.keras
        keras.utils.set_random_seed(seed)
        classes = int(targets.max()) + 1
        model = _build(keras, inputs, classes)
        weights = len(targets) / (classes * np.bincount(targets, minlength=classes))
        found = model.fit(
            _dataset(tensorflow, inputs, targets, weights, seed),
            epochs=epochs,
            shuffle=False,
            verbose=0,
            validation_data=_dataset(tensorflow, *held_out, weights, None),
            callbacks=[
                keras.callbacks.EarlyStopping(
                    monitor="val_loss", patience=PATIENCE, restore_best_weights=True
                ),
                keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: on_epoch(epoch + 1, epochs)),
            ],
        )
        network = cls(model)
        network.history = {name: [float(value) for value in values] for name, values in found.history.items()}
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
    model = keras.Sequential(
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
    model.compile(
        optimizer=keras.optimizers.AdamW(2e-3, weight_decay=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
    )
    return model


def _dataset(
    tensorflow: Any,
    inputs: Inputs,
    targets: Targets,
    weights: npt.NDArray[np.float64],
    shuffle_seed: int | None,
) -> Any:
    data = tensorflow.data.Dataset.from_tensor_slices((inputs, targets, weights[targets].astype(np.float32)))
    if shuffle_seed is not None:
        data = data.shuffle(len(targets), seed=shuffle_seed)
    return data.batch(BATCH).prefetch(2)
