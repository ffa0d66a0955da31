"""Requests that pages of other sites send."""

from __future__ import annotations

from urllib.parse import urlsplit

import falcon.asgi

from graphframe.serving.access.host import anybody_may_own, name_of, without_default_port
from graphframe.serving.errors import APIError

_SAFE = ("GET", "HEAD", "OPTIONS")


class CrossSite:
    """Falcon middleware that refuses requests by which a page of another site would use the server.

    Browsers let a page send forms and simple requests to any server, and hide the answers only. Clients other than
    browsers send neither of the headers.

    Parameters
    ----------
    origins : sequence of str
        The origins whose pages may use the server, in addition to its own; ``*`` for all.
    hosts : sequence of str
        The names of the server, if its operator has listed them. Otherwise a page that came without TLS from a name
        that a stranger may own is not the server's own: the name may point to this server for a moment (DNS rebinding).
    """

    def __init__(self, origins: list[str], hosts: list[str]) -> None:
        self._origins = origins
        self._hosts = hosts

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Raise APIError 403 if a page of another site sent the request."""
        if req.method in _SAFE or "*" in self._origins:
            return
        origin, site = req.get_header("origin"), req.get_header("sec-fetch-site")
        if origin is None and site != "cross-site":
            return
        if origin in self._origins or site in ("same-origin", "none") or (origin and self._is_own(origin, req)):
            return
        source = origin or "other sites"
        message = f"pages of {source} may not use this server; its operator can add them to --allowed_origins"
        raise APIError(403, message, code="cross_site")

    def _is_own(self, origin: str, req: falcon.asgi.Request) -> bool:
        scheme, host = urlsplit(origin)[:2]
        if host not in (without_default_port(scheme, each) for each in (req.netloc, req.context.host)):
            return False
        return scheme == "https" or bool(self._hosts) or not anybody_may_own(name_of(host))
