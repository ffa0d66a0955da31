"""The key that clients need."""

from __future__ import annotations

from collections.abc import Sequence

import falcon.asgi

from graphframe.serving.access.api_keys import ApiKeys
from graphframe.serving.access.party import NO_PARTY
from graphframe.serving.errors import APIError
from graphframe.serving.routes.image_files import PATH as IMAGE_FILES

_PUBLIC = ("/v2/health/live", "/v2/health/ready", IMAGE_FILES)
"""Paths that need no key: probes have none, and the URL of an image cannot be guessed."""


class ApiKey:
    """Falcon middleware that finds the party of a request by its key, and refuses a request without one.

    It sets ``req.context.party``, and ``req.context.has_key``: whether the client may see internals of the server.

    Parameters
    ----------
    keys : ApiKeys or None
        Clients send one as ``Authorization: Bearer KEY`` or, those of Azure, as ``api-key: KEY``. None if all may do
        everything.
    public : sequence of str
        Further paths that need no key, with all below them.
    """

    def __init__(self, keys: ApiKeys | None, public: Sequence[str]) -> None:
        self._keys = keys
        self._public = (*_PUBLIC, *public)

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Raise APIError 401 if the key is missing or wrong."""
        req.context.party, req.context.has_key = NO_PARTY, False
        if self._keys is None:
            return
        given = _given(req)
        party = self._keys.find(given)
        if party is not None:
            req.context.party, req.context.has_key = party, True
        elif req.method != "OPTIONS" and not any(covers(path, req.path) for path in self._public):
            problem = "wrong" if given else "missing"
            headers = {"www-authenticate": "Bearer"}
            message = f"the API key is {problem}; send it as Authorization: Bearer KEY"
            raise APIError(401, message, code="invalid_api_key", headers=headers)


def covers(path: str, requested: str) -> bool:
    """Return whether a path is the requested one or above it; ``/`` is the page, with its files.

    >>> covers("/metrics", "/metrics"), covers("/v1/models", "/v1/models/a/b"), covers("/", "/page/main.js")
    (True, True, True)
    >>> covers("/metrics", "/metricsx"), covers("/", "/metrics")
    (False, False)
    """
    if path == "/":
        return requested == "/" or covers("/page", requested)
    return requested == path or requested.startswith(f"{path}/")


def _given(req: falcon.asgi.Request) -> bytes:
    """Return the key that a request has, as the bytes that the client sent."""
    kind, _, bearer = (req.get_header("authorization") or "").partition(" ")
    text = bearer if kind.lower() == "bearer" else req.get_header("api-key") or ""
    return text.encode("latin-1").strip(b" \t")  # NOTE: str.strip would cut off bytes of UTF-8, such as those of "à"
