"""LoRA adapters have the effect that they have in openvino_genai, and change nothing where they are not selected."""

from __future__ import annotations

import base64
import io
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino_genai
import pytest
from PIL import Image

import graphframe as gf
from graphframe.calculators.lora.layer import layers_of
from graphframe.images import ImageRequest
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.models import model_path
from tests.parity.images import Images

GRAPHS = Path(__file__).parents[2] / "graphs"
F32 = 'device: "CPU" device_properties { key: "INFERENCE_PRECISION_HINT" value: "f32" }'
PROMPT = "a red cat"
SIZE: dict[str, Any] = {"width": 128, "height": 96, "num_inference_steps": 3}


def adapter(folder: Path, model: str, part: str, prefix: str, ending: str, *, seed: int = 0) -> Path:
    """Return an adapter for the layers of a model whose names have these endings."""
    shapes = {}
    for layer in layers_of(ov.Core().read_model(model_path(model) / part / "openvino_model.xml")):
        if layer.name.endswith(tuple(ending.split())):
            dotted = re.sub(r"__module\.(model\.)?|/.*", "", layer.node.get_friendly_name())
            shapes[prefix + (dotted if "." in prefix else layer.name)] = (layer.out_features, *layer.in_shape)
    return write(folder / f"{part}-{seed}.safetensors", random_pairs(shapes, seed=seed))


def graph(name: str, model: str, lora: str, *, f32: bool = True) -> gf.Graph:
    """Return an included graph with adapters."""
    text = (GRAPHS / f"{name}.pbtxt").read_text()
    if f32:
        text = text.replace('device: "DEFAULT"', F32)
    return gf.Graph.from_text(
        f"{text} graph_options {{ [type.googleapis.com/graphframe.LoraOptions] {{ {lora} }} }}", model_path(model)
    )


def images(graph: gf.Graph, **adapters: float) -> Images:
    outputs = graph.run(REQUEST=ImageRequest(prompt=PROMPT, seed=42, adapters=adapters, **SIZE))
    return np.stack([np.asarray(Image.open(io.BytesIO(base64.b64decode(each.value.b64)))) for each in outputs["IMAGE"]])


def from_genai(model: str, path: Path, mode: str, alpha: float) -> Images:
    """Return the images of openvino_genai with an adapter.

    NOTE: each call has its own pipeline, because that of Stable Diffusion XL returns noise after a change of alpha.
    """
    mode_of_genai = getattr(openvino_genai.AdapterConfig.Mode, f"MODE_{mode}")
    config = openvino_genai.AdapterConfig(openvino_genai.Adapter(path), alpha, mode_of_genai)
    pipeline = openvino_genai.Text2ImagePipeline(
        model_path(model), "CPU", adapters=config, INFERENCE_PRECISION_HINT="f32"
    )
    return np.array(pipeline.generate(PROMPT, generator=openvino_genai.CppStdGenerator(42), **SIZE).data)


def largest_difference(ours: Images, theirs: Images) -> int:
    assert ours.shape == theirs.shape
    return int(np.abs(ours.astype(int) - theirs).max())


# genai knows only some names, and only some layers of each family: these.
CASES = {
    "sd": ("stable_diffusion", "stable_diffusion_pndm", "unet", "lora_unet_", "to_q to_k to_v to_out_0"),
    "sd-text": ("stable_diffusion", "stable_diffusion_pndm", "text_encoder", "lora_te_", "q_proj k_proj v_proj fc1"),
    "sdxl": ("stable_diffusion_xl", "stable_diffusion_xl", "unet", "lora_unet_", "to_q to_k to_v"),
    "sd3": ("stable_diffusion_3", "stable_diffusion_3", "transformer", "transformer.", "to_q to_k to_v"),
    "qwen-image": ("qwen_image", "qwen_image", "transformer", "transformer.", "to_q to_k to_v"),
    "z-image": ("z_image", "z_image", "transformer", "transformer.", "to_q to_k to_v"),
    "flux": ("flux", "flux_dev", "transformer", "transformer.", "to_q to_k to_v"),
}


QUICK = [("sd-text", "DYNAMIC"), ("sdxl", "FUSE"), ("sd3", "DYNAMIC"), ("qwen-image", "FUSE"), ("flux", "DYNAMIC")]
"""Two modes with five models; the sweep tests all."""
OTHERS = [each for each in product(CASES, ["DYNAMIC", "FUSE"]) if each not in QUICK]


@pytest.mark.parametrize(
    ("case", "mode"), [("sd", "STATIC"), *QUICK, *(pytest.param(*each, marks=pytest.mark.sweep) for each in OTHERS)]
)
def test_as_in_genai(case: str, mode: str, tmp_path: Path) -> None:
    if (case, mode) == ("sd3", "FUSE"):
        pytest.skip("openvino_genai's pipeline of Stable Diffusion 3 fails with adapters that are fused")
    if (case, mode) == ("z-image", "DYNAMIC"):
        pytest.skip("in openvino_genai's pipeline of Z-Image adapters that are dynamic have no effect")
    name, model, *file = CASES[case]
    path = adapter(tmp_path, model, *file)
    ours = graph(name, model, f'lora_adapters {{ alias: "ink" path: "{path}" mode: {mode} alpha: 0.5 }}')
    expected = from_genai(model, path, mode, 0.5)
    without = images(graph(name, model, ""))
    assert largest_difference(expected, without) > 3
    if mode == "DYNAMIC":
        assert largest_difference(images(ours, ink=0.5), expected) == 0
        assert largest_difference(images(ours), without) == 0
        assert largest_difference(images(ours, ink=0.0), without) == 0
    else:
        assert largest_difference(images(ours), expected) <= 1


def test_what_genai_cannot_do(tmp_path: Path) -> None:
    """Layers after a VariadicSplit, with the first authors' names, have the effect of fused weights."""
    path = adapter(tmp_path, "flux_dev", "transformer", "lora_transformer_", "to_out_0 to_add_out proj_out norm_linear")
    dynamic, fused = (
        graph("flux", "flux_dev", f'lora_adapters {{ alias: "ink" path: "{path}" mode: {mode} }}')
        for mode in ("DYNAMIC", "FUSE")
    )
    assert largest_difference(images(dynamic, ink=1.0), images(fused)) <= 1
    assert largest_difference(images(dynamic, ink=1.0), images(dynamic)) > 5


def test_requests_side_by_side_in_the_default_precision(tmp_path: Path) -> None:
    """Concurrent runs with one adapter, the other, both or none give the same images as single runs."""
    name, model, *file = CASES["sd"]
    lora = ""
    for seed, alias in enumerate(("ink", "gold")):
        lora += f'lora_adapters {{ alias: "{alias}" path: "{adapter(tmp_path, model, *file, seed=seed)}" }}'
    ours = graph(name, model, lora, f32=False)
    base = graph(name, model, "", f32=False)
    wishes: list[dict[str, float]] = [{"ink": 1.0}, {"gold": 0.7}, {"ink": 0.5, "gold": -0.5}, {}]
    alone = [images(ours, **wish) for wish in wishes]
    assert largest_difference(alone[3], images(base)) == 0
    assert min(largest_difference(one, other) for one, other in combinations(alone, 2)) > 5
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda wish: images(ours, **wish), wishes * 4))
    for number, image in enumerate(together):
        assert largest_difference(image, alone[number % 4]) == 0
