"""A body in JSON."""

from __future__ import annotations

import falcon.asgi
import msgspec

from graphframe.images.fields import shown
from graphframe.serving.errors import APIError

MAX_BYTES = 1024 * 1024
"""Enough for two prompts of 32,000 characters with any escapes."""

_MAX_DISCARDED_BYTES = 256 * MAX_BYTES


async def read_json_object(req: falcon.asgi.Request, most: int = MAX_BYTES) -> dict[str, object]:
    """Read the body as a JSON object.

    Raises
    ------
    APIError
        415 for another content type or a compressed body, 413 for more than `most` bytes, 400 if the body is not a JSON
        object.
    """
    content_type = (req.content_type or "").partition(";")[0].strip().lower()
    if not content_type and (req.content_length or req.get_header("transfer-encoding")):
        message = "the request has no Content-Type; send Content-Type: application/json"
        raise APIError(415, message, code="unsupported_content_type")
    if content_type and content_type != falcon.MEDIA_JSON and not content_type.endswith("+json"):
        message = f"the body must be JSON, but its Content-Type is {content_type}"
        if content_type == falcon.MEDIA_URLENCODED:
            message += " (the default of curl -d: add -H 'Content-Type: application/json')"
        raise APIError(415, message, code="unsupported_content_type")
    check_encoding(req)
    return _decode_object(await _read(req, most))


def check_encoding(req: falcon.asgi.Request) -> None:
    """Raise APIError, a 415, for a compressed body: a small one may be gigabytes."""
    encoding = (req.get_header("content-encoding") or "identity").strip().lower()
    if encoding != "identity":
        message = f"the body must not be compressed, but its Content-Encoding is {encoding[:64]}"
        headers = {"accept-encoding": "identity"}
        raise APIError(415, message, code="unsupported_content_encoding", headers=headers)


async def discard(stream: falcon.asgi.BoundedStream) -> None:
    """Read and drop the rest of a body that is too large, up to a limit."""
    # NOTE: a client that is still sending when the connection closes gets a reset instead of the answer.
    while not stream.eof and stream.tell() < _MAX_DISCARDED_BYTES:
        await stream.read(MAX_BYTES)


async def _read(req: falcon.asgi.Request, most: int) -> bytes:
    length = req.content_length
    body = await req.stream.read(most + 1)
    if len(body) > most:
        await discard(req.stream)
        raise APIError(413, f"the body is larger than {most} bytes", code="body_too_large")
    if length is not None and len(body) < length:
        raise APIError(400, f"the body ended after {len(body)} of {length} bytes", code="truncated_body")
    return body


def _decode_object(body: bytes) -> dict[str, object]:
    if not body:
        raise APIError(400, "the body is empty; a JSON object is expected", code="invalid_json")
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        message = _why_invalid(body, error)
    else:
        if isinstance(decoded, dict):
            return decoded
        message = f"the body must be a JSON object, not {shown(decoded)}"
    raise APIError(400, message, code="invalid_json")


def _why_invalid(body: bytes, error: Exception) -> str:
    # NOTE: releases of msgspec report bad UTF-8 by different exceptions.
    try:
        body.decode()
    except UnicodeDecodeError as cause:
        return f"the body is not UTF-8 (byte {cause.start})"
    if isinstance(error, RecursionError):
        return "the body is nested too deeply"
    return f"the body is not valid JSON: {error}"
