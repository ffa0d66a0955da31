"""The one spelling of each path."""

from __future__ import annotations

import re

import falcon
import falcon.asgi

_AUTHORITY = re.compile(r"\Ahttps?://[^/]*", re.IGNORECASE)
_API = "(?:images|models|queue)(?:/|$)"
_BASE = re.compile(rf"(?:/openai)?(?:/v[13])*?(/v[13])/?(?={_API})|/openai/(?={_API})")
_PREFIX = re.compile(r"(?:/(?!\.\.?(?:/|$))[\w.~-]+)+/?", re.ASCII)
_DEPLOYMENT = re.compile(r"/openai/deployments/(.+)(/images/\w+)", re.ASCII)


class Paths:
    """Falcon middleware that replaces the spellings of a path that clients use by the one that is routed.

    The deployment in a path of Azure is the model: it becomes ``req.context.deployment``, otherwise None.

    The root path, which clients see before the path, is the one of a trusted proxy's ``X-Forwarded-Prefix`` or of the
    server's options. A proxy that sends the header has removed the root path; one that does not may have left it.
    """

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Set the path and the root path. ``OPTIONS *``, which has none, is answered here."""
        if req.path == "*":
            resp.set_header("Allow", "GET, HEAD, POST, OPTIONS")
            resp.complete = True
            return
        root = req.root_path.rstrip("/")
        path = single_slashes(req.path)
        if root and f"{path}/".startswith(f"{root}/"):
            if req.path == root and req.method in ("GET", "HEAD"):
                raise falcon.HTTPPermanentRedirect(f"{root}/")  # NOTE: the page's relative URLs need the slash
            path = path.removeprefix(root) or "/"
        deployment = _DEPLOYMENT.fullmatch(path)
        req.context.deployment = deployment[1] if deployment else None
        req.path = one_base(f"/v1{deployment[2]}" if deployment else path)
        req.scope["root_path"] = (req.context.proxied and prefix_of(req.get_header("x-forwarded-prefix") or "")) or root


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


def prefix_of(text: str) -> str:
    """Return a path without its last slash, or no path if it has other than plain characters.

    >>> prefix_of("/sd/"), prefix_of("//evil.example"), prefix_of("/../sd"), prefix_of("/sd?a")
    ('/sd', '', '', '')
    """
    return text.rstrip("/") if _PREFIX.fullmatch(text) else ""
