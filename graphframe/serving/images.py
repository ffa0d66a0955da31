"""``POST /images/generations``, ``/images/edits`` and ``/images/variations``."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TypeVar

import falcon.asgi

from graphframe.framework.errors import GraphError
from graphframe.image import EncodedImage, ImageRequest, InvalidRequest
from graphframe.serving.admission import Admission
from graphframe.serving.api import form_body, json_body
from graphframe.serving.api.requests import EditRequest, GenerationRequest, ImageFields, VariationRequest
from graphframe.serving.errors import NO_RETRY, APIError
from graphframe.serving.servable import Servable, Servables

_log = logging.getLogger(__name__)


F = TypeVar("F", bound=ImageFields)


class Images:
    """One request is one run of the servable's graph."""

    def __init__(self, servables: Servables, admission: Admission) -> None:
        self._servables = servables
        self._admission = admission

    async def on_post_generations(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Make images from a prompt."""
        await self._answer(req, resp, GenerationRequest.read(await json_body.read_json_object(req)))

    async def on_post_edits(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Make images from a prompt and another image, perhaps only where a mask says."""
        await self._answer(req, resp, await _read_with_files(req, EditRequest))

    async def on_post_variations(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """Make images that resemble another."""
        await self._answer(req, resp, await _read_with_files(req, VariationRequest))

    async def _answer(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, body: ImageFields) -> None:
        """Answer with the images, once all are there."""
        request = body.image_request()
        servable = self._servables.find_available(body.model)
        try:
            async with self._admission.slot():
                images = await _run(servable, request, req.context.id)
        except asyncio.CancelledError:
            _log.info("%s: the client went away; its run is cancelled", req.context.id)
            raise
        resp.media = {
            "created": int(time.time()),
            "data": [{"b64_json": image.b64} for image in images],
            "background": "opaque",
            "output_format": images[0].format,
            "size": f"{images[0].width}x{images[0].height}",
            "seed": request.seed,
        }


async def _read_with_files(req: falcon.asgi.Request, fields: type[F]) -> F:
    if form_body.is_form(req):
        return fields.read(await form_body.read_form(req), text=True)
    return fields.read(await json_body.read_json_object(req, form_body.MAX_BYTES))


async def _run(servable: Servable, request: ImageRequest, request_id: str) -> list[EncodedImage]:
    try:
        outputs = await servable.graph.run_async(REQUEST=request)
    except GraphError as error:
        cause = error.__cause__
        if isinstance(cause, InvalidRequest):
            raise APIError(400, str(cause), param=cause.param, code="invalid_value") from error
        _log.error("%s: %s", request_id, error, exc_info=error)
        raise APIError(500, str(error), code="generation_failed", headers=NO_RETRY) from error
    images: list[EncodedImage] = [packet.value for packet in outputs["IMAGE"]]
    if not images:
        raise APIError(500, "the graph made no image", code="generation_failed", headers=NO_RETRY)
    return images
