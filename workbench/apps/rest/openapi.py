"""Make the OpenAPI 3.1 document from the operations that also validate requests."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from typing import Any

import workbench
from workbench.apps.rest import schemas
from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import Operation
from workbench.values import REQUIRED, Value, object_schema

DESCRIPTIONS = {
    200: "Done",
    201: "Made",
    202: "Accepted: it continues as a job",
    204: "Done; the answer has no content",
    206: "Part of the file",
    304: "Not changed",
    400: "The request is not valid; the message names the field and the reason",
    401: "The token is missing",
    403: "Not allowed",
    404: "No such thing",
    405: "This method is not allowed here",
    409: "It conflicts with the present state of the library",
    413: "The body is too large",
    415: "The body is not JSON",
    416: "The file does not have this range",
    422: "The file cannot be used; the message says why",
    503: "Not available now; Retry-After says when to ask again",
}


@cache
def document(routes: tuple[tuple[str, type[ApiHandler]], ...], base_url: str) -> dict[str, Any]:
    """Return the document for (address, handler) pairs and a server at this base URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Playlist Workbench",
            "version": workbench.__version__,
            "license": {"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        },
        "servers": [{"url": base_url.rstrip("/") or "/"}],
        "paths": {template: _path(template, handler) for template, handler in routes},
        "components": {
            "schemas": {"Error": schemas.ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _path(template: str, handler: type[ApiHandler]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": handler.path_schemas[name].json_schema()}
        for name in re.findall(r"\{(\w+)\}", template)
    ]
    operations = {method: _operation(template, method, op) for method, op in handler.operations.items()}
    return {**operations, **({"parameters": parameters} if parameters else {})}


def _operation(template: str, method: str, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": "_".join([method, *re.findall(r"\w+", template.removeprefix("/api/v1"))]),
        "summary": operation.summary,
        "parameters": [
            {"name": name, "in": "query", "required": value.required, "schema": _query_schema(value)}
            for name, value in operation.query.items()
        ],
        "responses": {
            **{
                str(status): _answer(status, answer, operation)
                for status, answer in operation.answers.items()
            },
            **{str(status): _error(status) for status in _errors(operation)},
        },
    }
    if operation.body is not None:
        schema = object_schema(operation.body)
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": bool(schema["required"]), "content": content}
    return described


def _query_schema(value: Value) -> dict[str, Any]:
    """Return the schema of a query parameter, which may be left out but may not be null."""
    return (replace(value, default=REQUIRED) if value.default is None else value).json_schema()


def _errors(operation: Operation) -> list[int]:
    of_bodies = (413, 415) if operation.body is not None else ()
    of_everyone = () if operation.open == "everyone" else (401,)
    return sorted({400, *of_everyone, 403, 405, *of_bodies, *operation.errors, 503})


def _answer(status: int, answer: Any, operation: Operation) -> dict[str, Any]:
    if answer is None:
        return {"description": DESCRIPTIONS[status]}
    if isinstance(answer, str):
        return {"description": DESCRIPTIONS[status], "content": {answer: {"schema": {}}}}
    content: dict[str, Any] = {"application/json": {"schema": answer}}
    if operation.files and status == HTTPStatus.OK:
        content[operation.files] = {"schema": {}}
    return {"description": DESCRIPTIONS[status], "content": content}


def _error(status: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": DESCRIPTIONS[status], "content": content}
