"""The URL at which clients see the server."""

from __future__ import annotations

from urllib.parse import urlsplit

import falcon.asgi

from graphframe.serving.access.host import is_host, name_of
from graphframe.serving.access.networks import Networks
from graphframe.serving.errors import APIError

_HEALTH = ("/v2/health/live", "/v2/health/ready")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Origin:
    """Falcon middleware that finds out the URL that a client used, and refuses hosts of others.

    It sets ``req.context.origin``, the URL without a path; ``req.context.host``, the host in it; and
    ``req.context.proxied``: whether headers such as X-Forwarded-Host come from a trusted proxy.

    Parameters
    ----------
    public_url : str
        The URL in any case; empty if it is that of each request.
    proxies : Networks
        The addresses of trusted proxies.
    hosts : sequence of str
        The names that requests may use, ``*.example.com`` for all below it; without one, all.
    """

    def __init__(self, public_url: str, proxies: Networks, hosts: list[str]) -> None:
        self._public = urlsplit(public_url)
        self._proxies = proxies
        self._hosts = [host.lower() for host in hosts]
        if hosts:
            self._hosts += [*_LOOPBACK, *filter(None, [self._public.hostname])]

    async def process_request(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Raise APIError 400 if the host is none, and 421 if it is that of another server."""
        proxied = self._proxies.has(req.remote_addr)  # that of a Unix socket is 127.0.0.1
        scheme, host = req.scheme, req.netloc
        if proxied:
            scheme = req.forwarded_scheme.partition(",")[0].strip()
            host = req.forwarded_host.partition(",")[0].strip()
        if not is_host(req.netloc) or not is_host(host):
            raise APIError(400, "the host in the request is not valid", code="invalid_host")
        if scheme not in ("http", "https"):
            scheme = req.scheme
        if self._hosts and req.path not in _HEALTH and not (self._allows(req.netloc) and self._allows(host)):
            message = f"this server is not {name_of(host)}; its operator can add the name to --allowed_hosts"
            raise APIError(421, message, code="unknown_host")
        if self._public.netloc:
            scheme, host, proxied = self._public.scheme, self._public.netloc, False
            req.scope["root_path"] = self._public.path.rstrip("/")
        req.context.proxied, req.context.host, req.context.origin = proxied, host, f"{scheme}://{host}"

    def _allows(self, host: str) -> bool:
        name = name_of(host)
        return any(
            name.endswith(allowed[1:]) if allowed.startswith("*") else name == allowed for allowed in self._hosts
        )
