"""The same endpoints inside a Jupyter server."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image
from pytest_jupyter.jupyter_core import jp_asyncio_loop as jp_asyncio_loop
from pytest_jupyter.jupyter_server import jp_server_cleanup as jp_server_cleanup
from tornado.httpclient import HTTPClientError

from workbench import Workbench
from workbench.apps.rest import audio_handler, cover_handler, history_handlers
from workbench.apps.server.lab import arguments
from workbench.session.allowed_paths import allowed_file
from workbench.settings import Settings
from workbench.store.library.records import ScannedFile

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture
def jp_server_config(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "library"))
    monkeypatch.setenv("WORKBENCH_LIBRARY_ROOTS", str(music))
    return {"ServerApp": {"jpserver_extensions": {"workbench.apps.server.jupyter_extension": True}}}


@pytest.fixture
def fetch(jp_fetch: Any, jp_asyncio_loop: Any) -> Any:
    """Ask the server with its token; the loop is pytest-jupyter's, so the tests themselves are not coroutines."""
    return lambda *address, **options: jp_asyncio_loop.run_until_complete(jp_fetch(*address, **options))


def test_same_endpoints_with_the_server_s_own_login(fetch: Any, jp_base_url: str) -> None:
    report = json.loads(fetch("api", "v1", "performance", "optimization-report").body)
    assert report["optimization_scores"].keys() >= {"overall_score", "cache_efficiency"}
    metrics = json.loads(fetch("api", "v1", "performance", "metrics").body)
    assert {process["role"] for process in metrics["processes"]} <= {"lab"}
    assert json.loads(fetch("api", "v1", "tracks").body)["total"] == 0
    assert b"workbench_cache_hits_total" in fetch("metrics").body
    document = json.loads(fetch("api", "v1", "openapi.json").body)
    assert document["servers"] == [{"url": jp_base_url.rstrip("/")}]


def test_errors_look_the_same(fetch: Any) -> None:
    for address, status in ((("api", "v1", "nothing"), 404), (("api", "v1", "tracks", "abc"), 400)):
        with pytest.raises(HTTPClientError) as raised:
            fetch(*address)
        assert raised.value.code == status
        assert json.loads(raised.value.response.body).keys() >= {"error", "message"}


def test_library_that_holds_nothing_yet(fetch: Any) -> None:
    assert json.loads(fetch("api", "v1", "playlists").body) == {"total": 0, "playlists": []}
    with pytest.raises(HTTPClientError) as raised:
        fetch("api", "v1", "tracks", "1", "similar")
    assert raised.value.code == 404
    assert json.loads(raised.value.response.body)["error"] == "unknown_track"


def test_token_is_needed(fetch: Any, http_server_client: Any, jp_base_url: str, jp_asyncio_loop: Any) -> None:
    def fetch_without_token(path: str) -> Any:
        return jp_asyncio_loop.run_until_complete(http_server_client.fetch(jp_base_url + path))

    with pytest.raises(HTTPClientError) as raised:
        fetch_without_token("api/v1/tracks")
    assert raised.value.code == 401
    assert fetch_without_token("api/v1/health").code == 200


def test_file_that_the_wheel_installs_names_the_extension() -> None:
    import workbench.apps.server
    from workbench.apps.server.jupyter_extension import _jupyter_server_extension_points

    file = Path(workbench.apps.server.__file__).with_name("jupyter_server_config.json")
    enabled = json.loads(file.read_text())["ServerApp"]["jpserver_extensions"]
    assert enabled == {point["module"]: True for point in _jupyter_server_extension_points()}


def test_lab_does_not_ask_for_news_or_updates() -> None:
    from jupyterlab import NeverCheckForUpdate
    from jupyterlab.labapp import LabApp

    app = LabApp()
    app.parse_command_line(arguments(Settings(), Path("notebooks")))
    assert app.news_url is None
    assert app.check_for_updates_class is NeverCheckForUpdate

    lab = Path(sys.prefix, "share", "jupyter", "lab")
    overrides = json.loads((lab / "settings" / "overrides.d" / "workbench.json").read_text())
    [(plugin, chosen)] = overrides.items()
    extension, _, schema = plugin.rpartition(":")
    settings = json.loads((lab / "schemas" / extension / f"{schema}.json").read_text())["properties"]
    assert chosen == {"fetchNews": "false"}
    assert settings["fetchNews"]["default"] == "none"  # which asks


def test_the_launcher_s_notebooks_are_copies_of_the_user_s_own(
    fetch: Any, jp_root_dir: Path, jp_fetch: Any, jp_asyncio_loop: Any
) -> None:
    listed = json.loads(fetch("workbench", "launcher").body)
    assert listed["notebooks"][0]["title"] == "Getting started"
    assert {app["name"] for app in listed["apps"]} >= {"library", "performance"}

    def copy(name: str) -> Any:
        body = json.dumps({"name": name})
        headers = {"Content-Type": "application/json"}  # as JupyterLab's own requests have it
        asked = jp_fetch("workbench", "notebooks", method="POST", body=body, headers=headers)
        return json.loads(jp_asyncio_loop.run_until_complete(asked).body)

    assert copy("playlists") == {"path": "workbench-notebooks/playlists.ipynb"}
    mine = jp_root_dir / "workbench-notebooks" / "playlists.ipynb"
    mine.write_text("mine")
    assert copy("playlists")["path"].endswith("playlists.ipynb") and mine.read_text() == "mine"
    with pytest.raises(HTTPClientError) as refused:
        copy("../secret")
    assert refused.value.code == 409


def test_a_link_that_comes_between_check_and_opening_leads_nowhere(
    fetch: Any, tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    album, outside, parked = music / "swapped", tmp_path / "private", tmp_path / "parked"
    for folder, shade in ((album, "white"), (outside, "black")):
        folder.mkdir()
        soundfile.write(folder / "song.flac", np.zeros(800, np.float32), 8000)
        soundfile.write(folder / "song.wav", np.zeros(800, np.float32), 8000)
        Image.new("RGB", (9, 9), shade).save(folder / "cover.png")
        (folder / "plays.csv").write_text("artist,album,name,date\nA,B,C,27 Nov 2026 20:00\n")
    with Workbench(tmp_path / "library") as wb:
        names = ("song.flac", "song.wav")
        flac, wav = wb.library.files.add(
            [ScannedFile(str(album / name), 1, 0, name, {"duration_s": 0.1}) for name in names]
        )

    def asked(*address: str, **options: Any) -> int:
        try:
            return int(fetch("api", "v1", *address, **options).code)
        except HTTPClientError as error:
            return error.code

    plays = json.dumps({"file_path": str(album / "plays.csv")})
    questions: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (("tracks", str(flac), "audio"), {}),
        (("tracks", str(wav), "audio"), {"params": {"format": "file"}}),
        (("tracks", str(wav), "audio"), {"params": {"format": "wav"}}),
        (("tracks", str(wav), "cover"), {}),
        (("history",), {"method": "POST", "body": plays, "headers": {"Content-Type": "application/json"}}),
    ]

    def checked_too_early(path: str, roots: Any) -> Path:
        real = allowed_file(path, roots)
        album.rename(parked)
        album.symlink_to(outside)
        return real

    assert [asked(*address, **options) for address, options in questions] == [200] * 5
    for handlers in (audio_handler, cover_handler, history_handlers):
        monkeypatch.setattr(handlers, "allowed_file", checked_too_early)
    answers = []
    for address, options in questions:
        answers.append(asked(*address, **options))
        album.unlink()
        parked.rename(album)
    shutil.rmtree(album)
    assert answers == [403, 403, 403, 404, 403]
