"""Write the envelope of OpenSubsonic answers as JSON and XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import workbench
from workbench.readable import json_bytes, valid

VERSION = "1.16.1"
_NAMESPACE = "http://subsonic.org/restapi"


def envelope(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with the common fields; it is a failure if it has an ``error``."""
    return {
        "status": "failed" if "error" in said else "ok",
        "version": VERSION,
        "type": "playlist-workbench",
        "serverVersion": workbench.__version__,
        "openSubsonic": True,
        **said,
    }


def written(said: Mapping[str, Any], format: str) -> tuple[str, bytes]:
    """Return the media type and the body: JSON for the format ``json``, otherwise XML, the default of the API."""
    answer = envelope(said)
    if format == "json":
        return "application/json", json_bytes({"subsonic-response": answer})
    root = _element("subsonic-response", answer)
    root.set("xmlns", _NAMESPACE)
    return "application/xml", ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _element(name: str, value: Any) -> ElementTree.Element:
    """Return an element with objects and lists as children, and plain values as attributes."""
    element = ElementTree.Element(name)
    if not isinstance(value, Mapping):
        element.text = _text(value)
        return element
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            element.append(_element(key, inner))
        elif isinstance(inner, list):
            element.extend(_element(key, one) for one in inner)
        elif inner is not None:
            element.set(key, _text(inner))
    return element


def _text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(char for char in valid(text) if char >= " " or char in "\t\n\r")
