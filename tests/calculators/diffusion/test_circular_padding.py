from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import graphframe as gf
from graphframe.calculators.diffusion.circular_padding import CircularPadding
from graphframe.images import ImageRequest
from graphframe.repository.model_folder import find_graph
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.models import model_path
from tests.parity.images import Images, from_base64

FIXTURES = Path(__file__).parents[2] / "parity/fixtures"
IN_FULL = 'device: "CPU" device_properties { key: "INFERENCE_PRECISION_HINT" value: "f32" }'


def texture(change: Any = lambda text: text, **fields: Any) -> Images:
    folder = model_path("stable_diffusion_euler")
    text = change(find_graph(folder).read_text().replace('device: "DEFAULT"', IN_FULL))
    request = ImageRequest("a red cat", seed=3, width=64, height=64, num_inference_steps=4, **fields)
    found = gf.Graph.from_text(text, folder).run(REQUEST=request)["IMAGE"]
    return from_base64([packet.value.b64 for packet in found])


def tiling(text: str) -> str:
    for option in ('scheduler_path: "scheduler"', 'model_path: "vae_decoder"'):
        assert option in text
        text = text.replace(option, f"{option} tiling: true")
    return text


def edge(images: Images) -> float:
    """The difference between the first and the last column, in proportion to that of neighbours."""
    pixels = images.astype(float)
    return float(abs(pixels[:, :, 0] - pixels[:, :, -1]).mean() / abs(np.diff(pixels, axis=2)).mean())


@pytest.mark.parametrize("begin", [(1, 1), (0, 2), (3, 0)])
@pytest.mark.parametrize("end", [(1, 1), (2, 0)])
def test_a_convolution_pads_as_numpy_wraps(begin: tuple[int, int], end: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    image, weights = random.normal(size=(1, 2, 6, 7)).astype(np.float32), random.normal(size=(3, 2, 3, 3))
    weights = weights.astype(np.float32)

    def model(shape: list[int], before: tuple[int, ...], after: tuple[int, ...]) -> ov.Model:
        taken = ops.parameter(ov.PartialShape(shape), np.float32, name="image")
        return ov.Model([ops.convolution(taken, ops.constant(weights), [1, 2], before, after, [1, 1])], [taken])

    wrapped = np.pad(image, ((0, 0), (0, 0), *zip(begin, end, strict=True)), mode="wrap")
    core = ov.Core()
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    expected = core.compile_model(model([1, 2, -1, -1], (0, 0), (0, 0)), "CPU", precise)(wrapped)[0]
    changed = CircularPadding(None)(model([1, 2, -1, -1], begin, end))
    found = core.compile_model(changed, "CPU", precise)(image)[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_pixels_of_the_recipe_for_diffusers() -> None:
    theirs = np.load(FIXTURES / "stable_diffusion_tiling.npz")["texture"]
    ours = texture(tiling)
    assert abs(ours.astype(int) - theirs).max() <= 1
    assert edge(ours) < edge(texture())


def test_with_an_adapter(tmp_path: Path) -> None:
    name = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_q"
    write(tmp_path / "ink.safetensors", random_pairs({name: (16, 16)}))
    lora = f'lora_adapters {{ alias: "ink" path: "{tmp_path}/ink.safetensors" }}'
    options = f"graph_options {{ [type.googleapis.com/graphframe.LoraOptions] {{ {lora} }} }}"
    plain = texture(tiling)
    adapted = texture(lambda text: f"{tiling(text)} {options}", adapters={"ink": 1.0})
    assert (adapted != plain).any()


def test_a_transformer_has_no_padding() -> None:
    folder = model_path("flux_schnell")
    graph = gf.Graph.from_text(tiling(find_graph(folder).read_text()), folder)
    with pytest.raises(gf.CalculatorError, match="tiling needs a model whose convolutions pad their inputs"):
        graph.load()
