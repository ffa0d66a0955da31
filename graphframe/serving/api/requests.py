"""The bodies of images/generations, images/edits and images/variations.

A body has the fields of `ImageRequest`, synonyms of some of them, and fields of the transport, which are defined here:
OpenAI's, and OpenVINO Model Server's. The OpenAPI document is made from the same types.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Meta
from typing_extensions import Self

from graphframe.images import ImageRequest, InvalidRequest, Size
from graphframe.images.fields import convert
from graphframe.images.request import Alphas, Word
from graphframe.images.size import SIZE_PATTERN
from graphframe.serving.api.fields import (
    as_integer,
    check_names,
    decode_images,
    decode_json,
    invalid,
    without_empty_text,
)

_HIGH_FIDELITY = 0.5

Delivery: TypeAlias = Literal["b64_json", "url"]
"""How images are sent: as base64, or as URLs to download them from."""

_NO_EFFECT = Meta(description="Accepted and ignored.")
_SET_BY_THE_SERVER = frozenset({"adapters", "metadata"})
_PROMPTS = frozenset(f"{name}{number}" for name in ("prompt", "negative_prompt") for number in ("", "_2", "_3"))


class ImagesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The transport fields that the three bodies share; None where the client sent no value, or null."""

    omitted: ClassVar[frozenset[str]] = _SET_BY_THE_SERVER
    """Fields of `ImageRequest` that the body does not have."""
    synonyms: ClassVar[dict[str, str]] = {"num_images_per_prompt": "n", "rng_seed": "seed"}
    """Other names for fields of `ImageRequest`."""

    model: Annotated[Word, Meta(description="A model, or LoRA adapters of one; by default the only model.")] | None = (
        None
    )
    size: (
        Annotated[
            str,
            Meta(
                pattern=f"^(auto|{SIZE_PATTERN})$",
                description="WIDTHxHEIGHT in pixels; by default, and for auto, the model's.",
                examples=["auto", "512x512"],
                extra={"expected": '"auto" or WIDTHxHEIGHT in pixels, e.g. "512x512"'},
            ),
        ]
        | None
    ) = None
    lora_alphas: Annotated[Alphas, Meta(description="Alphas of the LoRA adapters that the model applies.")] | None = (
        None
    )
    response_format: (
        Annotated[Delivery, Meta(description="By default url for models named dall-e-*, else b64_json.")] | None
    ) = None
    background: Annotated[Literal["auto", "opaque"], Meta(description="Images have no alpha channel.")] | None = None
    # NOTE: clients send the rest unasked.
    quality: Annotated[str, _NO_EFFECT] | None = None
    user: Annotated[str, _NO_EFFECT] | None = None
    safety_identifier: Annotated[str, _NO_EFFECT] | None = None
    timeout: (
        Annotated[float, Meta(gt=0, description="Seconds after which the answer is an error; by default none.")] | None
    ) = None

    @classmethod
    @cache
    def request_fields(cls) -> tuple[str, ...]:
        """Return the fields of `ImageRequest` that the body has."""
        return tuple(name for name in ImageRequest.__struct_fields__ if name not in cls.omitted)

    @classmethod
    def required(cls) -> list[str]:
        """Return the fields that clients must send."""
        return [name for name in ("prompt",) if name not in cls.omitted]

    @classmethod
    def read(cls, body: dict[str, object], *, text: bool = False) -> tuple[Self, ImageRequest]:
        """Validate the fields of a body, and return those of the transport and the request.

        Parameters
        ----------
        body : dict
        text : bool, optional
            Whether numbers and booleans come as text, as in forms.

        Raises
        ------
        APIError
            400, with the name of the field in `param`.
        """
        given = {name: as_integer(value) for name, value in body.items() if value is not None}
        check_names(given, (*cls.request_fields(), *cls.synonyms, *cls.__struct_fields__), cls.required())
        if text:
            given = without_empty_text(given)
            decode_json(given, "lora_alphas")
        try:
            return cls._read(given, text)
        except InvalidRequest as error:
            raise invalid(error, body.get(error.param)) from None

    @classmethod
    def _read(cls, given: dict[str, object], text: bool) -> tuple[Self, ImageRequest]:
        decode_images(given, several="images" in cls.request_fields())
        transport = convert(cls, {name: given[name] for name in cls.__struct_fields__ if name in given}, text=text)
        names = {name: name for name in ("images", *cls.request_fields()) if name in given}
        for synonym, name in cls.synonyms.items():
            if synonym in given:
                if name in names:
                    raise _both(name, synonym)
                names[name] = synonym
        values = {name: given[sent] for name, sent in names.items()} | transport._derived(names)
        try:
            request = convert(ImageRequest, {"prompt": "", "seed": random.getrandbits(32), **values}, text=text)
        except InvalidRequest as error:
            sent = names.get(error.param, error.param)
            raise InvalidRequest(str(error).replace(error.param, sent, 1), sent) from None
        transport._check(request)
        return transport, request

    @property
    def delivery(self) -> Delivery:
        """How to send the images."""
        # NOTE: clients that name DALL-E (LangChain, LibreChat) read `url`; all others read `b64_json`.
        default: Delivery = "url" if (self.model or "").startswith("dall-e-") else "b64_json"
        return self.response_format or default

    def _derived(self, given: dict[str, str]) -> dict[str, object]:
        """Return the fields of the request that fields of the transport set."""
        if self.size is None:
            return {}
        for name in ("width", "height"):
            if name in given:
                raise _both("size", name)
        return {} if self.size == "auto" else Size.from_text(self.size)._asdict()

    def _check(self, request: ImageRequest) -> None:
        """Raise InvalidRequest for fields that contradict each other."""


