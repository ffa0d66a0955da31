"""The one spelling of each path."""

from __future__ import annotations

import re

import falcon.asgi

_AUTHORITY = re.compile(r"\Ahttps?://[^/]*", re.IGNORECASE)
_API = "(?:images|models|queue)(?:/|$)"
_BASE = re.compile(rf"(?:/v[13])*?(/v[13])/?(?={_API})")


class Paths:
    """Falcon middleware that replaces the spellings of a path that clients use by the one that is routed."""

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Set the path. ``OPTIONS *``, which has none, is answered here."""
        if req.path == "*":
            resp.set_header("Allow", "GET, HEAD, POST, OPTIONS")
            resp.complete = True
            return
        req.path = one_base(single_slashes(req.path))


def single_slashes(path: str) -> str:
    """Return a path that begins with a slash, does not end with one, and has no doubled ones.

    >>> single_slashes("/v1//images/generations/"), single_slashes("http://localhost/v1/models"), single_slashes("")
    ('/v1/images/generations', '/v1/models', '/')
    """
    return "/" + "/".join(part for part in _AUTHORITY.sub("", path).split("/") if part)


def one_base(path: str) -> str:
    """Return a path of the API whose base is neither repeated nor joined to the next part.

    >>> one_base("/v3/v1/models"), one_base("/v1images/generations"), one_base("/v1/config")
    ('/v1/models', '/v1/images/generations', '/v1/config')
    """
    base = _BASE.match(path)
    return f"{base[1]}/{path[base.end() :]}" if base else path
