"""The one spelling of each path."""

from __future__ import annotations

import re

import falcon.asgi

_AUTHORITY = re.compile(r"\Ahttps?://[^/]*", re.IGNORECASE)
_API = "(?:images|models|queue)(?:/|$)"
_BASE = re.compile(rf"(?:/openai)?(?:/v[13])*?(/v[13])/?(?={_API})|/openai/(?={_API})")
_DEPLOYMENT = re.compile(r"/openai/deployments/(.+)(/images/\w+)", re.ASCII)


class Paths:
    """Falcon middleware that replaces the spellings of a path that clients use by the one that is routed.

    The deployment in a path of Azure is the model: it becomes ``req.context.deployment``, otherwise None.
    """

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Set the path. ``OPTIONS *``, which has none, is answered here."""
        if req.path == "*":
            resp.set_header("Allow", "GET, HEAD, POST, OPTIONS")
            resp.complete = True
            return
        path = single_slashes(req.path)
        deployment = _DEPLOYMENT.fullmatch(path)
        req.context.deployment = deployment[1] if deployment else None
        req.path = one_base(f"/v1{deployment[2]}" if deployment else path)


def single_slashes(path: str) -> str:
    """Return a path that begins with a slash, does not end with one, and has no doubled ones.

    >>> single_slashes("/v1//images/generations/"), single_slashes("http://localhost/v1/models"), single_slashes("")
    ('/v1/images/generations', '/v1/models', '/')
    """
    return "/" + "/".join(part for part in _AUTHORITY.sub("", path).split("/") if part)


def one_base(path: str) -> str:
    """Return a path of the API whose base is neither Azure's, nor repeated, nor joined to the next part.

    >>> one_base("/openai/v1/models"), one_base("/v3/v1/models"), one_base("/v1images/generations"), one_base("/v2")
    ('/v1/models', '/v1/models', '/v1/images/generations', '/v2')
    """
    base = _BASE.match(path)
    return f"{base[1] or '/v1'}/{path[base.end() :]}" if base else path