class PromptRequest(ImagesRequest, frozen=True, kw_only=True):
    """The transport fields of bodies with a prompt."""

    stream: Annotated[bool, Meta(description="Whether to stream events while images are generated.")] | None = None

    def _check(self, request: ImageRequest) -> None:
        if self.response_format == "url" and self.stream:
            raise InvalidRequest(
                "response_format cannot be url in a stream, whose events contain images in base64", "response_format"
            )
        if request.partial_images and not self.stream:
            raise InvalidRequest("partial_images needs stream to be true", "partial_images")


class GenerationRequest(PromptRequest, frozen=True, kw_only=True):
    """The transport fields of ``POST /images/generations``."""

    omitted = _SET_BY_THE_SERVER | {"image", "images", "mask"}

    style: Annotated[str, _NO_EFFECT] | None = None
    moderation: Annotated[str, _NO_EFFECT] | None = None


class EditRequest(PromptRequest, frozen=True, kw_only=True):
    """The transport fields of ``POST /images/edits``."""

    input_fidelity: (
        Annotated[Literal["high", "low"], Meta(description="high is a strength of 0.5; low is the default.")] | None
    ) = None

    def _derived(self, given: dict[str, str]) -> dict[str, object]:
        if self.input_fidelity and "strength" in given:
            raise _both("strength", "input_fidelity")
        strength = {"strength": _HIGH_FIDELITY} if self.input_fidelity == "high" else {}
        return {**super()._derived(given), **strength}

    def _check(self, request: ImageRequest) -> None:
        super()._check(request)
        if request.image is None:
            raise InvalidRequest("image is required: the image file to edit", "image")


class VariationRequest(ImagesRequest, frozen=True, kw_only=True):
    """The transport fields of ``POST /images/variations``."""

    omitted = _SET_BY_THE_SERVER | _PROMPTS | {"images", "mask", "partial_images"}

    @classmethod
    def required(cls) -> list[str]:
        """Return the fields that clients must send."""
        return ["image"]


def _both(name: str, other: str) -> InvalidRequest:
    return InvalidRequest(f"give either {name} or {other}, not both", other)
