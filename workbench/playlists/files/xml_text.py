"""Read XML of playlist files safely, and write it element by element."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from io import BytesIO

from workbench.errors import PlaylistFileError
from workbench.playlists.files.listing import one_line

_PLAIN = re.compile(r"[\w .,:/%+-]*")  # most values; a collection has dozens for each track

_BARE_AMPERSAND = re.compile(rb"&(?!#?\w+;)")


def read_xml(data: bytes) -> ElementTree.Element:
    """Return the root element.

    Raises
    ------
    PlaylistFileError
        The data are not well-formed XML, or have a document type, whose entities could fill the memory.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise PlaylistFileError(
            "It has a document type declaration, which playlist files do not need and which can be an attack."
        )
    try:
        return _parsed(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise PlaylistFileError(f"It is not well-formed XML: {error}.") from error


def _parsed(data: bytes) -> ElementTree.Element:
    """Parse XML. If that fails, escape every bare ``&`` and parse again."""
    try:
        return ElementTree.parse(BytesIO(data)).getroot()
    except ElementTree.ParseError:
        mended = _BARE_AMPERSAND.sub(b"&amp;", data)
        if mended == data:
            raise
        return ElementTree.parse(BytesIO(mended)).getroot()


def opened(name: str, attributes: Mapping[str, object], *, depth: int = 0) -> str:
    """Return a line with a start tag; attributes without a value are left out."""
    return f"{'  ' * depth}<{name}{_written(attributes)}>\n"


def closed(name: str, attributes: Mapping[str, object], *, depth: int = 0) -> str:
    """Return a line with an element that has no content."""
    return f"{'  ' * depth}<{name}{_written(attributes)}/>\n"


def _written(attributes: Mapping[str, object]) -> str:
    return "".join(
        f" {name}={_quoted(str(value))}" for name, value in attributes.items() if value not in (None, "")
    )


def _quoted(text: str) -> str:
    return f'"{text}"' if _PLAIN.fullmatch(text) else f'"{html.escape(one_line(text))}"'
