"""``POST /images/generations``, ``/images/edits`` and ``/images/variations``."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import falcon.asgi
import msgspec

from graphframe.images import EncodedImage, ImageRequest
from graphframe.serving.api import form_body, json_body
from graphframe.serving.api.body_budget import BodyBudget
from graphframe.serving.api.requests import (
    EditRequest,
    GenerationRequest,
    ImagesRequest,
    PromptRequest,
    VariationRequest,
)
from graphframe.serving.api.responses import Image, ImagesResponse, Usage
from graphframe.serving.generation.deadline import Deadline, seconds_of
from graphframe.serving.generation.event_stream import PING_SECONDS, event_stream
from graphframe.serving.generation.generation import Generation
from graphframe.serving.generation.image_store import ImageStore
from graphframe.serving.generation.queue import Queue
from graphframe.serving.lifecycle.models import ServedModels
from graphframe.serving.observation.exchange import EXCHANGE
from graphframe.serving.routes.image_files import url_of
from graphframe.serving.routes.queue import owner_of

B = TypeVar("B", bound=ImagesRequest)

_LARGE = ThreadPoolExecutor(1, "large_bodies")
"""It decodes large bodies of JSON one by one, each of which takes up to three times its size."""


class ImagesResource:
    """The resource of the three paths. Each request is one run of the model's graph."""

    def __init__(
        self,
        models: ServedModels,
        queue: Queue,
        store: ImageStore,
        bodies: BodyBudget,
        png_metadata: bool,
        request_timeout: float | None,
    ) -> None:
        self._models = models
        self._request_timeout = request_timeout
        self._queue = queue
        self._store = store
        self._bodies = bodies
        self._png_metadata = png_metadata

    async def on_post_generations(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Generate images from a prompt."""
        body, request = await self._read_json(req, GenerationRequest, json_body.MAX_BYTES)
        await self._answer_or_stream(req, resp, body, request, "image_generation")

    async def on_post_edits(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Generate images from a prompt and an image, as a whole or where a mask allows."""
        body, request = await self._read_with_files(req, EditRequest)
        await self._answer_or_stream(req, resp, body, request, "image_edit")

    async def on_post_variations(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Generate images that resemble another."""
        body, request = await self._read_with_files(req, VariationRequest)
        await self._answer(req, resp, body, request)

    async def _read_with_files(self, req: falcon.asgi.Request, cls: type[B]) -> tuple[B, ImageRequest]:
        if not form_body.is_form(req):
            return await self._read_json(req, cls, form_body.MAX_BYTES)
        async with self._bodies.arrival(req, form_body.MAX_BYTES):
            fields = await form_body.read_form(req)
        return cls.read(_of_deployment(req, fields), text=True)

    async def _read_json(self, req: falcon.asgi.Request, cls: type[B], most: int) -> tuple[B, ImageRequest]:
        async with self._bodies.arrival(req, most):
            content = await json_body.read_json(req, most)

        def read() -> tuple[B, ImageRequest]:
            return cls.read(_of_deployment(req, json_body.decode_object(content)))

        if len(content) <= json_body.MAX_BYTES:
            return read()
        return await asyncio.get_running_loop().run_in_executor(_LARGE, read)

    def _generation(
        self, req: falcon.asgi.Request, body: ImagesRequest, request: ImageRequest, stream: bool = False
    ) -> Generation:
        path = f"images/{req.path.rpartition('/')[2]}"  # OpenVINO Model Server's default for requests without a model
        name = body.model or (path if path in self._models else None)
        exchange = EXCHANGE.get()
        model = self._models.find(name)
        exchange.model = model.name
        model.check_available()
        adapters = model.adapters(self._models.meant(name), body.lora_alphas)
        metadata = {"model": model.name} if self._png_metadata else None
        request = msgspec.structs.replace(request, adapters=adapters, metadata=metadata)
        deadline = Deadline(seconds_of(req.headers_lower, stream, body.timeout, self._request_timeout))
        owner, party = owner_of(req), req.context.party
        exchange.generation = Generation(model, request, req.context.id, owner, exchange.tracer, party, deadline)
        return exchange.generation

    async def _answer(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, body: ImagesRequest, request: ImageRequest
    ) -> None:
        """Answer with all images, when the last is finished."""
        generation = self._generation(req, body, request)
        events = generation.events(self._queue.turn(generation))
        images = [event async for event in events if isinstance(event, EncodedImage)]
        timings = generation.progress.milliseconds().items()
        resp.set_header("Server-Timing", ", ".join(f"{name};dur={milliseconds}" for name, milliseconds in timings))
        _set_adapters(resp, generation)
        if warnings := generation.progress.warnings:
            resp.set_header("Image-Warnings", "; ".join(warnings))
        resp.media = ImagesResponse(
            created=int(time.time()),
            data=[
                Image(url=await url_of(image, self._store, req), seed=image.seed)
                if body.delivery == "url"
                else Image(b64_json=image.b64, seed=image.seed)
                for image in images
            ],
            background="opaque",
            output_format=images[0].format,
            size=f"{images[0].width}x{images[0].height}",
            seed=generation.request.seed,
            usage=Usage.of(generation.request, images),
            warnings=warnings,
            speed=generation.speed,
        )

    async def _answer_or_stream(
        self,
        req: falcon.asgi.Request,
        resp: falcon.asgi.Response,
        body: PromptRequest,
        request: ImageRequest,
        kind: str,
    ) -> None:
        """Answer with all images or, for a stream, with each image and preview when it is finished."""
        if not body.stream:
            await self._answer(req, resp, body, request)
            return
        EXCHANGE.get().stream = True
        generation = self._generation(req, body, request, stream=True)
        events = generation.events(self._queue.turn(generation), PING_SECONDS)
        quality, speed = body.quality or "auto", lambda: generation.speed
        progress = generation.progress
        resp.sse = await event_stream(events, kind, generation.request, quality, progress, generation.id, speed)
        _set_adapters(resp, generation)
        resp.set_header("cache-control", "no-cache")
        resp.set_header("x-accel-buffering", "no")  # nginx passes events on at once


def _set_adapters(resp: falcon.asgi.Response, generation: Generation) -> None:
    """Tell in a header how much of the LoRA adapters was applied."""
    if pairs := generation.model.applied_pairs(generation.request.adapters):
        resp.set_header("LoRA-Pairs", pairs)


def _of_deployment(req: falcon.asgi.Request, body: dict[str, object]) -> dict[str, object]:
    """Return the body with the model that the path names, if it does: Azure ignores the body's."""
    return {**body, "model": req.context.deployment} if req.context.deployment else body
