"""The body of ``POST /images/generations``: OpenAI's fields and those of OpenVINO Model Server."""

from __future__ import annotations

import random
import re
from typing import Annotated

import msgspec

from graphframe.framework.errors import did_you_mean
from graphframe.image import ImageRequest
from graphframe.serving.errors import APIError

_Word = Annotated[str, msgspec.Meta(max_length=256)]
_Prompt = Annotated[str, msgspec.Meta(max_length=32_000)]
_Positive = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
_MAX_SEED = 2**64 - 1

_SUPPORTED: dict[str, tuple[object, ...]] = {
    "response_format": ("b64_json",),
    "background": ("auto", "opaque"),
    "output_format": ("png",),
    "stream": (False,),
}
_SYNONYMS = (("n", "num_images_per_prompt"), ("seed", "rng_seed"), ("size", "width"), ("size", "height"))


class GenerationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The fields as the client sent them; None where it sent none, or null."""

    prompt: _Prompt
    negative_prompt: _Prompt | None = None
    model: _Word | None = None
    n: _Positive | None = None
    num_images_per_prompt: _Positive | None = None
    size: _Word | None = None
    width: _Positive | None = None
    height: _Positive | None = None
    seed: int | None = None
    rng_seed: int | None = None
    num_inference_steps: _Positive | None = None
    guidance_scale: float | None = None
    scheduler: _Word | None = None
    response_format: _Word | None = None
    background: _Word | None = None
    output_format: _Word | None = None
    stream: bool | None = None
    # NOTE: clients send the rest unasked; they are accepted and have no effect.
    user: str | None = None
    style: str | None = None
    quality: str | None = None
    moderation: str | None = None
    safety_identifier: str | None = None

    @classmethod
    def from_json(cls, fields: dict[str, object]) -> GenerationRequest:
        """Validate the fields of a body.

        Raises
        ------
        APIError
            400, with the name of the field in `param`.
        """
        given = {name: _as_integer(value) for name, value in fields.items() if value is not None}
        for field in given:
            if field not in cls.__struct_fields__:
                name = field[:64]
                hint = did_you_mean(name, cls.__struct_fields__)
                raise APIError(400, f'unknown field "{name}"{hint}', param=name, code="unknown_parameter")
        if "prompt" not in given:
            raise APIError(400, "prompt is required", param="prompt", code="missing_required_parameter")
        try:
            request = msgspec.convert(given, cls)
        except msgspec.ValidationError as error:
            expectation, _, path = str(error).replace(" | null", "").partition(" - at `$.")
            name = path.rstrip("`")
            raise _invalid(f"{name}: {expectation[0].lower()}{expectation[1:]}", name) from None
        request._check_values()
        return request

    def image_request(self) -> ImageRequest:
        """What the graph is asked for; an absent seed becomes a random one.

        Raises
        ------
        APIError
            400, if `size` is no size.
        """
        width, height = self._resolution()
        seed = self.rng_seed if self.seed is None else self.seed
        return ImageRequest(
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            n=self.n or self.num_images_per_prompt or 1,
            width=width,
            height=height,
            seed=random.getrandbits(32) if seed is None else seed,
            num_inference_steps=self.num_inference_steps,
            guidance_scale=self.guidance_scale,
            scheduler=self.scheduler,
        )

    def _resolution(self) -> tuple[int | None, int | None]:
        if self.size is None or self.size == "auto":
            return self.width, self.height
        match = re.fullmatch(r"([1-9][0-9]{0,8})x([1-9][0-9]{0,8})", self.size)
        if match is None:
            raise _invalid(f'size must be "auto" or WIDTHxHEIGHT in pixels, as in "512x512", not "{self.size}"', "size")
        return int(match[1]), int(match[2])

    def _check_values(self) -> None:
        for name, values in _SUPPORTED.items():
            value = getattr(self, name)
            if value is not None and value not in values:
                known = " or ".join(msgspec.json.encode(value).decode() for value in values)
                raise _invalid(f"{name} {msgspec.json.encode(value).decode()} is not supported; use {known}", name)
        for name, other in _SYNONYMS:
            if getattr(self, name) is not None and getattr(self, other) is not None:
                raise _invalid(f"give either {name} or {other}, not both", other)
        for name in ("seed", "rng_seed"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= _MAX_SEED:
                raise _invalid(f"{name} must be between 0 and {_MAX_SEED}", name)


def _as_integer(value: object) -> object:
    # NOTE: to JSON Schema, and to JavaScript, 8.0 is an integer.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _invalid(message: str, param: str) -> APIError:
    return APIError(400, message, param=param, code="invalid_value")
