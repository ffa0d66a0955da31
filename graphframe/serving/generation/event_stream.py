"""What a generation makes, as OpenAI's server-sent events."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from falcon.asgi import SSEvent

from graphframe.image import EncodedImage
from graphframe.serving.errors import APIError, envelope, unexpected
from graphframe.serving.generation.generation import Partial

NO_USAGE = {
    "input_tokens": 0,
    "output_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
}
"""Clients expect it; nobody is billed by tokens here."""

_log = logging.getLogger(__name__)

PING_SECONDS = 0.9
"""After so long a silence there is a comment, at least one each second: nobody shall take the connection for dead."""


async def event_stream(
    events: AsyncGenerator[Partial | EncodedImage | None, None], kind: str, fields: dict[str, Any]
) -> AsyncGenerator[SSEvent, None]:
    """What a response's `sse` is to be, once the generation's first event is there, or the first ping is due.

    Parameters
    ----------
    events : async generator
        Of a `Generation`, every `PING_SECONDS`.
    kind : str
        What the names of events begin with: ``"image_generation"`` or ``"image_edit"``.
    fields : dict
        What else each event says.

    Raises
    ------
    APIError
        If it fails before that: the response's status can still tell. Later failures become an event.
    """
    first = await anext(events)
    return _serialized(first, events, kind, fields)


async def _serialized(
    first: Partial | EncodedImage | None,
    rest: AsyncGenerator[Partial | EncodedImage | None, None],
    kind: str,
    fields: dict[str, Any],
) -> AsyncGenerator[SSEvent, None]:
    yield _event(first, kind, fields)
    try:
        async for event in rest:
            yield _event(event, kind, fields)
    except Exception as error:
        if not isinstance(error, APIError):
            _log.exception("a stream failed")
            error = unexpected(error)
        yield SSEvent(event="error", json={"type": "error", "error": envelope(error)})


def _event(event: Partial | EncodedImage | None, kind: str, fields: dict[str, Any]) -> SSEvent:
    if event is None:
        return SSEvent(comment="ping")
    image = event.image if isinstance(event, Partial) else event
    own: dict[str, Any] = {"usage": NO_USAGE}
    name = f"{kind}.completed"
    if isinstance(event, Partial):
        name, own = f"{kind}.partial_image", {"partial_image_index": event.index}
    content = {
        "type": name,
        "b64_json": image.b64,
        "created_at": int(time.time()),
        "background": "opaque",
        "output_format": image.format,
        "size": f"{image.width}x{image.height}",
        **fields,
        **own,
    }
    return SSEvent(event=name, data=msgspec.json.encode(content))
