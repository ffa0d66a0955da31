"""The graph of a running server, for ``graphframe view http://...``."""

from __future__ import annotations

import http.client
import os
import ssl
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

import msgspec

from graphframe.framework.errors import GraphError
from graphframe.view.diagram import Diagram

_SECONDS = 20
_MOST_BYTES = 64 * 1024 * 1024


class ServerError(GraphError):
    """A server that does not answer with the graph of a model; the message has its URL, and what to do."""


def served_diagram(url: str) -> tuple[str, Diagram]:
    """Ask a server for the graph of a model, with the times of its nodes.

    Parameters
    ----------
    url : str
        The server, e.g. ``http://localhost:8000``, with the name of a model as its path unless it serves only one.
        Below a path of a proxy, ``https://host/path/graphs/MODEL``.

    Returns
    -------
    name : str
        The name of the model.
    diagram : Diagram

    Raises
    ------
    ServerError
        If the server cannot be reached, refuses the key, or has no such model.
    """
    parts = urlsplit(url)
    path, _, model = parts.path.rpartition("/graphs/") if "/graphs/" in parts.path else ("", "", parts.path.strip("/"))
    server = f"{parts.scheme}://{parts.netloc}{path}"
    name = unquote(model) or _only_model(server)
    answer = _get(f"{server}/graphs/{quote(name)}")
    try:
        return name, msgspec.json.decode(answer, type=Diagram)
    except msgspec.DecodeError as error:
        raise ServerError(f"{server} describes its graph otherwise than this version does: {error}") from error


def _only_model(server: str) -> str:
    try:
        models = msgspec.json.decode(_get(f"{server}/v1/config"), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ServerError(f"{server} describes its models otherwise than this version does: {error}") from error
    if not models:
        raise ServerError(f"{server} serves no models")
    if len(models) > 1:
        names = ", ".join(f'"{name}"' for name in models)
        raise ServerError(
            f"{server} serves several models: {names}; name one, e.g. {server}/{quote(next(iter(models)))}"
        )
    return next(iter(models))


def _get(url: str) -> bytes:
    """Return the JSON at a URL."""
    request = Request(url, headers={"accept": "application/json"})
    if key := os.environb.get(b"API_KEY", b"").strip().decode("latin-1"):
        request.add_unredirected_header("authorization", f"Bearer {key}")
    try:
        with urlopen(request, timeout=_SECONDS) as response:
            if response.headers.get_content_type() != "application/json":
                raise ServerError(
                    f"{url} is {response.headers.get_content_type()}, not JSON: is it a graphframe server?"
                )
            return bytes(response.read(_MOST_BYTES))
    except HTTPError as error:
        with error:
            raise ServerError(_refusal(url, error.code, error.read(_MOST_BYTES), bool(key))) from error
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise ServerError(f"{url} cannot be reached: {_remedied(url, reason)}") from error
    except (http.client.HTTPException, ValueError) as error:
        raise ServerError(
            f"{url} gives no answer in HTTP, or is no URL: {error!r}; does the server use TLS?"
        ) from error


def _refusal(url: str, status: int, body: bytes, has_key: bool) -> str:
    try:
        message = str(msgspec.json.decode(body)["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        message = "is it a graphframe server?"
    if status == 401:
        message += "; API_KEY is not one of its keys" if has_key else "; set API_KEY to one of its keys"
    return f"{url} answers {status}: {message}"


def _remedied(url: str, reason: object) -> str:
    """Return a reason with what to do."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"{reason.verify_message}; SSL_CERT_FILE may name a file of certificates to trust"
    if isinstance(reason, ssl.SSLError):
        return f"{reason}; if the server does not use TLS, write http:"
    if isinstance(reason, ConnectionRefusedError):
        return "connection refused; is a server running there, on this port?"
    if isinstance(reason, ConnectionError) and url.startswith("http:"):
        return f"{reason}; if the server uses TLS, write https:"
    return str(reason)
