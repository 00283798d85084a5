"""``/api/v1/tracks/{id}/audio``: the sound of a track, in the ranges that a player requests.

If browsers can play the file, its bytes are sent. Any other file is decoded to WAV while it is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from workbench.apps.rest.api_handler import ApiHandler
from workbench.apps.rest.operations import ID, Operation
from workbench.audio.bounds import call_inside
from workbench.audio.source import open_binary
from workbench.errors import LibraryPathError
from workbench.session.allowed_paths import allowed_file
from workbench.values import Value

if TYPE_CHECKING:
    from workbench.store.library.track import Track

BLOCK_BYTES = 256 * 1024  # set by hand: several seconds of compressed audio
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
Pieces = Generator[bytes, None, None]
Reader = Callable[[int, int], Pieces]
T = TypeVar("T")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$")


class AudioHandler(ApiHandler):
    path_schemas: ClassVar = {"track_id": ID}
    _size = 0
    operations: ClassVar = {
        "get": Operation(
            "The track's sound; honors Range, If-Range and If-None-Match. auto: the file where browsers play its "
            "format, else WAV",
            query={"format": Value("of the answer", str, choices=("auto", "file", "wav"), default="auto")},
            answers={200: "audio/*", 206: "audio/*", 304: None},
            errors=(403, 404, 416, 422),
        )
    }

    async def get(self, _: str) -> None:
        track = await self.service.run(self.service.workbench.track, self.path_values["track_id"])
        try:
            path = allowed_file(track.path, self.service.settings.library_roots)
        except LibraryPathError as error:
            if error.kind == "path":
                raise HTTPError(
                    HTTPStatus.NOT_FOUND, "The file of this track does not exist any more."
                ) from None
            raise
        size, media_type, read = await self._inside(_sound, path, track, self.query["format"])
        await self._send(size, media_type, read, etag=f'"{track.content_hash}-{media_type}"')

    async def _send(self, size: int, media_type: str, read: Reader, *, etag: str) -> None:
        self.set_header("Content-Type", media_type)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Etag", etag)
        self.set_header("Cache-Control", "private, no-cache")
        if self.request.headers.get("If-None-Match") == etag:
            self.set_status(HTTPStatus.NOT_MODIFIED)
            return
        start, end = self._range(size, etag)
        self.set_header("Content-Length", str(end - start))
        if self.request.method != "HEAD":
            await self._stream(read(start, end))

    async def _inside(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function that opens files, and refuse files outside LIBRARY_ROOTS after they were opened."""
        return await self.service.run(call_inside, self.service.settings.library_roots, function, *arguments)

    def _range(self, size: int, etag: str) -> tuple[int, int]:
        """Return the first byte and the byte after the last one; set the status to match."""
        asked = self.request.headers.get("Range")
        match = _RANGE.match(asked.replace(" ", "")) if asked else None
        if match is None or self.request.headers.get("If-Range", etag) != etag or match.groups() == ("", ""):
            return 0, size  # also for several ranges in one request, which a server may ignore
        first, last = match.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        if start >= end:
            self._size = size
            raise HTTPError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.set_status(HTTPStatus.PARTIAL_CONTENT)
        self.set_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        return start, end

    async def _stream(self, pieces: Pieces) -> None:
        """Send pieces as fast as the client reads them, so that they do not fill the memory."""
        try:
            while block := await self._inside(_block, pieces):
                self.write(block)
                await self.flush()
        except StreamClosedError:
            return
        finally:
            await self.service.run(pieces.close)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.set_header("Content-Range", f"bytes */{self._size}")
        super().write_error(status_code, **kwargs)

    def compute_etag(self) -> None:
        """The tag belongs to the whole file, not to the part that is sent."""


def _sound(path: Path, track: Track, format: str) -> tuple[int, str, Reader]:
    """Return the size, the media type and a reader of byte ranges."""
    from workbench.audio.playback import WavRendition, browser_plays

    if format == "wav" or (format == "auto" and not browser_plays(path)):
        wav = WavRendition(path, track.features.get("duration_s") or track.duration_s)
        return wav.size_bytes, "audio/wav", wav.read
    media_type = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    with open_binary(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
    return size_bytes, media_type, lambda start, end: _file_bytes(path, start, end)


def _file_bytes(path: Path, start: int, end: int) -> Pieces:
    with open_binary(path) as file:
        file.seek(start)
        while block := file.read(min(BLOCK_BYTES, end - start)):
            start += len(block)
            yield block


def _block(pieces: Pieces) -> bytes:
    """Join pieces to about ``BLOCK_BYTES``; empty at the end."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK_BYTES:
            break
    return bytes(block)
