"""Precedence and refusal of settings."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from workbench.errors import SettingsError
from workbench.settings import Settings


def test_defaults_are_the_seeds() -> None:
    settings = Settings.load({})
    assert settings.cache_size_mb == 256
    assert settings.cache_ttl_seconds == 3600
    assert (settings.db_min_connections, settings.db_max_connections) == (2, 10)
    assert (settings.host, settings.port) == ("127.0.0.1", 8500)
    assert 1 <= settings.async_workers <= 4
    assert settings.perf_public


def test_argument_beats_environment_beats_data_folder_beats_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "workbench.toml").write_text(
        "CACHE_SIZE_MB = 10\nPORT = 1000\nASYNC_WORKERS = 3\nHOST = 'here'\n"
    )
    (data / "workbench.toml").write_text("CACHE_SIZE_MB = 20\nPORT = 2000\nasync_workers = 5\n")
    environ = {"WORKBENCH_DATA_DIR": str(data), "WORKBENCH_CACHE_SIZE_MB": "30", "WORKBENCH_PORT": "3000"}
    settings = Settings.load(environ, cache_size_mb=40)
    assert (settings.cache_size_mb, settings.port, settings.async_workers, settings.host) == (
        40,
        3000,
        5,
        "here",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cache_size_mb", "lots"),
        ("cache_size_mb", "nan"),
        ("cache_size_mb", "-1"),
        ("port", "99999"),
        ("port", "80.5"),
        ("async_workers", "0"),
        ("process_pool", "maybe"),
        ("memory_limit_percent", "101"),
        ("analysis_timeout_seconds", "inf"),
    ],
)
def test_a_bad_value_is_refused_with_name_value_and_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({f"WORKBENCH_{name.upper()}": value})
    assert name.upper() in str(refused.value)
    assert repr(value) in str(refused.value)
    assert "allowed:" in str(refused.value)


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("CASH_SIZE_MB = 1\n")
    with pytest.raises(SettingsError, match="CASH_SIZE_MB"):
        Settings.load({}, data_dir=tmp_path)
    with pytest.raises(SettingsError, match="COLOR"):
        Settings.load({}, color="red")


@pytest.mark.parametrize("text", ["not toml [", "\0"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "workbench.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"workbench\.toml"):
        Settings.load({}, data_dir=tmp_path)


def test_a_token_is_never_shown() -> None:
    settings = Settings.load({}, token="secret")
    assert "secret" not in str(settings.to_dict())


def test_settings_cross_processes(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, library_roots=(tmp_path,))
    assert pickle.loads(pickle.dumps(settings)) == settings
