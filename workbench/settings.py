"""Settings: argument > environment ``WORKBENCH_<NAME>`` > ``workbench.toml`` (data folder, then current) > default.

Only this module reads settings from the environment. An error about a value has its name, the value and the allowed
values.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any

from workbench.errors import SettingsError
from workbench.machine.cpu import available_cores
from workbench.user_paths import home
from workbench.values import NotAllowedError, Value, described, did_you_mean

PREFIX = "WORKBENCH_"
CONFIG_NAME = "workbench.toml"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
SECRET = ("token", "redis_url")  # which may contain a password


def _default_data_dir() -> Path:
    import platformdirs

    if home() is None and not os.environ.get("XDG_DATA_HOME"):
        raise SettingsError(
            "DATA_DIR: this user has no home folder. Choose a folder for the library with --data-dir or "
            "WORKBENCH_DATA_DIR.",
            name="DATA_DIR",
        )
    return Path(platformdirs.user_data_dir("playlist-workbench", appauthor=False))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a workbench. ``Settings.load()`` reads them from all sources, the constructor from none."""

    data_dir: Annotated[Path, Value("database, backups, scheduler file, models")] = field(
        default_factory=_default_data_dir
    )
    cache_size_mb: Annotated[float, Value("memory for each process's caches, MiB", low=1, high=1_000_000)] = (
        256.0
    )
    cache_ttl_seconds: Annotated[float, Value("age at which a cached value expires", low=1, high=10**9)] = (
        3600.0
    )
    db_min_connections: Annotated[int, Value("readers kept open", low=1, high=100)] = 2
    db_max_connections: Annotated[int, Value("readers and writer at most", low=2, high=1000)] = 10
    async_workers: Annotated[int, Value("analysis workers", low=1, high=1024)] = field(
        default_factory=lambda: min(4, available_cores())
    )
    process_pool: Annotated[bool, Value("workers are processes (Essentia holds the GIL); false: threads")] = (
        True
    )
    stream_block_seconds: Annotated[float, Value("audio decoded at a time", low=0.05, high=600)] = 10.0
    memory_limit_percent: Annotated[float, Value("share of memory not to exceed", low=5, high=100)] = 85.0
    descriptors: Annotated[
        str,
        Value(
            "what an analysis computes: core, or extended (chords, dissonance, melody …; 0.2 s a minute and 1 s a "
            "track more)",
            choices=("core", "extended"),
        ),
    ] = "core"
    analysis_timeout_seconds: Annotated[float, Value("deadline for one file", low=0.1, high=10**6)] = 300.0
    scheduler_address: Annotated[
        str | None, Value("Dask scheduler of a remote cluster, tcp:// or tls://")
    ] = None
    scheduler_file: Annotated[Path | None, Value("file that names a Dask scheduler")] = None
    worker_paths: Annotated[
        str | None, Value("HERE=THERE: workers find the music below HERE as THERE; several separated by :")
    ] = None
    redis_url: Annotated[
        str | None,
        Value(
            "Redis through which several servers share features, redis://, rediss:// or unix://",
            pattern=f"^({'|'.join(REDIS_SCHEMES)})",
            words="an address that begins with " + ", ".join(REDIS_SCHEMES),
        ),
    ] = None
    models_dir: Annotated[
        Path | None, Value("Essentia .pb + .json pairs; default: models/ in the data folder")
    ] = None
    scan_exclude: Annotated[
        tuple[str, ...],
        Value(
            "files and folders that a scan leaves out, patterns as in .gitignore",
            words="patterns as in .gitignore, several separated by :",
        ),
    ] = ()
    long_track_minutes: Annotated[
        float, Value("tracks this long or longer are kept out of playlists", low=1, high=10**6)
    ] = 45.0
    host: Annotated[str, Value("address that the server listens on")] = "127.0.0.1"
    port: Annotated[int, Value("port that the server listens on; 0 picks a free one", low=0, high=65535)] = (
        8500
    )
    token: Annotated[str | None, Value("secret that requests must carry")] = None
    perf_public: Annotated[bool, Value("performance endpoints need no token")] = True
    watch: Annotated[
        tuple[Path, ...], Value("folders that the server, and `workbench watch` without folders, watches")
    ] = ()
    library_roots: Annotated[
        tuple[Path, ...], Value("folders the server may read; default: home and demo library")
    ] = ()

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, _read(f.name, getattr(self, f.name)))
        if self.models_dir is None:
            object.__setattr__(self, "models_dir", self.data_dir / "models")
        if not self.library_roots:
            object.__setattr__(self, "library_roots", (*filter(None, [home()]), self.data_dir / "demo"))
        if self.db_max_connections < self.db_min_connections:
            raise SettingsError(
                f"DB_MAX_CONNECTIONS={self.db_max_connections} is less than "
                f"DB_MIN_CONNECTIONS={self.db_min_connections}; allowed: at least that many.",
                name="DB_MAX_CONNECTIONS",
            )

    def __repr__(self) -> str:
        default = type(self)(data_dir=self.data_dir).to_dict()
        changed = [f"{name}={value}" for name, value in self.to_dict().items() if value != default[name]]
        return f"Settings: {', '.join([f'DATA_DIR={self.data_dir}', *changed])}"

    def _repr_html_(self) -> str:
        from workbench.cards.card import card, table

        described = typing.get_type_hints(type(self), include_extras=True)
        meanings = {
            name.upper(): hint.__metadata__[0].help
            for name, hint in described.items()
            if hasattr(hint, "__metadata__")
        }
        rows = [
            (name, "" if value is None else value, meanings.get(name))
            for name, value in self.to_dict().items()
        ]
        return card("Settings", table(("Setting", "Value", "What it is"), rows))

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **arguments: Any) -> Settings:
        """Read settings from every source; an argument that is ``None`` is not given.

        Parameters
        ----------
        environ : mapping, optional
            ``os.environ`` by default.
        **arguments
            Settings by lower-case name; they take precedence over every other source.

        Raises
        ------
        SettingsError
            A name is unknown, or a value is not allowed.
        """
        environ = os.environ if environ is None else environ
        known = {f.name for f in fields(cls)}
        given = {name: value for name, value in arguments.items() if value is not None}
        if unknown := sorted(given.keys() - known):
            raise SettingsError(
                f"There is no setting {unknown[0].upper()}; {_allowed(unknown[0], known)}", name=unknown[0]
            )
        from_environment = {
            name: environ[PREFIX + name.upper()] for name in known if environ.get(PREFIX + name.upper())
        }
        data_dir = given.get("data_dir", from_environment.get("data_dir"))
        folder = _read("data_dir", data_dir) if data_dir is not None else _default_data_dir()
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
        """Return every setting under its seed name, JSON-serializable, secrets hidden."""
        values: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, tuple):
                value = [str(item) for item in value]
            elif isinstance(value, Path):
                value = str(value)
            values[f.name.upper()] = "(set)" if f.name in SECRET and value else value
        return values


def _allowed(name: str, known: set[str]) -> str:
    names = sorted(setting.upper() for setting in known)
    return f"allowed: {', '.join(names)}.{did_you_mean(name.upper(), names)}"


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
            f"{path} has an unknown setting {unknown[0].upper()}; {_allowed(unknown[0], known)}",
            name=unknown[0],
        )
    return lowered


def _read(name: str, value: Any) -> Any:
    setting = _SETTINGS[name]
    if value == "" and setting.default is None:
        return None
    try:
        return setting.read(value)
    except NotAllowedError as error:
        shown = "(hidden)" if name in SECRET else repr(value)
        raise SettingsError(
            f"{name.upper()}={shown} is not allowed; allowed: {error.allowed}.",
            name=name.upper(),
            value=shown,
        ) from None


_SETTINGS = described(
    typing.get_type_hints(Settings, include_extras=True), {f.name: f.default for f in fields(Settings)}
)
