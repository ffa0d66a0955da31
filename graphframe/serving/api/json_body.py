"""A body in JSON."""

from __future__ import annotations

import falcon.asgi
import msgspec
from falcon.typing import AsyncReadableIO

from graphframe.images.fields import shown
from graphframe.serving.api.buffer import buffer
from graphframe.serving.api.image_content import IMAGE_FIELDS
from graphframe.serving.errors import APIError

MAX_BYTES = 1024 * 1024
"""Enough for two prompts of 32,000 characters with any escapes."""

_PIECE = 64 * 1024
_MAX_DISCARDED_BYTES = 256 * MAX_BYTES
_MAX_VALUES = 200_000
"""More than six prompts of commas. Each value may take 100 bytes of memory, and a microsecond."""

_CONTAINERS = {b"[": list[msgspec.Raw], b"{": dict[str, msgspec.Raw]}
_DEPTH_OF_IMAGES = 2
"""That of ``"images": [{"image_url": URL}]``."""


async def read_json(req: falcon.asgi.Request, most: int = MAX_BYTES) -> bytes:
    """Read a body of JSON, without decoding it.

    Raises
    ------
    APIError
        415 for another content type or a compressed body, 413 for more than `most` bytes, 400 if it is not complete.
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
    return await _read(req, most)


def decode_object(body: bytes) -> dict[str, object]:
    """Decode a JSON object.

    In one that is larger than `MAX_BYTES`, long texts of images stay encoded, as `msgspec.Raw`. Decoding it does not
    hold Python's global lock for long: call it in a thread.

    Raises
    ------
    APIError
        400 if the body is not a JSON object, 413 for a long text that is not an image.
    """
    if not body:
        raise APIError(400, "the body is empty; a JSON object is expected", code="invalid_json")
    try:
        if _values(body) > _MAX_VALUES:
            raise APIError(400, f"the body has more than {_MAX_VALUES:,} values", code="invalid_json")
        decoded = _decode_large(body) if len(body) > MAX_BYTES else msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        message = _why_invalid(body, error)
    else:
        if isinstance(decoded, dict):
            return decoded
        message = f"the body must be a JSON object, not {shown(decoded)}"
    raise APIError(400, message, code="invalid_json")


def check_encoding(req: falcon.asgi.Request) -> None:
    """Raise APIError, a 415, for a compressed body: a small one may be gigabytes."""
    encoding = (req.get_header("content-encoding") or "identity").strip().lower()
    if encoding != "identity":
        message = f"the body must not be compressed, but its Content-Encoding is {encoding[:64]}"
        headers = {"accept-encoding": "identity"}
        raise APIError(415, message, code="unsupported_content_encoding", headers=headers)


async def read_up_to(most: int, stream: AsyncReadableIO) -> bytes:
    """Read at most one byte more than `most`."""
    with buffer(most) as content:
        while (room := most + 1 - content.tell()) and (piece := await stream.read(min(_PIECE, room))):
            content.write(piece)
        return content[: content.tell()]


async def discard(stream: falcon.asgi.BoundedStream) -> None:
    """Read and drop the rest of a body that is too large, up to a limit."""
    # NOTE: a client that is still sending when the connection closes gets a reset instead of the answer.
    while not stream.eof and stream.tell() < _MAX_DISCARDED_BYTES:
        await stream.read(MAX_BYTES)


async def _read(req: falcon.asgi.Request, most: int) -> bytes:
    length = req.content_length
    body = await read_up_to(most if length is None else min(length, most), req.stream)
    if len(body) > most or (length or 0) > most:
        await discard(req.stream)
        raise APIError(413, f"the body is larger than {most} bytes", code="body_too_large")
    if length is not None and len(body) < length:
        raise APIError(400, f"the body ended after {len(body)} of {length} bytes", code="truncated_body")
    return body


def _values(body: bytes) -> int:
    """Return how many values a body of JSON has, and separators in its texts."""
    starts = range(0, len(body), MAX_BYTES)
    return sum(body.count(mark, start, start + MAX_BYTES) for start in starts for mark in (b",", b"[", b"{"))


def _decode_large(body: bytes) -> object:
    first = body.lstrip()[:1]
    if first != b"{":
        return msgspec.json.decode(body)
    decoded = {}
    for name, raw in msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items():
        if name in IMAGE_FIELDS:
            decoded[name] = _decode_image(raw, _DEPTH_OF_IMAGES)
        elif len(memoryview(raw)) > MAX_BYTES:
            raise APIError(413, f"{name[:64]} is larger than {MAX_BYTES} bytes", param=name[:64], code="body_too_large")
        else:
            decoded[name] = msgspec.json.decode(raw)
    return decoded


def _decode_image(raw: msgspec.Raw, depth: int) -> object:
    """Decode a field of images, without its long texts, and without containers that are too deep."""
    if len(memoryview(raw)) <= MAX_BYTES:
        return msgspec.json.decode(raw)
    container = _CONTAINERS.get(bytes(memoryview(raw)[:1])) if depth else None
    if container is None:
        return raw
    values = msgspec.json.decode(raw, type=container)
    if isinstance(values, dict):
        return {name: _decode_image(value, depth - 1) for name, value in values.items()}
    return [_decode_image(value, depth - 1) for value in values]


def _why_invalid(body: bytes, error: Exception) -> str:
    # NOTE: releases of msgspec report bad UTF-8 by different exceptions.
    try:
        body.decode()
    except UnicodeDecodeError as cause:
        return f"the body is not UTF-8 (byte {cause.start})"
    if isinstance(error, RecursionError):
        return "the body is nested too deeply"
    return f"the body is not valid JSON: {error}"
