"""The request for images that a graph processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A wish for images: the value of the packet on a graph's ``REQUEST`` stream.

    ``None`` means the default of the graph.

    Attributes
    ----------
    prompt : str
    prompt_2, prompt_3 : str or None
        For the second and third text encoder of models that have them; by default the same as `prompt`.
    negative_prompt, negative_prompt_2, negative_prompt_3 : str or None
        What the images should not show.
    max_sequence_length : int or None
        How many tokens of the prompt T5, or Qwen, looks at.
    image : bytes or None
        The file of a picture to start from: PNG, JPEG or WebP.
    mask : bytes or None
        The file of a picture as large as `image`, which tells what of that to paint anew: what is transparent, or if
        nothing is, what is white.
    strength : float or None
        How much of `image` to lose, from 0 to 1.
    n : int
        How many images.
    width, height : int or None
        In pixels.
    seed : int
        From 0 to `MAX_SEED`. The same request with the same seed gives the same images.
    num_inference_steps : int or None
    guidance_scale : float or None
    scheduler : str or None
        Made from the config of the model's own scheduler. Case does not matter, and ``-`` and ``_`` are spaces:
        ``"ddim"``, ``"dpm++ 2m"``, ``"dpm++ 2m karras"``, ``"dpm++ 2m sde"``, ``"dpm++ 2m sde karras"``, ``"euler"``,
        ``"euler karras"``, ``"euler ancestral"``, ``"heun"``, ``"heun karras"``, ``"lcm"``, ``"lms"`` (which takes the
        steps of ``"ddim"``, as in openvino_genai), ``"pndm"``, ``"unipc"``, ``"unipc karras"``; for flow-match models,
        ``"flow match euler"`` and ``"flow match heun"``.
    adapters : mapping of str to float
        LoRA adapters of the graph to apply, each with its alpha.
    partial_images : int
        How many previews to send on the graph's ``PREVIEW`` stream, if it has one.
    output_format : str
        ``"png"``, ``"jpeg"`` or ``"webp"``.
    output_compression : int or None
        Quality of JPEG and WebP, from 0 to 100.
    metadata : mapping of str to str, or None
        What to write into a PNG as text, beside the parameters of the request; None for neither.
    """

    prompt: str
    negative_prompt: str | None = None
    n: int = 1
    width: int | None = None
    height: int | None = None
    seed: int = 0
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None
    prompt_2: str | None = None
    prompt_3: str | None = None
    negative_prompt_2: str | None = None
    negative_prompt_3: str | None = None
    max_sequence_length: int | None = None
    image: bytes | None = None
    mask: bytes | None = None
    strength: float | None = None
    adapters: Mapping[str, float] = field(default_factory=dict)
    partial_images: int = 0
    output_format: str = "png"
    output_compression: int | None = None
    metadata: Mapping[str, str] | None = None
