"""Settings: argument > environment ``WORKBENCH_<NAME>`` > ``workbench.toml`` (data folder, then current) > default.

This is the one place that reads the environment. A bad value is refused with its name, value and what is allowed.
"""

from __future__ import annotations

import os
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workbench.errors import SettingsError
from workbench.machine.cpu import available_cores

PREFIX = "WORKBENCH_"
CONFIG_NAME = "workbench.toml"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
SECRET = ("token", "redis_url")  # which may hold a password


def _default_data_dir() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("playlist-workbench", appauthor=False))


def _setting(
    default: Any = None,
    *,
    help: str,
    low: float | None = None,
    high: float | None = None,
    factory: Callable[[], Any] | None = None,
) -> Any:
    metadata = {"help": help, "low": low, "high": high}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one workbench. ``Settings.load()`` reads them; the constructor alone takes the defaults."""

    data_dir: Path = _setting(factory=_default_data_dir, help="database, backups, scheduler file, models")
    cache_size_mb: float = _setting(
        256.0, low=1, high=1_000_000, help="memory for each process's caches, MiB"
    )
    cache_ttl_seconds: float = _setting(3600.0, low=1, high=10**9, help="age at which a cached value expires")
    db_min_connections: int = _setting(2, low=1, high=100, help="readers kept open")
    db_max_connections: int = _setting(10, low=2, high=1000, help="readers and writer at most")
    async_workers: int = _setting(
        factory=lambda: min(4, available_cores()), low=1, high=1024, help="analysis workers"
    )
    process_pool: bool = _setting(True, help="workers are processes (Essentia holds the GIL); false: threads")
    stream_block_seconds: float = _setting(10.0, low=0.05, high=600, help="audio decoded at a time")
    memory_limit_percent: float = _setting(85.0, low=5, high=100, help="share of memory not to go over")
    analysis_timeout_seconds: float = _setting(300.0, low=0.1, high=10**6, help="deadline for one file")
    scheduler_address: str | None = _setting(
        None, help="Dask scheduler of a remote cluster, tcp:// or tls://"
    )
    scheduler_file: Path | None = _setting(None, help="file that names a Dask scheduler")
    worker_paths: str | None = _setting(
        None, help="HERE=THERE: workers find the music below HERE as THERE; several separated by :"
    )
    redis_url: str | None = _setting(
        None, help="Redis that several servers share features through, redis://, rediss:// or unix://"
    )
    models_dir: Path | None = _setting(
        None, help="Essentia .pb + .json pairs; default: models/ in the data folder"
    )
    host: str = _setting("127.0.0.1", help="address that the server listens on")
    port: int = _setting(8500, low=0, high=65535, help="port that the server listens on; 0 picks a free one")
    token: str | None = _setting(None, help="secret that requests must carry")
    perf_public: bool = _setting(True, help="performance endpoints need no token")
    library_roots: tuple[Path, ...] = _setting(
        (), help="folders the server may read; default: home and demo library"
    )

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, _convert(f.name, getattr(self, f.name)))
        if self.models_dir is None:
            object.__setattr__(self, "models_dir", self.data_dir / "models")
        if not self.library_roots:
            object.__setattr__(self, "library_roots", (Path.home(), self.data_dir / "demo"))
        if self.redis_url is not None and not self.redis_url.startswith(REDIS_SCHEMES):
            raise _refuse(
                "redis_url", self.redis_url, "an address that begins with " + ", ".join(REDIS_SCHEMES)
            )
        if self.db_max_connections < self.db_min_connections:
            raise SettingsError(
                f"DB_MAX_CONNECTIONS={self.db_max_connections} is less than "
                f"DB_MIN_CONNECTIONS={self.db_min_connections}; allowed: at least that many.",
                name="DB_MAX_CONNECTIONS",
            )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **arguments: Any) -> Settings:
        """Read settings from every source; ``None`` among ``arguments`` means "not given".

        Parameters
        ----------
        environ : mapping, optional
            ``os.environ`` by default.
        **arguments
            Settings by lower-case name; they win over every other source.

        Raises
        ------
        SettingsError
            Unknown name, or a value that is not allowed.
        """
        environ = os.environ if environ is None else environ
        known = {f.name for f in fields(cls)}
        given = {name: value for name, value in arguments.items() if value is not None}
        if unknown := sorted(given.keys() - known):
            raise SettingsError(
                f"There is no setting {unknown[0].upper()}; allowed: {_names(known)}.", name=unknown[0]
            )
        from_environment = {
            name: environ[PREFIX + name.upper()] for name in known if environ.get(PREFIX + name.upper())
        }
        data_dir = given.get("data_dir", from_environment.get("data_dir"))
        folder = _convert("data_dir", data_dir) if data_dir is not None else _default_data_dir()
        from_files: dict[str, Any] = {}
        for path in (Path(CONFIG_NAME), folder / CONFIG_NAME):
            from_files |= _read_config(path, known)
        return cls(**(from_files | from_environment | given))

    def with_(self, **changes: Any) -> Settings:
        """Return a copy with some settings changed."""
        return replace(self, **changes)

    @property
    def database_path(self) -> Path:
        return self.data_dir / "library.sqlite3"

    def to_dict(self) -> dict[str, Any]:
        """Return every setting under its seed name, JSON-able, secrets hidden."""
        values: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, tuple):
                value = [str(item) for item in value]
            elif isinstance(value, Path):
                value = str(value)
            values[f.name.upper()] = "(set)" if f.name in SECRET and value else value
        return values


def _names(known: set[str]) -> str:
    return ", ".join(sorted(name.upper() for name in known))


def _read_config(path: Path, known: set[str]) -> dict[str, Any]:
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Fix or remove it.", name=str(path)) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}. Fix or remove it.", name=str(path)
        ) from error
    lowered = {name.lower(): value for name, value in values.items()}
    if unknown := sorted(lowered.keys() - known):
        raise SettingsError(
            f"{path} has an unknown setting {unknown[0].upper()}; allowed: {_names(known)}.", name=unknown[0]
        )
    return lowered


def _refuse(name: str, value: object, allowed: str) -> SettingsError:
    shown = "(hidden)" if name in SECRET else repr(value)
    return SettingsError(
        f"{name.upper()}={shown} is not allowed; allowed: {allowed}.", name=name.upper(), value=shown
    )


def _convert(name: str, value: Any) -> Any:
    annotation = _TYPES[name]
    options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if value is None or (value == "" and type(None) in options):
        if type(None) in options:
            return None
        raise _refuse(name, value, "a value")
    kind = next(option for option in options if option is not type(None))
    if kind is bool:
        return _boolean(name, value)
    if kind in (int, float):
        return _number(name, value, kind)
    if kind is Path:
        return _path(name, value)
    if typing.get_origin(kind) is tuple:
        parts = value.split(os.pathsep) if isinstance(value, str) else value
        if isinstance(parts, os.PathLike):
            parts = [parts]
        return tuple(_path(name, part) for part in parts if str(part))
    if not isinstance(value, str):
        raise _refuse(name, value, "text")
    return value


def _boolean(name: str, value: Any) -> bool:
    text = str(value).strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise _refuse(name, value, "true or false")


def _number(name: str, value: Any, kind: type) -> int | float:
    metadata = _METADATA[name]
    low, high = metadata["low"], metadata["high"]
    allowed = f"{'a whole number' if kind is int else 'a number'} from {low:g} to {high:g}"
    if isinstance(value, bool):
        raise _refuse(name, value, allowed)
    try:
        number = float(value)
        if kind is int and number != int(number):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise _refuse(name, value, allowed) from None
    if not low <= number <= high:
        raise _refuse(name, value, allowed)
    return kind(number)  # type: ignore[no-any-return]


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike) or "\0" in str(value) or not str(value):
        raise _refuse(name, value, "a path")
    return Path(value).expanduser().absolute()


_TYPES: dict[str, Any] = typing.get_type_hints(Settings)
_METADATA: dict[str, Any] = {f.name: f.metadata for f in fields(Settings)}
