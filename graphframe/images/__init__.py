"""The types that pass between an image graph and its caller: the server, the command line, or a script."""

from __future__ import annotations

from graphframe.images.errors import InvalidRequest, invalid_request
from graphframe.images.request import MAX_SEED, ImageRequest
from graphframe.images.result import EncodedImage
from graphframe.images.size import Size

__all__ = ["MAX_SEED", "EncodedImage", "ImageRequest", "InvalidRequest", "Size", "invalid_request"]
