"""Import Essentia and TensorFlow at their first use, without output, once, and in the only order that works.

Importing TensorFlow and then Essentia aborts the process (``Op with name Bitcast ALREADY_EXISTS``: the Essentia wheel
contains its own TensorFlow), and Python cannot catch that. The other order works. So :func:`get_tensorflow` imports
Essentia first, and :func:`get_essentia` raises an error if TensorFlow has been imported already.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from workbench.errors import ImportOrderError, MissingPackageError

_INSTALL = {
    "essentia": "essentia-tensorflow",
    "essentia.standard": "essentia-tensorflow",
    "tensorflow": "tensorflow",
}
_WITH_A_NETWORK = ("Tensorflow", "TempoCNN", "PitchCREPE")  # found by creating each and counting threads

_lock = threading.RLock()
_seconds: dict[str, float] = {}


def get_essentia() -> ModuleType:
    """Return ``essentia.standard``, imported at the first call (0.6–0.75 s, 220 MB).

    Raises
    ------
    ImportOrderError
        TensorFlow was imported before, and not by :func:`get_tensorflow`.
    MissingPackageError
        Essentia is not installed.
    """
    with _lock:
        if (
            "essentia.standard" not in _seconds
            and "essentia" not in sys.modules
            and "tensorflow" in sys.modules
        ):
            raise ImportOrderError(
                "TensorFlow was imported before Essentia in this process, and loading Essentia now would abort it. "
                "Restart the kernel or program and call workbench.lazy_imports.get_tensorflow() "
                "instead of `import tensorflow`."
            )
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        essentia = import_once("essentia")
        essentia.log.infoActive = False
        essentia.log.warningActive = False
        return _import_standard(essentia)


def _import_standard(essentia: ModuleType) -> ModuleType:
    """Import ``essentia.standard`` without the algorithms with a network, which are imported at their first use.

    The import creates an object of every algorithm, and those with a network start TensorFlow's threads. Workers that
    are forked afterward do not have these threads, and would wait for them forever at their first network.
    """
    if "essentia.standard" in sys.modules:
        return import_once("essentia.standard")
    native = essentia._essentia
    names = native.keys
    native.keys = lambda: [name for name in names() if not name.startswith(_WITH_A_NETWORK)]
    try:
        standard = import_once("essentia.standard")
    finally:
        native.keys = names

    def at_first_use(name: str) -> Any:
        if name in names():
            return standard._create_essentia_class(name)
        raise AttributeError(f"module 'essentia.standard' has no attribute {name!r}")

    vars(standard).update(__getattr__=at_first_use, algorithmNames=names)
    return standard


def get_tensorflow() -> ModuleType:
    """Return ``tensorflow``, imported at the first call (2.3–3.4 s, 690 MB), after Essentia.

    Raises
    ------
    MissingPackageError
        TensorFlow is not installed.
    """
    with _lock:
        if "tensorflow" not in sys.modules and importlib.util.find_spec("essentia") is not None:
            get_essentia()
        if "tensorflow" in _seconds:
            return sys.modules["tensorflow"]
        with _quiet_native_start():
            return import_once("tensorflow")


@contextmanager
def _quiet_native_start() -> Iterator[None]:
    """Hide the output of TensorFlow's C++ code on file descriptor 2 before its log level applies.

    If the import fails, the text is shown.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def import_once(name: str, *, install: str | None = None) -> ModuleType:
    """Import module ``name`` under the lock and record how long the first import took.

    Parameters
    ----------
    name : str
        Dotted module name.
    install : str, optional
        The package to install if the module is missing; the top-level name by default.

    Raises
    ------
    MissingPackageError
        The module is not installed; the message has the command that installs it.
    """
    with _lock:
        loaded = sys.modules.get(name)
        if loaded is not None and name in _seconds:
            return loaded
        start = time.perf_counter()
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            package = install or _INSTALL.get(name, name.partition(".")[0])
            raise MissingPackageError(
                f"{name} cannot be imported ({error}). Install it with: python -m pip install '{package}'",
                package=package,
            ) from error
        _seconds.setdefault(name, time.perf_counter() - start)
        return module


def get_fftw() -> ModuleType:
    """Return ``pyfftw``, imported without its functions for Dask arrays.

    For them it would import ``dask.array`` where Dask is installed (0.3 s of CPU and 13 MB in every analysis).
    """
    name = "dask.array.fft"
    with _lock:
        if name in sys.modules:
            return import_once("pyfftw")
        sys.modules[name] = None  # type: ignore[assignment]  # pyfftw then takes it for missing
        try:
            return import_once("pyfftw")
        finally:
            del sys.modules[name]


def defer_iri_grammar() -> None:
    """Make jsonschema import ``rfc3987_syntax`` only when it checks its first IRI.

    The package builds a parser when it is imported (2.2 s of CPU time). All parts of Jupyter import jsonschema, which
    imports the package if it is installed, although few schemas have an IRI.
    """
    name = "rfc3987_syntax"
    if name in sys.modules or importlib.util.find_spec(name) is None:
        return
    stand_in = ModuleType(name)

    def is_valid_syntax(term: str, value: str) -> bool:
        with _lock:
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
        return bool(importlib.import_module(name).is_valid_syntax(term, value))

    vars(stand_in)["is_valid_syntax"] = is_valid_syntax
    sys.modules[name] = stand_in


def import_seconds() -> dict[str, float]:
    """Return the seconds of each import by this module, by module name."""
    with _lock:
        return dict(_seconds)
