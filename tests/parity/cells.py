"""The cells of the comparison: models by tasks by parameters of a request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.models import NAMES
from tests.parity.variants import VARIANTS

TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINTING = "text-to-image", "image-to-image", "inpainting"
LONG_PROMPT = "a red cat on a blue house " * 15
"""A prompt of more than 77 tokens."""
MODELS = (*NAMES, *VARIANTS)

Cell = dict[str, Any]
"""Parameters by the names of `ImageRequest`; `input_size` is the width and height of the request's image."""


def tasks_of(model: str) -> tuple[str, ...]:
    """Return the tasks of a model."""
    if model.endswith(("inpaint", "fill")):
        return (INPAINTING,)
    if "klein" in model or "_image" in model:
        return (TEXT_TO_IMAGE, IMAGE_TO_IMAGE)
    return (TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINTING)


def few(model: str, task: str) -> Iterator[Cell]:
    """Yield three sizes, three numbers of steps, guidance above and below 1, two images, and a long prompt."""
    yield {"width": 64, "height": 64, "num_inference_steps": 4, "guidance_scale": 7.5}
    yield {"width": 128, "height": 64, "num_inference_steps": 10, "guidance_scale": 0.9}
    yield {"width": 64, "height": 128, "num_inference_steps": 5, "n": 2}
    # NOTE: with "trailing" timesteps, openvino_genai makes garbage at 9, 11, 12 steps, and more numbers of them.
    steps = 10 if "turbo" in model else 9
    yield {"width": 128, "height": 64, "num_inference_steps": steps, "prompt": LONG_PROMPT, **_texts(model)}
    if task != TEXT_TO_IMAGE:
        strength = {"strength": 0.5} if _has_strength(model) else {}
        input_size = {"input_size": (100, 130)} if _resizes_images(model) else {}
        yield {"width": 64, "height": 64, "num_inference_steps": 10, **input_size, **strength}


def all_of(model: str, task: str) -> Iterator[Cell]:
    """Yield sizes by steps by guidance, then every other parameter of a request alone."""
    yield from few(model, task)
    sizes = [(64, 64), (128, 128), (128, 64)]
    # NOTE: with a strength below 1, a few steps would become none.
    for (width, height), steps, scale in itertools.product(
        sizes, [_fewest(model), 4, 10] if task == TEXT_TO_IMAGE else [4, 10], [1.0, 7.5]
    ):
        yield {"width": width, "height": height, "num_inference_steps": steps, "guidance_scale": scale}
    for scale in (1.0, 7.5):
        yield {"width": 64, "height": 128, "num_inference_steps": 20, "guidance_scale": scale}
    for width, height in sizes:
        yield {"width": width, "height": height, "num_inference_steps": 4, "n": 2}
    base = {"width": 128, "height": 64, "num_inference_steps": 4}
    for name, text in _texts(model).items():
        # NOTE: without the first one, openvino_genai ignores the others for SDXL.
        first = {"negative_prompt": ""} if name.startswith("negative_prompt_") else {}
        yield {**base, **first, name: text}
    if _has_negative_prompt(model):
        yield {**base, "negative_prompt": ""}
        yield {**base, "negative_prompt": LONG_PROMPT, "prompt": LONG_PROMPT, "n": 3 if task == TEXT_TO_IMAGE else 1}
    if task == TEXT_TO_IMAGE:
        return
    if _resizes_images(model):
        for input_size in [(64, 64), (500, 300), (33, 95)]:
            yield {**base, "input_size": input_size}
    if _has_strength(model):
        for steps, strength in itertools.product([5, 10], [0.25, 0.7, 1.0]):
            yield {**base, "num_inference_steps": steps, "strength": strength}


def _fewest(model: str) -> int:
    """Return the least number of steps.

    NOTE: with one step, openvino_genai's pipeline for Qwen-Image divides by zero.
    """
    return 2 if model == "qwen_image" else 1


def _has_strength(model: str) -> bool:
    """Return whether a model has a strength.

    NOTE: FLUX fill has one, but openvino_genai then uses pure noise instead of a noisy image.
    """
    return "fill" not in model and "klein" not in model


def _resizes_images(model: str) -> bool:
    """Return whether the size may differ from that of the request's image.

    NOTE: openvino_genai's pipeline for Z-Image ignores the requested size.
    """
    return model != "z_image"


def _has_negative_prompt(model: str) -> bool:
    return "flux" not in model and "latent_consistency" not in model


def _texts(model: str) -> Cell:
    """Return all texts that the model takes in addition to the prompt."""
    texts: Cell = {}
    if _has_negative_prompt(model):
        texts["negative_prompt"] = "dog"
    if "xl" in model or "_3" in model:
        texts |= {"prompt_2": "a blue house", "negative_prompt_2": "horse"}
    if "flux" in model and "klein" not in model:
        texts["prompt_2"] = "a blue house"
    if "_3" in model and "without_t5" not in model:
        texts |= {"prompt_3": "a tree", "negative_prompt_3": "night"}
    if "flux" in model or "_image" in model or ("_3" in model and "without_t5" not in model):
        texts["max_sequence_length"] = 48
    return texts
