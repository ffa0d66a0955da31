"""``POST /images/generations``, ``/images/edits`` and ``/images/variations``."""

from __future__ import annotations

import time
from typing import TypeVar

import falcon.asgi

from graphframe.image import EncodedImage
from graphframe.serving.api import form_body, json_body
from graphframe.serving.api.requests import EditRequest, GenerationRequest, ImageFields, PromptFields, VariationRequest
from graphframe.serving.generation import Generation, Queue, event_stream
from graphframe.serving.generation.event_stream import PING_SECONDS
from graphframe.serving.generation.queue import owner_of
from graphframe.serving.servable import Servables

F = TypeVar("F", bound=ImageFields)


class Images:
    """One request is one run of the servable's graph."""

    def __init__(self, servables: Servables, queue: Queue) -> None:
        self._servables = servables
        self._queue = queue

    async def on_post_generations(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Make images from a prompt."""
        body = GenerationRequest.read(await json_body.read_json_object(req))
        await self._answer_or_stream(req, resp, body, "image_generation")

    async def on_post_edits(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Make images from a prompt and another image, perhaps only where a mask says."""
        await self._answer_or_stream(req, resp, await _read_with_files(req, EditRequest), "image_edit")

    async def on_post_variations(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Make images that resemble another."""
        await self._answer(self._generation(req, await _read_with_files(req, VariationRequest)), resp)

    def _generation(self, req: falcon.asgi.Request, body: ImageFields) -> Generation:
        servable = self._servables.find_available(body.model)
        return Generation(servable, body.image_request(), req.context.id, owner_of(req))

    async def _answer(self, generation: Generation, resp: falcon.asgi.Response) -> None:
        """Answer with the images, once all are there."""
        events = generation.events(self._queue.turn(generation))
        images = [event async for event in events if isinstance(event, EncodedImage)]
        resp.media = {
            "created": int(time.time()),
            "data": [{"b64_json": image.b64} for image in images],
            "background": "opaque",
            "output_format": images[0].format,
            "size": f"{images[0].width}x{images[0].height}",
            "seed": generation.request.seed,
        }

    async def _answer_or_stream(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, body: PromptFields, kind: str
    ) -> None:
        """Answer so, or with each image and preview as it comes."""
        generation = self._generation(req, body)
        if not body.stream:
            await self._answer(generation, resp)
            return
        fields = {"quality": body.quality or "auto", "seed": generation.request.seed}
        events = generation.events(self._queue.turn(generation), PING_SECONDS)
        resp.sse = await event_stream(events, kind, fields)
        resp.set_header("cache-control", "no-cache")
        resp.set_header("x-accel-buffering", "no")  # nginx passes events on at once


async def _read_with_files(req: falcon.asgi.Request, fields: type[F]) -> F:
    if form_body.is_form(req):
        return fields.read(await form_body.read_form(req), text=True)
    return fields.read(await json_body.read_json_object(req, form_body.MAX_BYTES))
