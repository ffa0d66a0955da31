"""The request for images that an image graph processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from typing_extensions import Self

from graphframe.images.errors import InvalidRequest
from graphframe.images.fields import convert, shown

MAX_SEED = 2**64 - 1

Prompt = Annotated[str, Meta(max_length=32_000)]
Word = Annotated[str, Meta(max_length=256)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Seed = Annotated[int, Meta(ge=0, extra_json_schema={"maximum": MAX_SEED})]
Alphas = Annotated[Mapping[str, float], Meta(extra={"expected": 'an object of numbers by alias, e.g. {"ink": 0.5}'})]
Format = Literal["png", "jpeg", "webp"]

_SCHEDULERS = [
    *("ddim", "dpm++ 2m", "dpm++ 2m karras", "dpm++ 2m sde", "dpm++ 2m sde karras", "euler", "euler karras"),
    *("euler ancestral", "heun", "heun karras", "lcm", "lms", "pndm", "unipc", "unipc karras"),
    *("flow match euler", "flow match heun"),
]


class ImageRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request for images: the value of the packet on a graph's ``REQUEST`` stream.

    This is the one list of request fields. The API's validation and OpenAPI document, the options of ``graphframe
    generate``, the page's form (the fields with a title) and the text in PNG files are made from it. Each annotation
    gives the unit, the limits and the default of its field. None means the default of the graph or model.

    Creating a request checks no types and no limits; `check` does.

    Raises
    ------
    InvalidRequest
        If `seed` is too large, or `output_compression` is given for a PNG.

    Examples
    --------
    >>> ImageRequest("a red cat", seed=7, width=512, height=512).seed
    7
    """

    prompt: Annotated[Prompt, Meta(title="Prompt", description="Text that describes the images.")]
    negative_prompt: (
        Annotated[Prompt, Meta(title="Negative prompt", description="Text that describes what to avoid.")] | None
    ) = None
    prompt_2: (
        Annotated[Prompt, Meta(description="Prompt for the second text encoder; by default the prompt.")] | None
    ) = None
    prompt_3: (
        Annotated[Prompt, Meta(description="Prompt for the third text encoder; by default the prompt.")] | None
    ) = None
    negative_prompt_2: (
        Annotated[Prompt, Meta(description="Negative prompt for the second text encoder; by default negative_prompt.")]
        | None
    ) = None
    negative_prompt_3: (
        Annotated[Prompt, Meta(description="Negative prompt for the third text encoder; by default negative_prompt.")]
        | None
    ) = None
    width: Annotated[Count, Meta(title="Width", description="Width in pixels; by default the model's.")] | None = None
    height: Annotated[Count, Meta(title="Height", description="Height in pixels; by default the model's.")] | None = (
        None
    )
    num_inference_steps: (
        Annotated[Count, Meta(title="Steps", description="Number of denoising steps; by default the model's.")] | None
    ) = None
    guidance_scale: (
        Annotated[
            float,
            Meta(
                ge=0,
                le=1000,
                title="Guidance",
                description="How closely the images follow the prompt; by default the model's.",
            ),
        ]
        | None
    ) = None
    guidance_rescale: (
        Annotated[
            Fraction,
            Meta(
                title="Guidance rescale",
                description="How much to reduce the contrast that guidance adds, from 0 (nothing) to 1 (all);"
                " by default 0. For models with classifier-free guidance.",
            ),
        ]
        | None
    ) = None
    n: Annotated[Count, Meta(title="Images", description="Number of images.")] = 1
    seed: Annotated[
        Seed, Meta(title="Seed", description="Seed of the noise. The same request and seed give the same images.")
    ] = 0
    seed_mode: Annotated[
        Literal["batch", "each"],
        Meta(
            title="Seed mode",
            description="batch draws the noise of all images from one seed; each gives image k, from 0, seed + k,"
            " by which it can be generated again alone.",
        ),
    ] = "batch"
    strength: (
        Annotated[
            Fraction,
            Meta(
                title="Strength",
                description="How much of the image to change, from 0 (nothing) to 1 (all); by default the model's.",
            ),
        ]
        | None
    ) = None
    scheduler: (
        Annotated[
            Word,
            Meta(
                title="Scheduler",
                description="Name of a scheduler, e.g. euler or dpm++ 2m karras; by default the model's. Case does not"
                " matter; - and _ mean spaces.",
                examples=_SCHEDULERS,
            ),
        ]
        | None
    ) = None
    max_sequence_length: (
        Annotated[
            Count,
            Meta(description="Number of prompt tokens that T5 and Qwen encoders use; by default the model's."),
        ]
        | None
    ) = None
    long_prompt: (
        Annotated[
            Literal["cut", "chunks"],
            Meta(
                title="Long prompt",
                description="Whether a prompt longer than CLIP's window is cut, or encoded in chunks; by default the"
                " graph's.",
            ),
        ]
        | None
    ) = None
    prompt_syntax: (
        Annotated[
            Literal["plain", "a1111"],
            Meta(
                title="Prompt syntax",
                description="Whether brackets in prompts are text, or A1111's syntax: (a:1.2), ((a)) and [a] are"
                " weights, BREAK begins a chunk, and \\ makes a bracket text; by default the graph's.",
            ),
        ]
        | None
    ) = None
    image: (
        Annotated[
            bytes,
            Meta(
                description="Image to start from: a PNG, JPEG, WebP, AVIF, TIFF, BMP, GIF, TGA or PNM file. Its colour"
                " profile is converted to sRGB."
            ),
        ]
        | None
    ) = None
    images: Annotated[
        list[bytes],
        Meta(description="Further images, as references, for models that take several; without image, all images."),
    ] = []
    mask: (
        Annotated[
            bytes,
            Meta(
                description="Mask, a file like the image's, stretched over the image. Transparent pixels are"
                " repainted; if none is transparent, white pixels are."
            ),
        ]
        | None
    ) = None
    adapters: Annotated[Alphas, Meta(description="LoRA adapters of the graph to apply, each with its alpha.")] = {}
    partial_images: Annotated[
        int, Meta(ge=0, le=3, title="Previews", description="Number of previews to stream before the images.")
    ] = 0
    output_format: Annotated[Format, Meta(title="Format", description="Format of the image files.")] = "png"
    output_compression: (
        Annotated[int, Meta(ge=0, le=100, description="Quality of JPEG and WebP files; by default 100.")] | None
    ) = None
    metadata: (
        Annotated[
            Mapping[str, str],
            Meta(description="Text for PNG files, which then also contain the request's parameters; by default none."),
        ]
        | None
    ) = None

    def __post_init__(self) -> None:
        """Raise InvalidRequest for what annotations cannot express, and set `image`."""
        # NOTE: limits of msgspec end at 2**63 - 1.
        if isinstance(self.seed, int) and self.seed > MAX_SEED:
            raise InvalidRequest(f"seed must be an integer from 0 to {MAX_SEED}, not {shown(self.seed)}", "seed")
        if self.output_format == "png" and self.output_compression not in (None, 100):
            message = 'output_compression is for output_format "jpeg" and "webp"; PNG files are lossless'
            raise InvalidRequest(message, "output_compression")
        if self.images and self.image is None:
            msgspec.structs.force_setattr(self, "image", self.images[0])
            msgspec.structs.force_setattr(self, "images", self.images[1:])

    @property
    def input_images(self) -> list[bytes]:
        """The files of `image` and `images`."""
        return [] if self.image is None else [self.image, *self.images]

    def alone(self, index: int) -> Self:
        """Return the request that generates one image of several alone, if `seed_mode` is "each"."""
        seed = (self.seed + index) % (MAX_SEED + 1)
        return msgspec.structs.replace(self, n=1, seed=seed, seed_mode="batch")

    def check(self) -> None:
        """Raise InvalidRequest for the first field whose value is outside its type or limits."""
        convert(type(self), msgspec.structs.asdict(self))

    def check_at_most(self, name: str, most: int) -> None:
        """Raise InvalidRequest if a field has a number above a limit of the graph or model."""
        value = getattr(self, name)
        if value is not None and value > most:
            raise InvalidRequest(f"{name} must be at most {most}, not {value}", name)
