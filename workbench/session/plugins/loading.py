"""Import plug-ins, again when their file has changed. A plug-in that fails is logged once and left out."""

from __future__ import annotations

import importlib.util
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.session.apps import GROUP as APPS
from workbench.session.apps import OWN_APPS, own_apps

if TYPE_CHECKING:
    from workbench.analysis.own_descriptors import OwnDescriptor

FOLDER = "plugins"
GROUPS = {"workbench.descriptors": "descriptor", "workbench.methods": "method", "workbench.formats": "format"}
_MODULE = "workbench_plugin_"

_log = logging.getLogger(__name__)
_lock = threading.RLock()  # a plug-in may open the workbench while it is imported


@dataclass(frozen=True)
class Plugin:
    """A file, or an entry point of a package, that adds to the workbench.

    Attributes
    ----------
    place : str
        Path of the file, or name and version of the package.
    adds : tuple of str
        What it adds, such as ``"descriptor stereo_width"``.
    problem : str or None
        Why it was not loaded.
    descriptors : tuple of OwnDescriptor
    """

    name: str
    place: str
    adds: tuple[str, ...] = ()
    problem: str | None = None
    descriptors: tuple[OwnDescriptor, ...] = ()


def from_files(folder: Path) -> list[Plugin]:
    """Return the plug-ins in the files of a folder, sorted by name. A file that has changed is read again."""
    paths = sorted(folder.glob("*.py")) if folder.is_dir() else []
    with _lock:
        for gone in [path for path in _loaded if path.parent == folder and path not in paths]:
            _forget(_module_name(gone))
            del _loaded[gone]
        return [_from_file(path) for path in paths]


@cache
def from_packages() -> tuple[Plugin, ...]:
    """Return the plug-ins of installed packages."""
    found = entry_points()
    registered = [
        _from_entry(entry, kind) for group, kind in GROUPS.items() for entry in found.select(group=group)
    ]
    own = own_apps().keys() - OWN_APPS.keys()
    apps = [
        Plugin(entry.name, _package(entry), (f"app {entry.name}",))
        for entry in found.select(group=APPS)
        if entry.name in own
    ]
    return tuple(registered + apps)


_loaded: dict[Path, tuple[tuple[int, int], Plugin]] = {}


def _from_file(path: Path) -> Plugin:
    try:
        status = path.stat()
    except OSError as error:
        return _refused(path.stem, str(path), error)
    stamp = (status.st_mtime_ns, status.st_size)
    if path not in _loaded or _loaded[path][0] != stamp:
        _loaded[path] = (stamp, Plugin(path.stem, str(path)))  # for a plug-in that opens the workbench
        _loaded[path] = (stamp, _loaded_plugin(path.stem, str(path), lambda: _import(path)))
    return _loaded[path][1]


def _from_entry(entry: EntryPoint, kind: str) -> Plugin:
    plugin = _loaded_plugin(entry.name, _package(entry), entry.load)
    return (
        plugin
        if plugin.problem
        else Plugin(entry.name, plugin.place, plugin.adds or (kind,), None, plugin.descriptors)
    )


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _loaded_plugin(name: str, place: str, load: Callable[[], Any]) -> Plugin:
    from workbench.analysis.own_descriptors import OwnDescriptor

    try:
        added = load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the code of a plug-in raises
        return _refused(name, place, error)
    values = list(vars(added).values()) if isinstance(added, ModuleType) else [added]
    marks = {id(mark): mark for value in values if isinstance(mark := _mark(value), OwnDescriptor)}
    descriptors = tuple(marks.values())
    return Plugin(name, place, _adds(descriptors, values), None, descriptors)


def _mark(value: Any) -> Any:
    return vars(value).get("own_descriptor") if isinstance(value, type) else None


def _adds(descriptors: tuple[OwnDescriptor, ...], values: list[Any]) -> tuple[str, ...]:
    from workbench.playlists import FORMATS, METHODS

    functions = {id(value) for value in values}
    return (
        *(f"descriptor {each.about.name}" for each in descriptors),
        *(f"method {name}" for name, method in METHODS.items() if id(method.function) in functions),
        *(f"format {name}" for name, format in FORMATS.items() if id(_plain(format.encode)) in functions),
        *(f"app {name}" for name, make in OWN_APPS.items() if id(make) in functions),
    )


def _plain(function: Any) -> Any:
    return getattr(function, "__wrapped__", function)


def _refused(name: str, place: str, error: BaseException) -> Plugin:
    reason = error.message if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
    _log.warning("The plug-in %s (%s) was not loaded: %s", name, place, reason)
    return Plugin(name, place, problem=reason)


def _module_name(path: Path) -> str:
    """Return a name that no other file of the folder has; a dot would make a package of it."""
    return _MODULE + path.stem.replace("%", "%25").replace(".", "%2E")


def _import(path: Path) -> ModuleType:
    import cloudpickle

    name = _module_name(path)
    _forget(name)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(
            compile(path.read_bytes(), str(path), "exec"), vars(module)
        )  # so that no .pyc file is read, which may be outdated, or written
    except BaseException:
        _forget(name)
        raise
    cloudpickle.register_pickle_by_value(module)  # workers have no such file
    return module


def _forget(module: str) -> None:
    """Remove everything that an earlier import of a file has registered."""
    from workbench.playlists import FORMATS, METHODS

    sys.modules.pop(module, None)
    registries: tuple[tuple[dict[str, Any], Callable[[Any], Any]], ...] = (
        (METHODS, lambda method: method.function),
        (FORMATS, lambda format: format.encode),
        (OWN_APPS, lambda make: make),
    )
    for known, function in registries:
        for name in [name for name, value in known.items() if function(value).__module__ == module]:
            del known[name]
