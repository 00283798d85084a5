"""Send requests to a media server over HTTP. Every error names the server and says what to do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from workbench.errors import MediaServerError
from workbench.media.kept_servers import KeptServer
from workbench.readable import one_line

if TYPE_CHECKING:
    import ssl

    import httpx

TIMEOUT_S = 30.0  # as in mpc; a server that reads its disks needs some of it
_MOST_BYTES = 64 * 1024 * 1024  # set by hand: 500 songs are below 1 MB


@contextmanager
def http_client(server: KeptServer, timeout_s: float | None = None) -> Iterator[HttpClient]:
    """Lend a client that keeps its connections until the block ends."""
    import httpx

    limit = timeout_s or TIMEOUT_S
    encrypted = server.url.startswith("https:")  # without TLS, certificates are not loaded, which takes 30 ms
    with httpx.Client(
        timeout=limit,
        verify=encrypted and _trusted(),
        headers={"User-Agent": "playlist-workbench", "Accept-Encoding": "gzip"},
    ) as client:
        yield HttpClient(server, client, limit)


def _trusted() -> ssl.SSLContext:
    """Return a TLS context that trusts the certificates of this machine (or of SSL_CERT_FILE) and those of browsers."""
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class HttpClient:
    """Requests JSON from one server. Secrets are sent only in bodies and headers, which servers do not log."""

    def __init__(self, server: KeptServer, client: httpx.Client, timeout_s: float) -> None:
        self.server = server
        self._client = client
        self._timeout_s = timeout_s
        self._connection: Any = None

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """Return the decoded JSON of an answer.

        Raises
        ------
        MediaServerError
            The server cannot be reached, is too slow, or does not answer in JSON.
        """
        import orjson

        status, body = self._answer(method, path, request)
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            if b"<subsonic-response" in body[:1000]:
                raise self.error(
                    "answers in XML although it was asked for JSON. Update the server."
                ) from None
            if b"<html" in body[:1000].lower() and status < 400:
                raise self.error(f"answers with a web page. {self._let_pass(path)}") from None
            self._refuse_answer(status)
        if status >= 400 and not (isinstance(said, dict) and "subsonic-response" in said):
            self._refuse_answer(status)
        return said

    def _answer(self, method: str, path: str, request: dict[str, Any]) -> tuple[int, bytes]:
        import httpx

        url = self.server.url.rstrip("/") + path
        give_up_at = time.monotonic() + self._timeout_s
        traced = {"trace": self._keep_connection}
        try:
            with (
                self._cut_off_when_too_slow(),
                self._client.stream(method, url, extensions=traced, **request) as answer,
            ):
                body = self._body(answer)
                if answer.next_request is not None:
                    self._refuse_redirect(str(answer.next_request.url), path)
                return answer.status_code, body
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            if isinstance(error, httpx.TimeoutException) or time.monotonic() >= give_up_at:
                raise self.error("does not answer in time. Try again when it is idle.") from error
            reason = str(error).rstrip(".") or type(error).__name__
            raise self.error(f"cannot be reached: {reason}. {self._what_to_do(reason)}") from error

    def _body(self, answer: httpx.Response) -> bytes:
        packed = answer.headers.get("Content-Encoding", "identity")
        if packed not in ("identity", "gzip"):  # compressed twice, a few kB can become gigabytes in one step
            raise self.error(f"packs its answer as {packed!r}, although it was asked for gzip.")
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if len(body) > _MOST_BYTES:
                raise self.error(
                    f"sends more than {_MOST_BYTES >> 20} MiB for one question, as no media server does. Check the "
                    "address."
                )
        return bytes(body)

    @contextmanager
    def _cut_off_when_too_slow(self) -> Iterator[None]:
        """Limit the time of the whole answer, because the time limit of the client restarts with each byte."""
        timer = threading.Timer(self._timeout_s, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _keep_connection(self, event: str, facts: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._connection = facts["return_value"]

    def _cut(self) -> None:
        with suppress(OSError):
            if self._connection is not None:
                self._connection.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _what_to_do(self, reason: str) -> str:
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            return "If you trust its certificate, save that in a file and name the file in SSL_CERT_FILE."
        return f"Start it, or give another address: {self._add} --url URL."

    @property
    def _add(self) -> str:
        kind = "" if self.server.kind == "subsonic" else f" --kind {self.server.kind}"
        return f"workbench media add {self.server.name}{kind}"

    def error(self, text: str, code: int | None = None) -> MediaServerError:
        """Return an error about this server."""
        return MediaServerError(f"{self.server} {text}", server=self.server.name, code=code)

    def _refuse_redirect(self, target: str, path: str) -> NoReturn:
        base = target.removesuffix(path)
        if base == self.server.url.rstrip("/"):
            text = "sends requests back to the same address. Look at the settings of its web server."
        elif base != target:
            text = f"sends requests on to {one_line(base)}. Give that address: {self._add} --url URL."
        else:
            text = f"sends requests on to {one_line(target.partition('?')[0])}. {self._let_pass(path)}"
        raise self.error(text)

    def _let_pass(self, path: str) -> str:
        return (
            f"If that is the login page of a proxy, let addresses such as {path} pass without it, because the media "
            f"server checks the login itself. Otherwise give another address: {self._add} --url URL."
        )

    def _refuse_answer(self, status: int) -> NoReturn:
        if status in (401, 403):
            raise self.error(
                "refuses the login. Give the user and the password again: "
                f"{self._add} --url URL --user USER.",
                code=40,
            )
        if status >= 500:
            raise self.error(f"failed (HTTP {status}). Its log says why; try again later.")
        raise self.error(
            f"answers (HTTP {status}), but not as a media server does. Check the address: the one at which its web "
            "page opens, without /rest."
        )
