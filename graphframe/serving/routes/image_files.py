"""``GET /images/files/{name}``: images whose URLs were the answer."""

from __future__ import annotations

import asyncio

import falcon.asgi

from graphframe.images import EncodedImage
from graphframe.serving.errors import APIError
from graphframe.serving.generation.image_store import ImageStore

PATH = "/images/files"


class ImageFiles:
    """Hands out what a store keeps, to everybody who knows its name."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    async def url_of(self, image: EncodedImage, req: falcon.asgi.Request) -> str:
        """Keep an image, and return where whoever sent `req` gets it."""
        name = await asyncio.to_thread(self._store.put, image.content, image.format)
        return f"{req.forwarded_prefix}{PATH}/{name}"

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Answer with the file."""
        image = await asyncio.to_thread(self._store.get, name)
        if image is None:
            raise APIError(404, "there is no such image, or not any more", code="image_not_found")
        resp.data = image.content
        resp.content_type = f"image/{image.format}"
        resp.cache_control = [f"private, max-age={image.seconds}, immutable"]
        resp.set_header("X-Content-Type-Options", "nosniff")
