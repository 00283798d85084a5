"""``serve`` behind a Jupyter server, as JupyterHub and Binder have it: what jupyter-server-proxy is told."""

from __future__ import annotations

from importlib.metadata import entry_points

from jupyter_server_proxy.config import ServerProcess

from workbench.apps.server.proxied import proxied_server


def test_jupyter_server_proxy_finds_the_server_and_knows_its_options() -> None:
    [found] = entry_points(group="jupyter_serverproxy_servers", name="playlist-workbench")
    assert found.load() is proxied_server
    options = proxied_server()
    assert options.keys() <= set(ServerProcess.class_trait_names())
    process = ServerProcess(name=found.name, **options)
    assert process.absolute_url
    assert process.command[-4:] == ["--port", "{port}", "--base-url", "{base_url}playlist-workbench/"]


def test_only_the_jupyter_server_knows_the_secret_of_the_port() -> None:
    one, other = proxied_server(), proxied_server()
    token = one["environment"]["WORKBENCH_TOKEN"]
    assert one["request_headers_override"] == {"Authorization": f"token {token}"}
    assert token not in " ".join(one["command"])  # other users see the command of a process
    assert other["environment"]["WORKBENCH_TOKEN"] != token
