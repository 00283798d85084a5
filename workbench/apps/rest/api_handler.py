"""The base of every REST handler: access, validation, answers and errors."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError, RequestHandler, stream_request_body

from workbench.apps.rest.errors_to_status import error_answer
from workbench.apps.rest.operations import InvalidInputError, Operation, read_body, read_query
from workbench.readable import json_bytes
from workbench.values import Value

if TYPE_CHECKING:
    from workbench.apps.server.service import Service

SERVICE = "workbench_service"
MAX_BODY_BYTES = 1024 * 1024  # set by hand: room for ten thousand track ids, too little to fill the memory
PASSED_BY_BYTES = 64 * 1024  # set by hand: bytes of a refused request that are dropped before the answer
SAFE_METHODS = frozenset({"GET", "HEAD"})
FOREIGN = frozenset({"cross-site", "same-site"})  # another port of this machine is the same site
_NOT_OURS = frozenset({"token", "_xsrf"})  # query parameters of the login


@stream_request_body
class ApiHandler(JupyterHandler):
    """Validate the request, call the package, and answer. A subclass has methods that match its ``operations``.

    The headers decide whether the body is kept at all. Its bytes are counted as they arrive.
    """

    operations: ClassVar[Mapping[str, Operation]] = {}
    path_schemas: ClassVar[Mapping[str, Value]] = {}
    most_bytes = MAX_BODY_BYTES

    def initialize(self) -> None:
        self.query: dict[str, Any] = {}
        self.path_values: dict[str, Any] = {}
        self._body = bytearray()
        self._refusal: Exception | None = None

    @property
    def service(self) -> Service:
        service: Service = self.settings[SERVICE]
        return service

    @property
    def operation(self) -> Operation:
        method = "get" if self.request.method == "HEAD" else str(self.request.method).lower()
        return self.operations[method]

    @property
    def allowed_methods(self) -> list[str]:
        methods = [method.upper() for method in self.operations]
        return ["HEAD", *methods] if "GET" in methods else methods

    async def prepare(self) -> None:  # type: ignore[override]
        try:
            await self._admit()
        except Exception as error:
            if self._announced_bytes() > PASSED_BY_BYTES:
                raise
            self._refuse_after_body(error)
        else:
            # More than is kept, so that this handler answers a body that is too large.
            self.request.connection.set_max_body_size(64 * MAX_BODY_BYTES)  # type: ignore[union-attr]

    async def _admit(self) -> None:
        """Raise an error if the headers show that the request is not allowed."""
        if not self.check_host():
            raise HTTPError(HTTPStatus.FORBIDDEN, "The Host header names another server.")
        if self.request.method not in self.allowed_methods:
            raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED)
        await self._authenticate()
        if self.request.method not in SAFE_METHODS:
            self._refuse_forged()
        if self._announced_bytes() > self.most_bytes:
            raise HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self._validate_address()

    def _announced_bytes(self) -> int:
        length = self.request.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else 0

    def _refuse_after_body(self, error: Exception) -> None:
        """Answer after a small body was read, because a client that is cut off while it sends gets no answer."""
        self._refusal = error
        self.request.connection.set_max_body_size(PASSED_BY_BYTES)  # type: ignore[union-attr]
        setattr(self, str(self.request.method).lower(), self._refuse)

    async def _refuse(self, *_: Any) -> None:
        assert self._refusal is not None
        raise self._refusal

    def data_received(self, chunk: bytes) -> None:
        """Keep a part of the body, unless the request is refused."""
        if self._refusal is not None or self._finished:
            return
        self._body += chunk
        if len(self._body) > self.most_bytes:
            self._body.clear()
            error = HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            self.send_error(error.status_code, exc_info=(HTTPError, error, None))

    async def _authenticate(self) -> None:
        provider = self.identity_provider
        user: Any = User("anonymous") if not provider.auth_enabled else provider.get_user(self)
        if isawaitable(user):
            user = await user
        self.current_user = self._jupyter_current_user = user
        if user is None and not self.is_open:
            raise HTTPError(HTTPStatus.UNAUTHORIZED)

    @property
    def is_open(self) -> bool:
        """Whether this operation answers without the token."""
        open_to = self.operation.open
        return open_to == "everyone" or (open_to == "performance" and self.service.settings.perf_public)

    def _refuse_forged(self) -> None:
        """Refuse requests from pages of other sites; allow programs with a token or without cookies."""
        if self.token_authenticated:
            return
        headers = self.request.headers
        foreign_page = "Referer" in headers and not self.check_referer()
        if not self.check_origin() or foreign_page or headers.get("Sec-Fetch-Site") in FOREIGN:
            raise HTTPError(HTTPStatus.FORBIDDEN, "The request comes from another site.")
        if self.request.cookies:
            RequestHandler.check_xsrf_cookie(self)

    def _validate_address(self) -> None:
        for name, text in zip(self.path_schemas, self.path_args, strict=True):
            described = self.path_schemas[name]
            try:
                self.path_values |= read_query({name: described}, {name: text})
            except InvalidInputError:
                if described.type is str:
                    raise HTTPError(HTTPStatus.NOT_FOUND) from None
                raise
        given = {}
        for name in self.request.query_arguments.keys() - _NOT_OURS:
            values = self.get_query_arguments(name, strip=False)
            if len(values) > 1:
                raise InvalidInputError(name, "is given more than once")
            given[name] = values[0]
        self.query = read_query(self.operation.query, given)

    def json_body(self) -> dict[str, Any]:
        """Return the validated body.

        Raises
        ------
        InvalidInputError
            The body is not JSON, or does not fit the operation.
        """
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self._body and media_type != "application/json":
            raise HTTPError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            body = orjson.loads(self._body or b"{}")
        except orjson.JSONDecodeError as error:
            raise InvalidInputError("body", f"is not JSON ({error})") from None
        return read_body(self.operation.body or {}, body)

    def answer(self, value: Any, status: int = 200) -> None:
        """Send JSON; values without a form in JSON (NaN, infinity) become null."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json_bytes(value))

    async def head(self, *args: Any) -> None:
        await self.get(*args)  # type: ignore[misc]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        status, headers, body = error_answer(status_code, kwargs.get("exc_info"))
        self.set_status(status)
        for name, value in headers.items():
            self.set_header(name, value)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or self._announced_bytes() > PASSED_BY_BYTES:
            self.set_header("Connection", "close")  # the rest of the body may not have been read
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.allowed_methods))
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json_bytes(body))

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        status, _, body = error_answer(500, (kind, error, trace))
        if status >= 500 and body["error"] == "internal":
            super().log_exception(kind, error, trace)
        else:
            self.log.info("%s %s: %s", self.request.method, self.request.path, body["message"])

    def set_cors_headers(self) -> None:
        """Set no CORS headers: pages of other sites cannot read anything, with or without a token."""


class UnknownPathHandler(ApiHandler):
    """Answers requests to addresses below ``/api/v1`` that are not an operation."""

    async def _admit(self) -> None:
        raise HTTPError(HTTPStatus.NOT_FOUND)
