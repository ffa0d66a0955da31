"""A request of which nothing is left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Task(Enum):
    """What a request asks a model to do."""

    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_TO_IMAGE = "image-to-image"
    INPAINTING = "inpainting"


@dataclass(frozen=True)
class DiffusionRequest:
    """An `ImageRequest` after the model's defaults and limits.

    Attributes
    ----------
    prompt : str
    negative_prompt : str or None
        None where there is no classifier-free guidance, or where zeros stand for one that was not given.
    seed : int
    num_inference_steps : int
    guidance_scale : float
    latent_shape : tuple of int
        (n, channels, height, width) of the latents.
    scheduler : str or None
        Its name; None for the model's own.
    scale_factor : int
        Pixels a latent, along each side.
    partial_images : int
        How many previews to send while denoising.
    task : Task
    strength : float
        The part of the steps to take, from the end, where there is a picture to start from.
    prompt_2, prompt_3, negative_prompt_2, negative_prompt_3 : str or None
        Those that differ from the first.
    max_sequence_length : int or None
        How many tokens of the prompt T5, or Qwen, looks at; None for as many as the graph says.
    adapters : mapping of str to float
        LoRA adapters to apply, each with its alpha.
    """

    prompt: str
    negative_prompt: str | None
    seed: int
    num_inference_steps: int
    guidance_scale: float
    latent_shape: tuple[int, int, int, int]
    scheduler: str | None = None
    scale_factor: int = 8
    partial_images: int = 0
    task: Task = Task.TEXT_TO_IMAGE
    strength: float = 1.0
    prompt_2: str | None = None
    prompt_3: str | None = None
    negative_prompt_2: str | None = None
    negative_prompt_3: str | None = None
    max_sequence_length: int | None = None
    adapters: Mapping[str, float] = field(default_factory=dict)

    def prompts(self, number: int) -> list[str]:
        """Return the negative prompt, if there is one, and the prompt that have a number, from 1 to 3."""
        prompt = (None, self.prompt_2, self.prompt_3)[number - 1]
        negative = (None, self.negative_prompt_2, self.negative_prompt_3)[number - 1]
        found = [self.prompt if prompt is None else prompt]
        if self.negative_prompt is not None:
            found.insert(0, self.negative_prompt if negative is None else negative)
        return found
