"""The same endpoints inside a Jupyter server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture
def jp_server_config(tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("WORKBENCH_DATA_DIR", str(tmp_path / "library"))
    monkeypatch.setenv("WORKBENCH_LIBRARY_ROOTS", str(music))
    return {"ServerApp": {"jpserver_extensions": {"workbench.apps.jupyter_extension": True}}}


async def test_same_endpoints_with_the_server_s_own_login(jp_fetch: Any, jp_base_url: str) -> None:
    report = await jp_fetch("api", "v1", "performance", "optimization-report")
    assert json.loads(report.body)["optimization_scores"].keys() >= {"overall_score", "cache_efficiency"}
    metrics = json.loads((await jp_fetch("api", "v1", "performance", "metrics")).body)
    assert [process["role"] for process in metrics["processes"]] in ([], ["lab"])
    tracks = await jp_fetch("api", "v1", "tracks")
    assert json.loads(tracks.body)["total"] == 0
    prometheus = await jp_fetch("metrics")
    assert b"workbench_cache_hits_total" in prometheus.body
    document = json.loads((await jp_fetch("api", "v1", "openapi.json")).body)
    assert document["servers"] == [{"url": jp_base_url.rstrip("/")}]


async def test_errors_look_the_same(jp_fetch: Any) -> None:
    for address, status in ((("api", "v1", "nothing"), 404), (("api", "v1", "tracks", "abc"), 400)):
        with pytest.raises(HTTPClientError) as raised:
            await jp_fetch(*address)
        assert raised.value.code == status
        assert json.loads(raised.value.response.body).keys() >= {"error", "message"}


async def test_token_is_needed(jp_fetch: Any, http_server_client: Any, jp_base_url: str) -> None:
    with pytest.raises(HTTPClientError) as raised:
        await http_server_client.fetch(jp_base_url + "api/v1/tracks")
    assert raised.value.code == 401
    health = await http_server_client.fetch(jp_base_url + "api/v1/health")
    assert health.code == 200


def test_file_that_the_wheel_installs_names_the_extension() -> None:
    import workbench.apps
    from workbench.apps.jupyter_extension import _jupyter_server_extension_points

    file = Path(workbench.apps.__file__).with_name("jupyter_server_config.json")
    enabled = json.loads(file.read_text())["ServerApp"]["jpserver_extensions"]
    assert enabled == {point["module"]: True for point in _jupyter_server_extension_points()}
