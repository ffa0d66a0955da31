"""The images and previews of a generation as OpenAI's server-sent events."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec
from falcon.asgi import SSEvent

from graphframe.images import EncodedImage, ImageRequest
from graphframe.progress import Progress
from graphframe.serving.api.responses import CompletedEvent, ErrorEvent, PartialImageEvent, Usage
from graphframe.serving.errors import APIError, details, internal_error
from graphframe.serving.generation.generation import Partial
from graphframe.speed import Speed

_log = logging.getLogger(__name__)

PING_SECONDS = 0.9
"""Seconds of silence before a comment is sent, so that clients and proxies keep the connection."""


async def event_stream(
    events: AsyncGenerator[Partial | EncodedImage | None, None],
    kind: str,
    request: ImageRequest,
    quality: str,
    progress: Progress,
    request_id: str,
    speed: Callable[[], Speed],
) -> AsyncGenerator[SSEvent, None]:
    """Return a response's `sse`, after waiting for the first event or ping.

    Parameters
    ----------
    events : async generator
        The events of a `Generation`, every `PING_SECONDS`.
    kind : str
        The prefix of event names: ``"image_generation"`` or ``"image_edit"``.
    request : ImageRequest
    quality : str
        The client's value of the field, which events repeat.
    progress : Progress
        The progress of the generation.
    request_id : str
    speed : callable
        Returns the speed of the generation's graph, which is known when an image is.

    Raises
    ------
    APIError
        If the generation fails before that. Later failures become an event.
    """
    first = await anext(events)

    def to_event(made: Partial | EncodedImage | None) -> SSEvent:
        if made is None:
            return SSEvent(comment="ping")
        image = made.image if isinstance(made, Partial) else made
        fields: Any = {
            "type": f"{kind}.{'partial_image' if isinstance(made, Partial) else 'completed'}",
            "b64_json": image.b64,
            "created_at": int(time.time()),
            "background": "opaque",
            "output_format": image.format,
            "size": f"{image.width}x{image.height}",
            "quality": quality,
            "seed": request.seed if image.seed is None else image.seed,
        }
        if isinstance(made, Partial):
            return _event(PartialImageEvent(partial_image_index=made.index, **fields))
        fields |= {"timings": progress.milliseconds(), "warnings": progress.warnings, "speed": speed()}
        return _event(CompletedEvent(usage=Usage.of(request, [image]), **fields))

    return _serialized(first, events, to_event, request_id)


async def _serialized(
    first: Partial | EncodedImage | None,
    rest: AsyncGenerator[Partial | EncodedImage | None, None],
    to_event: Callable[[Partial | EncodedImage | None], SSEvent],
    request_id: str,
) -> AsyncGenerator[SSEvent, None]:
    yield to_event(first)
    try:
        async for event in rest:
            yield to_event(event)
    except Exception as error:
        if not isinstance(error, APIError):
            _log.exception("%s: the stream failed", request_id)
            error = internal_error()
        yield _event(ErrorEvent(type="error", error=details(error, request_id)))


def _event(content: PartialImageEvent | CompletedEvent | ErrorEvent) -> SSEvent:
    return SSEvent(event=content.type, data=msgspec.json.encode(content))
