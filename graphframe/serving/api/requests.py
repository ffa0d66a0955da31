"""The fields of images/generations, images/edits and images/variations: OpenAI's, and OpenVINO Model Server's.

These types validate what clients send, and they are what the OpenAPI document is made of.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta
from typing_extensions import Self

from graphframe.images import MAX_SEED, ImageRequest, Size
from graphframe.images.size import SIZE_PATTERN
from graphframe.serving.api.fields import check_names, convert, invalid
from graphframe.serving.api.picture import Picture

_HIGH_FIDELITY = 0.5

Delivery: TypeAlias = Literal["b64_json", "url"]
"""How an image is sent: its file, or where to get it."""

_Word = Annotated[str, Meta(max_length=256)]
_Prompt = Annotated[str, Meta(max_length=32_000)]
_Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
_Seed = Annotated[int, Meta(extra_json_schema={"minimum": 0, "maximum": MAX_SEED})]
_Size = Annotated[str, Meta(pattern=f"^(auto|{SIZE_PATTERN})$", examples=["auto", "512x512"])]
_NO_EFFECT = Meta(description="Accepted, and means nothing here.")

_SYNONYMS = (
    ("n", "num_images_per_prompt"),
    ("seed", "rng_seed"),
    ("size", "width"),
    ("size", "height"),
    ("image", "images"),
    ("strength", "input_fidelity"),
)


class ImageFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all three take, as the client sent it; None where it sent none, or null."""

    model: Annotated[_Word, Meta(description="A model, or adapters of one. By default the only model.")] | None = None
    n: Annotated[_Positive, Meta(description="How many images. By default 1.")] | None = None
    num_images_per_prompt: Annotated[_Positive, Meta(description="The same as n.")] | None = None
    size: Annotated[_Size, Meta(description="In pixels. By default, and as auto, the model's.")] | None = None
    width: Annotated[_Positive, Meta(description="In pixels; instead of size.")] | None = None
    height: Annotated[_Positive, Meta(description="In pixels; instead of size.")] | None = None
    seed: Annotated[_Seed, Meta(description="The same seed gives the same images. By default random.")] | None = None
    rng_seed: Annotated[_Seed, Meta(description="The same as seed.")] | None = None
    num_inference_steps: Annotated[_Positive, Meta(description="Steps of denoising; else the model's.")] | None = None
    guidance_scale: Annotated[float, Meta(description="How closely to follow the prompt.")] | None = None
    scheduler: Annotated[_Word, Meta(description="Such as euler or dpm++ 2m karras.")] | None = None
    strength: Annotated[float, Meta(ge=0, le=1, description="How much of the image to lose.")] | None = None
    max_sequence_length: Annotated[_Positive, Meta(description="How many tokens T5, or Qwen, looks at.")] | None = None
    lora_alphas: (
        Annotated[dict[str, float], Meta(description="Of the LoRA adapters that the model applies.")] | None
    ) = None
    response_format: Annotated[Delivery, Meta(description="By default url for dall-e-*.")] | None = None
    output_format: Annotated[Literal["png", "jpeg", "webp"], Meta(description="By default png.")] | None = None
    output_compression: Annotated[int, Meta(ge=0, le=100, description="Of jpeg and webp; by default 100.")] | None = (
        None
    )
    background: Annotated[Literal["auto", "opaque"], Meta(description="There is no alpha channel.")] | None = None
    # NOTE: clients send the rest unasked.
    quality: Annotated[str, _NO_EFFECT] | None = None
    user: Annotated[str, _NO_EFFECT] | None = None
    safety_identifier: Annotated[str, _NO_EFFECT] | None = None

    @classmethod
    def read(cls, fields: dict[str, object], *, text: bool = False) -> Self:
        """Validate the fields of a body.

        Parameters
        ----------
        fields : dict
        text : bool, optional
            Whether numbers and the like come as text, as they do in forms.

        Raises
        ------
        APIError
            400, with the name of the field in `param`.
        """
        given = {name: value for name, value in fields.items() if value is not None}
        check_names(cls, given)
        request = convert(cls, given, text)
        request._check()
        return request

    @property
    def delivery(self) -> Delivery:
        """How to send the images."""
        # NOTE: who asks for DALL-E by its name (LangChain, LibreChat) reads `url`; all others read `b64_json`.
        default: Delivery = "url" if (self.model or "").startswith("dall-e-") else "b64_json"
        return self.response_format or default

    def image_request(self) -> ImageRequest:
        """What the graph is asked for; an absent seed becomes a random one."""
        seed = self.rng_seed if self.seed is None else self.seed
        fields: dict[str, Any] = {
            **{name: getattr(self, name) for name in _SHARED & {*self.__struct_fields__}},
            "n": self.n or self.num_images_per_prompt,
            "seed": random.getrandbits(32) if seed is None else seed,
        }
        if self.size not in (None, "auto"):
            fields["width"], fields["height"] = Size.from_text(self.size)
        return ImageRequest(**{"prompt": "", **{name: value for name, value in fields.items() if value is not None}})

    def _check(self) -> None:
        for name, other in _SYNONYMS:
            if getattr(self, name, None) is not None and getattr(self, other, None) is not None:
                raise invalid(f"give either {name} or {other}, not both", other)
        for name in ("seed", "rng_seed"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= MAX_SEED:
                raise invalid(f"{name} must be from 0 to {MAX_SEED}", name)
        if self.output_format in (None, "png") and self.output_compression not in (None, 100):
            message = 'output_compression is for output_format "jpeg" and "webp"; a png is never lossy'
            raise invalid(message, "output_compression")


class PromptFields(ImageFields, frozen=True, kw_only=True):
    """What those take besides that have a prompt."""

    prompt: Annotated[_Prompt, Meta(description="What the images show.")]
    prompt_2: Annotated[_Prompt, Meta(description="For the second text encoder. By default the prompt.")] | None = None
    prompt_3: Annotated[_Prompt, Meta(description="For the third text encoder. By default the prompt.")] | None = None
    negative_prompt: Annotated[_Prompt, Meta(description="What the images do not show.")] | None = None
    negative_prompt_2: Annotated[_Prompt, Meta(description="For the second text encoder.")] | None = None
    negative_prompt_3: Annotated[_Prompt, Meta(description="For the third text encoder.")] | None = None
    stream: Annotated[bool, Meta(description="Whether to send events while the images are made.")] | None = None
    partial_images: Annotated[int, Meta(ge=0, le=3, description="Previews to send in a stream.")] | None = None

    def _check(self) -> None:
        super()._check()
        if self.response_format == "url" and self.stream:
            raise invalid("a stream has the images themselves, not their URLs", "response_format")
        if self.partial_images and not self.stream:
            raise invalid("partial_images come in a stream only: set stream to true", "partial_images")


class GenerationRequest(PromptFields, frozen=True, kw_only=True):
    """The body of ``POST /images/generations``."""

    style: Annotated[str, _NO_EFFECT] | None = None
    moderation: Annotated[str, _NO_EFFECT] | None = None


class EditRequest(PromptFields, frozen=True, kw_only=True):
    """The body of ``POST /images/edits``."""

    image: Annotated[Picture, Meta(description="The picture to edit; required, unless images is there.")] | None = None
    images: Annotated[Picture, Meta(description="The same as image.")] | None = None
    mask: Annotated[Picture, Meta(description="Transparent, or else white, is what to paint anew.")] | None = None
    input_fidelity: Annotated[Literal["high", "low"], Meta(description="high: a strength of 0.5")] | None = None

    def image_request(self) -> ImageRequest:
        """What the graph is asked for."""
        image = self.images if self.image is None else self.image
        strength = _HIGH_FIDELITY if self.input_fidelity == "high" else self.strength
        return dataclasses.replace(super().image_request(), image=image, strength=strength)

    def _check(self) -> None:
        super()._check()
        if self.image is None and self.images is None:
            raise invalid("image is required: the file of the picture to edit", "image")


class VariationRequest(ImageFields, frozen=True, kw_only=True):
    """The body of ``POST /images/variations``."""

    image: Annotated[Picture, Meta(description="The picture to vary.")]


_SHARED = {field.name for field in dataclasses.fields(ImageRequest)}
