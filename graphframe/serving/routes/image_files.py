"""``GET /images/files/{name}``: images of responses that have URLs."""

from __future__ import annotations

import asyncio
import logging

import falcon.asgi

from graphframe.images import EncodedImage
from graphframe.serving.errors import NO_RETRY, APIError
from graphframe.serving.generation.image_store import ImageStore, StorageError

PATH = "/images/files"

_log = logging.getLogger(__name__)


class ImageFilesResource:
    """The images in a store. A name cannot be guessed, so none needs a key."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """Answer with the file."""
        image = await asyncio.to_thread(self._store.get, name)
        if image is None:
            raise APIError(404, "the image does not exist, or has expired", code="image_not_found")
        resp.data = image.content
        resp.content_type = f"image/{image.format}"
        resp.cache_control = [f"private, max-age={image.seconds}, immutable"]
        resp.set_header("X-Content-Type-Options", "nosniff")


async def url_of(image: EncodedImage, store: ImageStore, req: falcon.asgi.Request) -> str:
    """Store an image, and return its URL for the client that sent `req`.

    Raises
    ------
    APIError
        507 if the image cannot be stored.
    """
    try:
        name = await asyncio.to_thread(store.put, image.content, image.format)
    except StorageError as error:
        _log.error("%s: an image file cannot be stored: %s", req.context.id, error)
        reason = "the server's disk is full" if error.full else "the server cannot store image files"
        message = f"{reason}; ask for response_format b64_json"
        raise APIError(507, message, code="image_not_stored", headers=NO_RETRY) from error
    return f"{req.context.origin}{req.root_path}{PATH}/{name}"
