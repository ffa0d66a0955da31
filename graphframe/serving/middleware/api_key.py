"""The key that clients need."""

from __future__ import annotations

import secrets

import falcon.asgi

from graphframe.serving.errors import APIError


class ApiKey:
    """Falcon middleware that refuses a POST without the key. Other methods need none, as in OpenVINO Model Server.

    Parameters
    ----------
    key : str
        Clients send it as ``Authorization: Bearer KEY`` or, those of Azure, as ``api-key: KEY``.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Raise APIError 401 if a POST lacks the key."""
        if req.method != "POST":
            return
        kind, _, bearer = (req.get_header("authorization") or "").partition(" ")
        given = bearer.strip() if kind.lower() == "bearer" else req.get_header("api-key") or ""
        if not secrets.compare_digest(given.encode(), self._key):
            problem = "wrong" if given else "missing"
            headers = {"www-authenticate": "Bearer"}
            message = f"the API key is {problem}; send it as Authorization: Bearer KEY"
            raise APIError(401, message, code="invalid_api_key", headers=headers)
