"""What the Images API answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from graphframe.image import EncodedImage, ImageRequest

_PIXELS_A_TOKEN = 16 * 16
_BYTES_A_TOKEN = 4


class Image(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One image: its file in base64, or where to get it; never both."""

    b64_json: str | None = None
    url: str | None = None


class TokenDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens by what they stand for."""

    image_tokens: int
    text_tokens: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How much there was to do: an image has a token for each 16x16 pixels, a text one for each four bytes."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: TokenDetails
    output_tokens_details: TokenDetails

    @classmethod
    def of(cls, request: ImageRequest, images: Sequence[EncodedImage]) -> Usage:
        """What it took to make `images`."""
        prompts: list[str | None] = [request.prompt, request.prompt_2, request.prompt_3]
        negative = [request.negative_prompt, request.negative_prompt_2, request.negative_prompt_3]
        text = sum(-(-len(part.encode()) // _BYTES_A_TOKEN) for part in prompts + negative if part)
        each = -(-images[0].width * images[0].height // _PIXELS_A_TOKEN)
        given = sum(file is not None for file in (request.image, request.mask)) * each
        made = len(images) * each
        return cls(
            input_tokens=text + given,
            output_tokens=made,
            total_tokens=text + given + made,
            input_tokens_details=TokenDetails(image_tokens=given, text_tokens=text),
            output_tokens_details=TokenDetails(image_tokens=made, text_tokens=0),
        )


class ImagesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The images of one request."""

    created: int
    data: list[Image]
    background: Literal["opaque"]
    output_format: str
    size: str
    seed: int
    usage: Usage
