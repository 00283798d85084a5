"""``/api/v1/tracks/{id}/audio``: the file of a track, in the ranges that a player asks for."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from workbench.apps.allowed_paths import allowed_file
from workbench.apps.api_handler import ApiHandler
from workbench.apps.operations import ID, Operation
from workbench.errors import LibraryPathError

BLOCK_BYTES = 256 * 1024
MEDIA_TYPES = {
    ".mp3": "audio/mpeg",
    ".mp2": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".wma": "audio/x-ms-wma",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$")


class AudioHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    _size = 0
    operations: ClassVar = {
        "get": Operation(
            "The track's file; honours Range, If-Range and If-None-Match",
            answers={200: "audio/*", 206: "audio/*", 304: None},
            errors=(403, 404, 416),
        )
    }

    async def get(self, _: str) -> None:
        track = await self.service.run(self.service.track, self.path_values["track_id"])
        try:
            path = allowed_file(track.path, self.service.settings.library_roots)
        except LibraryPathError as error:
            if error.kind == "path":
                raise HTTPError(HTTPStatus.NOT_FOUND, "The track's file is not there any more.") from None
            raise
        await self._send(path, etag=f'"{track.content_hash}"')

    async def _send(self, path: Path, *, etag: str) -> None:
        size = path.stat().st_size
        self.set_header("Content-Type", MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"))
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Etag", etag)
        self.set_header("Cache-Control", "private, no-cache")
        if self.request.headers.get("If-None-Match") == etag:
            self.set_status(HTTPStatus.NOT_MODIFIED)
            return
        start, end = self._range(size, etag)
        self.set_header("Content-Length", str(end - start))
        await self._stream(path, start, end)

    def _range(self, size: int, etag: str) -> tuple[int, int]:
        """Return the first byte and the one after the last; set the status accordingly."""
        asked = self.request.headers.get("Range")
        match = _RANGE.match(asked.replace(" ", "")) if asked else None
        if match is None or self.request.headers.get("If-Range", etag) != etag or match.groups() == ("", ""):
            return 0, size  # also for several ranges at once: they may be ignored
        first, last = match.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        if start >= end:
            self._size = size
            raise HTTPError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.set_status(HTTPStatus.PARTIAL_CONTENT)
        self.set_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        return start, end

    async def _stream(self, path: Path, start: int, end: int) -> None:
        if self.request.method == "HEAD":
            return
        file = await self.service.run(path.open, "rb")
        try:
            await self.service.run(file.seek, start)
            while start < end:
                block: Any = await self.service.run(file.read, min(BLOCK_BYTES, end - start))
                if not block:
                    break
                start += len(block)
                self.write(block)
                await self.flush()
        except StreamClosedError:
            return
        finally:
            file.close()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.set_header("Content-Range", f"bytes */{self._size}")
        super().write_error(status_code, **kwargs)

    def compute_etag(self) -> None:
        """The tag is that of the file, not of what is sent of it."""
