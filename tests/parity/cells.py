"""What both sides are asked for: models by tasks by parameters of a request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tests.models import NAMES
from tests.parity.variants import VARIANTS

TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINTING = "text-to-image", "image-to-image", "inpainting"
LONG_PROMPT = "a red cat on a blue house " * 15
"""More than 77 tokens."""
MODELS = (*NAMES, *VARIANTS)

Cell = dict[str, Any]
"""Parameters by the names of `ImageRequest`; `picture` is the width and height of the picture that is sent."""


def tasks_of(model: str) -> tuple[str, ...]:
    """The tasks that a model can do."""
    if model.endswith(("inpaint", "fill")):
        return (INPAINTING,)
    if "klein" in model or "_image" in model:
        return (TEXT_TO_IMAGE, IMAGE_TO_IMAGE)
    return (TEXT_TO_IMAGE, IMAGE_TO_IMAGE, INPAINTING)


def few(model: str, task: str) -> Iterator[Cell]:
    """Three sizes, three numbers of steps, guidance above and below 1, two images, a long prompt."""
    yield {"width": 64, "height": 64, "num_inference_steps": 4, "guidance_scale": 7.5}
    yield {"width": 128, "height": 64, "num_inference_steps": 10, "guidance_scale": 0.9}
    yield {"width": 64, "height": 128, "num_inference_steps": 5, "n": 2}
    # NOTE: with "trailing" timesteps, openvino_genai makes garbage at 9, 11, 12 steps, and more numbers of them.
    steps = 10 if "turbo" in model else 9
    yield {"width": 128, "height": 64, "num_inference_steps": steps, "prompt": LONG_PROMPT, **_texts(model)}
    if task != TEXT_TO_IMAGE:
        strength = {"strength": 0.5} if _has_strength(model) else {}
        picture = {"picture": (100, 130)} if _resizes_pictures(model) else {}
        yield {"width": 64, "height": 64, "num_inference_steps": 10, **picture, **strength}


def all_of(model: str, task: str) -> Iterator[Cell]:
    """Sizes by steps by guidance, and then one thing after the other that a request can have."""
    yield from few(model, task)
    sizes = [(64, 64), (128, 128), (128, 64)]
    # NOTE: with less strength than 1, few steps would be none.
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
        # NOTE: without a first one, openvino_genai has SDXL look at none of them.
        first = {"negative_prompt": ""} if name.startswith("negative_prompt_") else {}
        yield {**base, **first, name: text}
    if _has_negative_prompt(model):
        yield {**base, "negative_prompt": ""}
        yield {**base, "negative_prompt": LONG_PROMPT, "prompt": LONG_PROMPT, "n": 3 if task == TEXT_TO_IMAGE else 1}
    if task == TEXT_TO_IMAGE:
        return
    if _resizes_pictures(model):
        for picture in [(64, 64), (500, 300), (33, 95)]:
            yield {**base, "picture": picture}
    if _has_strength(model):
        for steps, strength in itertools.product([5, 10], [0.25, 0.7, 1.0]):
            yield {**base, "num_inference_steps": steps, "strength": strength}


def _fewest(model: str) -> int:
    """NOTE: with one step, openvino_genai's pipeline of Qwen-Image divides by zero."""
    return 2 if model == "qwen_image" else 1


def _has_strength(model: str) -> bool:
    """NOTE: FLUX fill has, but in openvino_genai it then has pure noise for a picture with some."""
    return "fill" not in model and "klein" not in model


def _resizes_pictures(model: str) -> bool:
    """NOTE: openvino_genai's pipeline of Z-Image makes images of the picture's size, whatever size is asked for."""
    return model != "z_image"


def _has_negative_prompt(model: str) -> bool:
    return "flux" not in model and "latent_consistency" not in model


def _texts(model: str) -> Cell:
    """A text of each kind that the model has, beside the prompt."""
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
