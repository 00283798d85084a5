"""Translate errors into an HTTP status and a JSON body."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError, MissingArgumentError

from workbench import errors
from workbench.apps.rest.operations import InvalidInputError

# The first class that matches counts.
STATUSES: tuple[tuple[type[errors.WorkbenchError], int], ...] = (
    (errors.DatabaseUnavailableError, 503),
    (errors.SchedulerError, 503),
    (errors.MediaServerError, 502),
    (errors.StoreError, 500),
    (errors.UnknownTrackError, 404),
    (errors.UnknownPlaylistError, 404),
    (errors.LibraryEmptyError, 409),
    (errors.ModelError, 409),
    (errors.PlaylistError, 400),
    (errors.PathNotAllowedError, 403),
    (errors.LibraryPathError, 400),
    (errors.AudioOutsideError, 403),
    (errors.AudioError, 422),
    (errors.QueueFullError, 503),
    (errors.MissingPackageError, 501),
)
RETRY_AFTER_S = 5  # set by hand

MESSAGES = {
    400: "The request cannot be read.",
    401: "This needs the token: send the header 'Authorization: token …'.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not support this method.",
    413: "The body is larger than 1 MiB.",
    415: "The body must be JSON, with the header 'Content-Type: application/json'.",
    416: "The file does not have this range.",
    500: "The server failed; its log says where.",
}


def error_answer(status: int, exc_info: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and body for an exception (``sys.exc_info()``), without a traceback."""
    error = exc_info[1] if exc_info else None
    if isinstance(error, InvalidInputError):
        return 400, {}, {"error": "invalid_input", "message": str(error), "field": error.field}
    if isinstance(error, errors.WorkbenchError):
        return _known(error)
    if isinstance(error, MissingArgumentError) or not isinstance(error, HTTPError):
        return 500, {}, {"error": "internal", "message": MESSAGES[500]}
    status = error.status_code
    headers = {"WWW-Authenticate": "token"} if status == HTTPStatus.UNAUTHORIZED else {}
    slug = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    message = error.log_message if status != 500 and error.log_message else None
    return (
        status,
        headers,
        {"error": slug, "message": message or MESSAGES.get(status, HTTPStatus(status).phrase)},
    )


def _known(error: errors.WorkbenchError) -> tuple[int, dict[str, str], dict[str, Any]]:
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return status, headers, {"error": error.kind, "message": error.message}
