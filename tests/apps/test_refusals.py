"""What the server refuses, with which status, and how it says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect


def refusal(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert isinstance(body["error"], str)
    assert isinstance(body["message"], str)
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("tracks?limit=0", "limit"),
        ("tracks?limit=1001", "limit"),
        ("tracks?limit=many", "limit"),
        ("tracks?limit=1&limit=2", "limit"),
        ("tracks?offset=-1", "offset"),
        ("tracks?offset=99999999999999999999", "offset"),
        ("tracks?status=good", "status"),
        ("tracks?nonsense=1", "nonsense"),
        ("tracks/0", "track_id"),
        ("tracks/abc", "track_id"),
        ("tracks/99999999999999999999999999", "track_id"),
        ("playlists/1?format=doc", "format"),
    ],
)
def test_parameters_are_checked_and_named(server: Any, path: str, field: str) -> None:
    assert refusal(server.get(path), 400)["field"] == field


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tracks/analyze", {}, "file_path"),
        ("tracks/analyze", {"file_path": 7}, "file_path"),
        ("tracks/analyze", {"file_path": ""}, "file_path"),
        ("tracks/analyze", {"file_path": "/x", "force_reanalysis": "yes"}, "force_reanalysis"),
        ("tracks/analyze", {"file_path": "/x", "extra": 1}, "extra"),
        ("tracks/import", {"directory_path": "/x", "supported_formats": ["exe"]}, "supported_formats.0"),
        ("playlists/generate", {"method": "random", "size": 0}, "size"),
        ("playlists/generate", {"method": "random", "size": 1.5}, "size"),
        ("playlists/generate", {"method": "random", "parameters": []}, "parameters"),
        ("playlists/generate", {"method": "random", "parameters": {"size": 3}}, "parameters.size"),
        ("database/manage", {"operation": "drop"}, "operation"),
        ("performance/cache/clear", {"all": True}, "all"),
        ("tracks/analyze", [], "body"),
    ],
)
def test_bodies_are_checked_and_the_field_is_named(server: Any, path: str, body: Any, field: str) -> None:
    assert refusal(server.post(path, body), 400)["field"] == field


@pytest.mark.parametrize("content", [b"{", b'{"file_path": NaN}', b"\xff", b"[" * 100_000])
def test_what_is_not_json(server: Any, content: bytes) -> None:
    answer = server.client.post(
        "api/v1/tracks/analyze", content=content, headers={"Content-Type": "application/json"}
    )
    assert refusal(answer, 400)["field"] == "body"


def test_other_media_types(server: Any) -> None:
    refusal(server.client.post("api/v1/tracks/analyze", data={"file_path": "/x"}), 415)


def test_body_that_is_too_large(server: Any) -> None:
    refusal(server.post("tracks/analyze", {"file_path": "x" * 1_100_000}), 413)
    headers = {"Content-Type": "application/json"}  # and then without saying how large it is
    pieces = (b"x" * 65536 for _ in range(17))
    refusal(server.client.post("api/v1/tracks/analyze", content=pieces, headers=headers), 413)


def test_body_is_thrown_away_until_the_headers_have_shown_the_token(token_server: Any) -> None:
    """Chunked, so that no header says how large it is."""
    process = psutil.Process(token_server.process.pid)
    url = httpx.URL(token_server.url)
    before = process.memory_info().rss
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    held = []
    for path in ("api/v1/tracks/analyze", "voila/render/performance.ipynb", "login") * 2:
        connection = socket.create_connection((url.host, url.port), timeout=60)
        held.append(connection)
        head = f"POST {url.path}{path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        with contextlib.suppress(ConnectionError):
            connection.sendall(head.encode() + 20 * chunk)
    refusal(token_server.post("tracks/analyze", {"file_path": "/x"}), 401)
    grown = process.memory_info().rss - before
    for connection in held:
        connection.close()
    assert grown < 20 * 1024 * 1024


def test_slow_connections_are_closed_and_limited(small_server: Any) -> None:
    url = httpx.URL(small_server.url)
    slow = [socket.create_connection((url.host, url.port), timeout=60) for _ in range(60)]
    for connection in slow:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    for connection in slow:
        with contextlib.suppress(ConnectionError):
            assert connection.recv(1) == b""
        connection.close()
    assert small_server.get("health").status_code == 200


def test_unknown_things_are_not_found(server: Any) -> None:
    for path in (
        "nothing",
        "tracks/987654",
        "jobs/" + "0" * 32,
        "jobs/xyz",
        "playlists/987654",
        "tracks/1/nothing",
    ):
        assert refusal(server.get(path), 404)["error"] in ("not_found", "unknown_track")


def test_wrong_method_says_which_are_right(server: Any) -> None:
    answer = server.client.put("api/v1/tracks")
    refusal(answer, 405)
    assert answer.headers["Allow"] == "HEAD, GET"
    assert server.client.head("").status_code == 200
    refusal(server.client.delete("api/v1/performance/metrics"), 405)


class TestPaths:
    def analyze(self, server: Any, path: str) -> httpx.Response:
        answer: httpx.Response = server.post("tracks/analyze", {"file_path": path})
        return answer

    @pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "/proc/self/environ", "/nowhere/x.mp3"])
    def test_outside_the_roots(self, server: Any, path: str) -> None:
        assert refusal(self.analyze(server, path), 403)["error"] == "path_not_allowed"

    def test_traversal(self, server: Any, music: Path) -> None:
        refusal(self.analyze(server, f"{music}/../../../../../../etc/passwd"), 403)
        refusal(self.analyze(server, f"{music}/more/../../../../../../../etc/passwd"), 403)

    def test_link_that_leads_out(self, server: Any, music: Path) -> None:
        link = music / "link.wav"
        link.symlink_to("/etc/passwd")
        try:
            refusal(self.analyze(server, str(link)), 403)
        finally:
            link.unlink()

    @pytest.mark.parametrize("path", ["one.wav", "../x", "~nobody/x", "\0", "/x\0y", "\ud800"])
    def test_what_is_not_an_absolute_path(self, server: Any, path: str) -> None:
        content = json.dumps({"file_path": path}).encode()
        headers = {"Content-Type": "application/json"}
        refusal(server.client.post("api/v1/tracks/analyze", content=content, headers=headers), 400)

    def test_what_is_not_a_file(self, server: Any, music: Path) -> None:
        refusal(self.analyze(server, str(music)), 400)
        refusal(self.analyze(server, str(music / "missing.wav")), 400)
        pipe = music / "pipe.wav"
        os.mkfifo(pipe)
        try:
            refusal(self.analyze(server, str(pipe)), 400)
        finally:
            pipe.unlink()

    def test_folder_outside(self, server: Any, music: Path) -> None:
        refusal(server.post("tracks/import", {"directory_path": "/etc"}), 403)
        refusal(server.post("tracks/import", {"directory_path": str(music / "one.wav")}), 400)


class TestOtherSites:
    def test_foreign_host_header(self, server: Any) -> None:
        for path in ("api/v1/health", "", "voila/render/performance.ipynb", "metrics"):
            answer = server.client.get(path, headers={"Host": "evil.example"})
            assert answer.status_code == 403

    def test_local_names_are_fine(self, server: Any) -> None:
        for host in ("localhost:9999", "127.0.0.1", "[::1]:80"):
            assert server.get("health", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Referer": "https://evil.example/page"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
    )
    def test_requests_from_another_site_change_nothing(self, server: Any, headers: dict[str, str]) -> None:
        answer = server.client.post("api/v1/performance/cache/clear", json={}, headers=headers)
        assert refusal(answer, 403)["error"] == "forbidden"

    def test_nothing_is_shared_with_other_origins(self, server: Any, token_server: Any) -> None:
        origin = {"Origin": "https://evil.example"}
        for answer in (
            server.get("tracks", headers=origin),
            token_server.get("tracks", headers=origin | {"Authorization": "token secret"}),
            server.client.options(
                "api/v1/tracks", headers=origin | {"Access-Control-Request-Method": "POST"}
            ),
        ):
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


class TestToken:
    def test_everything_but_health_and_figures_needs_it(self, token_server: Any) -> None:
        for path in ("tracks", "database/info", "playlists", "jobs", "openapi.json", "stats/analysis"):
            assert refusal(token_server.get(path), 401)["error"] == "unauthorized"
        refusal(token_server.post("performance/cache/clear", {}), 401)
        assert token_server.get("health").status_code == 200
        assert token_server.get("performance/metrics").status_code == 200
        assert token_server.client.get("metrics").status_code == 200

    def test_open_figures_hold_no_file_names(self, token_server: Any, music: Path) -> None:
        for path in (
            "metrics",
            "cache/stats",
            "optimization-report",
            "resource-usage",
            "async-processor/health",
        ):
            assert "/" not in token_server.get(f"performance/{path}").text.replace(str(music), "/")

    @pytest.mark.parametrize("scheme", ["token", "Bearer"])
    def test_header(self, token_server: Any, scheme: str) -> None:
        headers = {"Authorization": f"{scheme} secret"}
        assert token_server.get("tracks", headers=headers).status_code == 200
        assert token_server.post("performance/cache/clear", {}, headers=headers).status_code == 200
        refusal(token_server.get("tracks", headers={"Authorization": f"{scheme} wrong"}), 401)

    def test_cookie_may_read_but_must_show_the_xsrf_token_to_change(self, token_server: Any) -> None:
        with httpx.Client(base_url=token_server.url, timeout=60) as browser:
            assert browser.get("?token=secret").status_code == 200
            assert browser.get("api/v1/tracks").status_code == 200
            refusal(browser.post("api/v1/performance/cache/clear", json={}), 403)
            headers = {"X-XSRFToken": browser.cookies["_xsrf"]}
            assert browser.post("api/v1/performance/cache/clear", json={}, headers=headers).status_code == 200

    def test_kernels_need_it(self, token_server: Any) -> None:
        """Whoever talks to a kernel runs what they like."""
        page = token_server.client.get("voila/render/performance.ipynb?token=secret").text
        found = re.search(r'"kernelId": "([^"]+)"', page)
        assert found is not None
        channels = f"api/kernels/{found[1]}/channels"

        async def connect(query: str) -> int:
            try:
                connection = await websocket_connect(
                    f"{token_server.url.replace('http', 'ws')}{channels}{query}"
                )
            except HTTPClientError as error:
                return error.code
            connection.close()
            return 101

        assert asyncio.run(connect("")) == 403
        assert asyncio.run(connect("?token=wrong")) == 403
        assert token_server.client.post(f"voila/api/shutdown/{found[1]}").status_code in (302, 403)
        assert asyncio.run(connect("?token=secret")) == 101

    def test_browser_is_sent_on_without_it(self, token_server: Any) -> None:
        with httpx.Client(base_url=token_server.url, headers={"Accept": "text/html"}, timeout=60) as browser:
            sent_on = browser.get("voila/render/performance.ipynb?token=secret&track=1")
            assert sent_on.status_code == 302
            assert sent_on.headers["Location"] == "/music/voila/render/performance.ipynb?track=1"
            assert "samesite=lax" in sent_on.headers["Set-Cookie"].lower()
            assert sent_on.next_request is not None
            assert "Performance" in browser.send(sent_on.next_request).text

    def test_pages_need_it(self, token_server: Any) -> None:
        for path in ("", "voila/render/performance.ipynb"):
            answer = token_server.client.get(path)
            assert answer.status_code in (302, 403), path
            assert "Performance" not in answer.text
            told = token_server.client.get(path, follow_redirects=True)
            assert told.status_code == 401
            assert "?token=" in told.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as another user")
def test_other_user_of_this_machine_needs_the_token_that_is_kept_for_its_owner(server: Any) -> None:
    """No TOKEN is set: programs of who started the server need none."""
    kept = server.data_dir / "token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.data_dir / "library.sqlite3").stat().st_mode) == 0o600
    token = kept.read_text().strip()
    ask = """if True:
        import os, socket, sys
        user, port, *paths = sys.argv[1:]
        os.setuid(int(user))
        for path in paths:
            with socket.create_connection((b"127.0.0.1", int(port))) as connection:
                connection.sendall(f"GET /{path} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n".encode())
                print(connection.recv(12).decode()[9:])
        """
    port = str(httpx.URL(server.url).port)
    paths = [
        "",
        "voila/render/performance.ipynb",
        "api/v1/tracks",
        "api/v1/health",
        f"api/v1/tracks?token={token}",
    ]
    answers = [
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", ask, str(user), port, *paths],
            capture_output=True,
            text=True,
        )
        for user in (65534, 0)
    ]
    assert [run.stdout.split() for run in answers] == [
        ["302", "302", "401", "200", "200"],
        ["200", "200", "200", "200", "200"],
    ], answers


FILE_ADDRESSES = (
    "voila/static/", "voila/static-0/", "voila/templates/", "voila/templates/lab/static/", "voila/labextensions/",
    "voila/labextensions/anywidget/static/", "voila/workbench/", "voila/files/", "voila/api/themes/", "voila/tree/",
    "voila/api/contents/", "voila/render/", "voila/query/", "voila/nbextensions/", "api/kernels/", "static/", "files/",
    "",
)  # fmt: skip
NOT_FOR_YOU = (
    "../" * 12 + "etc/passwd", "%2e%2e/" * 12 + "etc/passwd", "..%2f" * 12 + "etc%2fpasswd", "/etc/passwd",
    "%2fetc%2fpasswd", "..", "..%2f..", "lab/../../../conf.json", "..%2fconf.json", "%00", "voila.js%00", "%ff", "%",
    "~root/.bashrc", "a" * 3000, "../library.ipynb", "..%2f..%2fREADME.md", "performance.ipynb%00", "custom.css",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000/channels",
)  # fmt: skip


def statuses(server: Any, paths: list[str], seen: Callable[[str], None]) -> dict[str, int]:
    """Ask for addresses as they are, which clients would tidy up; ``seen`` is given each body."""
    url = httpx.URL(server.url)
    found = {}
    with closing(HTTPConnection(url.host, url.port, timeout=60)) as connection:
        for path in paths:
            connection.putrequest("GET", url.path + path, skip_host=True)
            connection.putheader("Host", "localhost")
            connection.endheaders()
            answer = connection.getresponse()
            seen(answer.read().decode("utf-8", "replace"))
            found[path] = answer.status
    return found


@pytest.mark.parametrize("which", ["server", "token_server"])
def test_no_address_of_voila_s_gives_away_a_file(which: str, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(which)
    bodies: list[str] = []
    found = statuses(server, [a + name for a in FILE_ADDRESSES for name in NOT_FOR_YOU], bodies.append)
    refused = (400, 403, 404) if which == "server" else (302, 400, 403, 404)
    assert {path: status for path, status in found.items() if status not in refused} == {}
    assert not [body for body in bodies if "root:" in body or "Traceback" in body or "site-packages" in body]
    page = server.client.get("voila/render/performance.ipynb?token=secret").text
    script = re.search(r'src="[^"]*(voila/(?:static|templates)[^"]*\.js)', page)
    assert script is not None
    assert server.client.get(script[1]).status_code == 200  # what pages load is there, and needs no login
    assert server.client.get("voila/labextensions/jupyterlab_pygments/package.json").status_code == 404


def test_who_logs_out_needs_the_token_again(token_server: Any) -> None:
    with httpx.Client(base_url=token_server.url, follow_redirects=True, timeout=60) as browser:
        browser.get("?token=secret")
        assert browser.get("api/v1/tracks").status_code == 200
        assert browser.get("logout").status_code == 401
        assert browser.get("api/v1/tracks").status_code == 401


def test_openapi_describes_every_address(server: Any) -> None:
    document = server.get("openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path in (
        "/api/v1/tracks/analyze",
        "/api/v1/jobs/{job_id}/events",
        "/metrics",
        "/api/v1/playlists/generate",
    ):
        assert path in document["paths"]
