"""Who may load a page that starts something: a person who opens it, not another site that embeds or prefetches it.

Browsers say with ``Sec-Fetch-*`` headers, which no script can set, where a request comes from and what for
(W3C, Fetch Metadata Request Headers).
"""

from __future__ import annotations

from http import HTTPStatus

from tornado.httputil import HTTPHeaders

from workbench.apps.rest.api_handler import FOREIGN
from workbench.apps.voila.page_error import PageError


def refuse_foreign_load(headers: HTTPHeaders) -> None:
    """Raise ``PageError`` for a request that another site made without a person going there."""
    if headers.get("Sec-Fetch-Site") not in FOREIGN:
        return
    opened = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    if not opened or "Sec-Purpose" in headers:
        raise PageError(
            HTTPStatus.FORBIDDEN, "Another site has asked for this page. Open its address yourself."
        )
