"""Check the installed packages, and tell how to install missing ones."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from typing import Any

from packaging.requirements import Requirement

from workbench import __version__
from workbench.errors import WorkbenchError
from workbench.machine import memory
from workbench.machine.cpu import available_cores
from workbench.settings import Settings


def examine(settings: Settings) -> dict[str, Any]:
    """Check this installation without loading any heavy package.

    Returns
    -------
    dict
        ``ok`` (bool) and ``checks``: a list of ``{"name", "ok", "found", "fix"}``, ``fix`` null where all is well.
    """
    checks = [_check("playlist-workbench", __version__, ok=True)]
    checks += [_package(requirement) for requirement in _requirements()]
    checks += [
        _sqlite(),
        _data_folder(settings),
        _memory(),
        _models(settings),
        _plugins(settings),
        _config(settings),
    ]
    return {"ok": all(check["ok"] for check in checks), "checks": checks}


def _check(name: str, found: str, *, ok: bool, fix: str | None = None) -> dict[str, Any]:
    return {"name": name, "ok": ok, "found": found, "fix": None if ok else fix}


def _requirements() -> list[Requirement]:
    """Return the requirements of this package, without extras."""
    asked = map(Requirement, importlib.metadata.requires("playlist-workbench") or ())
    return [requirement for requirement in asked if not requirement.marker or requirement.marker.evaluate()]


def _package(requirement: Requirement) -> dict[str, Any]:
    name = requirement.name
    fix = f"python -m pip install '{name}{requirement.specifier}'"
    version = _version(name) or _version(f"{name}-cpu")  # tensorflow-cpu is what the image has
    if version is None:
        return _check(name, "not installed", ok=False, fix=fix)
    fits = requirement.specifier.contains(version, prereleases=True)
    return _check(name, version if fits else f"{version}, not {requirement.specifier}", ok=fits, fix=fix)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _sqlite() -> dict[str, Any]:
    from workbench.store.sqlite import sqlite_module

    fix = "python -m pip install 'pysqlite3>=0.6.1' (older SQLite can corrupt a WAL database)"
    try:
        sqlite_module.require_sound()
        return _check("SQLite", sqlite_module.sqlite_version(), ok=True)
    except WorkbenchError as error:
        return _check("SQLite", str(error), ok=False, fix=fix)


def _data_folder(settings: Settings) -> dict[str, Any]:
    folder = settings.data_dir
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    if not usable:
        return _check(
            "data folder",
            f"{folder} cannot be written",
            ok=False,
            fix="choose another with --data-dir or WORKBENCH_DATA_DIR",
        )
    free_gb = shutil.disk_usage(nearest).free / 1e9
    return _check(
        "data folder",
        f"{folder}, {free_gb:.1f} GB free",
        ok=free_gb > 0.5,
        fix="free some space on this disk",
    )


def _memory() -> dict[str, Any]:
    available_gb = memory.available_bytes() / 1e9
    return _check(
        "cores and memory",
        f"{available_cores()} cores, {available_gb:.1f} GB available",
        ok=available_gb > 1,
        fix="close other programs, or lower ASYNC_WORKERS and CACHE_SIZE_MB",
    )


def _models(settings: Settings) -> dict[str, Any]:
    from workbench.models.networks.registry import find_models

    folder = settings.models_dir
    models = find_models(folder)
    if not models:
        missing = (
            f"none in {folder} (optional: `workbench models get` fetches free ones for genre, voice and mood)"
        )
        return _check("models", missing, ok=True)
    bad = [model for model in models if model.problem]
    found = (
        f"{', '.join(model.name for model in models if not model.problem) or 'none that works'} in {folder}"
    )
    if bad:
        problems = "; ".join(f"{model.name}: {model.problem}" for model in bad)
        return _check("models", f"{found}; not used: {problems}", ok=False, fix="see `workbench models`")
    return _check("models", found, ok=True)


def _plugins(settings: Settings) -> dict[str, Any]:
    from workbench.session.plugins.plugins import Plugins

    plugins = Plugins(settings.data_dir)
    if not plugins:
        return _check("plug-ins", f"none in {plugins.folder} (optional: docs/extending.md)", ok=True)
    found = "; ".join(f"{plugin.name}: {plugin.problem or ', '.join(plugin.adds)}" for plugin in plugins)
    broken = [plugin.place for plugin in plugins if plugin.problem]
    return _check("plug-ins", found, ok=not broken, fix=f"correct or remove {', '.join(broken)}")


def _config(settings: Settings) -> dict[str, Any]:
    defaults = Settings(data_dir=settings.data_dir).to_dict()
    changed = [name for name, value in settings.to_dict().items() if value != defaults[name]]
    found = "changed: " + ", ".join(changed) if changed else "all at their defaults"
    return _check("settings", found, ok=True)
