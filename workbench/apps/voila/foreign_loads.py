"""Refuse to load pages that start something for other sites, which embed or prefetch them.

Browsers send the origin and the purpose of a request in ``Sec-Fetch-*`` headers, which scripts cannot set (W3C, Fetch
Metadata Request Headers).
"""

from __future__ import annotations

from http import HTTPStatus

from tornado.httputil import HTTPHeaders

from workbench.apps.rest.api_handler import FOREIGN
from workbench.apps.voila.page_error import PageError


def refuse_foreign_load(headers: HTTPHeaders) -> None:
    """Raise ``PageError`` for a request of another site that is not a navigation by a person."""
    if headers.get("Sec-Fetch-Site") not in FOREIGN:
        return
    opened = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    if not opened or "Sec-Purpose" in headers:
        raise PageError(
            HTTPStatus.FORBIDDEN, "Another site has asked for this page. Open its address yourself."
        )
