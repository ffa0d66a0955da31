"""Two steps of a denoiser of a test model on fixed inputs, with which LoRA adapters are compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from graphframe.calculators.lora.adapter import Adapter
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry
from graphframe.calculators.lora.rewriting import ALPHAS, Rewriting
from graphframe.calculators.lora.tensor_name import DENOISER
from tests.models import model_path

Inputs = dict[str, NDArray[Any]]
Latents = NDArray[np.float32]

FAMILIES = {
    "SD": ("stable_diffusion_pndm", "unet"),
    "SDXL": ("stable_diffusion_xl", "unet"),
    "SD3": ("stable_diffusion_3", "transformer"),
    "FLUX.1": ("flux_dev", "transformer"),
    "FLUX.2": ("flux2_klein", "transformer"),
    "Z-Image": ("z_image", "transformer"),
    "Qwen-Image": ("qwen_image", "transformer"),
}
"""The test model of each family, and its denoiser."""
_TOKENS = 32
_IDS = np.concatenate([np.zeros((16, 1)), np.indices((4, 4)).reshape(2, -1).T], axis=1)


def inputs_of(family: str) -> Inputs:
    """Return the inputs of the exported denoiser, without its sample and timestep."""
    rng = np.random.default_rng(3)

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    ids, zeros = _IDS.astype(np.float32), np.zeros((_TOKENS, 3), np.float32)
    words = np.arange(1, _TOKENS + 1, dtype=np.int32)[:, None] * np.array([1, 0, 0], np.int32)
    places = np.concatenate([_IDS + np.array([_TOKENS + 1, 0, 0]), np.zeros((16, 3))]).astype(np.int32)
    inputs: dict[str, Inputs] = {
        "SD": {"encoder_hidden_states": normal(1, 77, 32)},
        "SDXL": {
            "encoder_hidden_states": normal(1, 77, 56),
            "text_embeds": normal(1, 24),
            "time_ids": np.array([[64, 64, 0, 0, 64, 64]], np.float32),
        },
        "SD3": {"encoder_hidden_states": normal(1, _TOKENS, 80), "pooled_projections": normal(1, 56)},
        "FLUX.1": {
            "encoder_hidden_states": normal(1, _TOKENS, 32),
            "pooled_projections": normal(1, 32),
            "img_ids": ids,
            "txt_ids": zeros,
            "guidance": np.array([3.5], np.float32),
        },
        "FLUX.2": {
            "encoder_hidden_states": normal(1, _TOKENS, 48),
            "img_ids": np.pad(ids, ((0, 0), (0, 1)))[None],
            "txt_ids": np.pad(np.arange(_TOKENS, dtype=np.float32)[:, None], ((0, 0), (3, 0)))[None],
        },
        "Z-Image": {
            "encoder_hidden_states": normal(1, _TOKENS, 16),
            "encoder_attention_mask": np.zeros((1, _TOKENS), np.float32),
            "txt_ids": words[None],
            "img_ids": places[None],
        },
        "Qwen-Image": {
            "encoder_hidden_states": normal(1, _TOKENS, 16),
            "encoder_hidden_states_mask": np.ones((1, _TOKENS), np.int64),
            "height": np.array(4),
            "width": np.array(4),
        },
    }
    return inputs[family]


def two_steps(family: str, predict: Callable[[Latents, float], Latents]) -> Latents:
    """Return the latents after two Euler steps from fixed noise; `predict` gets them and the time, from 0 to 1."""
    shapes = {"SD": (1, 4, 8, 8), "SDXL": (1, 4, 8, 8), "SD3": (1, 4, 8, 8), "Z-Image": (1, 16, 8, 8)}
    latents = np.random.default_rng(4).normal(size=shapes.get(family, (1, 16, 16))).astype(np.float32)
    for time in (1.0, 0.5):
        latents = latents - np.float32(0.5) * predict(latents, time)
    return latents


def with_adapter(
    family: str, path: Path | None, mode: LoraAdapterEntry.Mode.ValueType = LoraAdapterEntry.FUSE
) -> Latents:
    """Return the latents of a test model with an adapter, or without one."""
    name, folder = FAMILIES[family]
    model = ov.Core().read_model(model_path(name) / folder / "openvino_model.xml")
    given = inputs_of(family)
    if path is not None:
        adapter = Adapter("ink", path, 0, mode, 1.0, use_file_alpha=True)
        model = Rewriting(DENOISER, (adapter,))(model)
        if mode == LoraAdapterEntry.DYNAMIC:
            given[ALPHAS] = np.ones(1, np.float32)
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    sample = "sample" if folder == "unet" else "hidden_states"

    def predict(latents: Latents, time: float) -> Latents:
        at = np.array([time * 999], np.int64) if folder == "unet" else np.array([time], np.float32)
        (output,) = compiled({**given, sample: latents, "timestep": at}).values()
        return np.array(output, np.float32).reshape(latents.shape)

    return two_steps(family, predict)
