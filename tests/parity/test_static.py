"""Models of static shape have the pixels of openvino_genai's reshaped models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino
import openvino_genai
import pytest

import graphframe as gf
from graphframe.images import ImageRequest
from tests.calculators.image.files import encoded, gradient, halves
from tests.calculators.ovms.graphs import ovms_graph
from tests.models import model_path
from tests.parity.images import difference, from_base64

WIDTH, HEIGHT, SEED = 128, 64, 3


def from_genai(model: Path, n: int, guidance_scale: float, steps: int) -> np.ndarray:
    pipeline = openvino_genai.Text2ImagePipeline(model)
    pipeline.reshape(n, HEIGHT, WIDTH, guidance_scale)
    pipeline.compile("CPU")
    given = {"num_images_per_prompt": n, "guidance_scale": guidance_scale, "num_inference_steps": steps}
    generator = openvino_genai.CppStdGenerator(SEED)
    return np.array(pipeline.generate("a red cat", width=WIDTH, height=HEIGHT, generator=generator, **given).data)


@pytest.mark.parametrize(
    ("name", "n", "guidance_scale", "steps"),
    [
        ("stable_diffusion_pndm", 2, 7.5, 4),
        pytest.param("stable_diffusion_euler", 1, 1.0, 4, marks=pytest.mark.sweep),
        ("latent_consistency", 1, 7.5, 4),
        ("stable_diffusion_xl", 2, 7.5, 4),
        ("stable_diffusion_3", 2, 7.5, 10),
        pytest.param("stable_diffusion_3", 1, 1.0, 4, marks=pytest.mark.sweep),
        ("flux_dev", 2, 7.5, 10),
        pytest.param("flux_schnell", 1, 7.5, 4, marks=pytest.mark.sweep),
        ("flux2_klein", 2, 4.0, 4),
        ("qwen_image", 2, 4.0, 4),
    ],
)
def test_the_same_pixels(name: str, n: int, guidance_scale: float, steps: int) -> None:
    folder = model_path(name)
    options = (
        f'resolution: "{WIDTH}x{HEIGHT}"',
        f"num_images_per_prompt: {n}",
        f"guidance_scale: {guidance_scale}",
        f"default_num_inference_steps: {steps}",
    )
    graph = gf.Graph.from_text(ovms_graph(*options), folder)
    request = ImageRequest("a red cat", n=n, seed=SEED)
    found = graph.run(HTTP_REQUEST_PAYLOAD=request)["HTTP_RESPONSE_PAYLOAD"]
    ours = from_base64([packet.value.b64 for packet in found])
    assert difference(ours, from_genai(folder, n, guidance_scale, steps)) == ""


@pytest.mark.parametrize("guidance_scale", [0.0, 5.0])
def test_z_image_makes_nearly_the_pixels_of_models_that_take_all_sizes(guidance_scale: float) -> None:
    """openvino_genai leaves an input dynamic, which an NPU does not support, so that pixels in bfloat16 differ."""
    given: dict[str, Any] = {"n": 3, "guidance_scale": guidance_scale, "width": WIDTH, "height": HEIGHT}
    request = ImageRequest("a red cat", seed=SEED, num_inference_steps=4, **given)
    f32 = 'plugin_config: \'{"INFERENCE_PRECISION_HINT": "f32"}\''
    static = (f'resolution: "{WIDTH}x{HEIGHT}"', "num_images_per_prompt: 2")
    ours, expected = (
        from_base64([packet.value.b64 for packet in found["HTTP_RESPONSE_PAYLOAD"]])
        for found in (
            gf.Graph.from_text(ovms_graph(f32, *options), model_path("z_image")).run(HTTP_REQUEST_PAYLOAD=request)
            for options in (static, ())
        )
    )
    assert difference(ours, expected) in ("", "up to 1 of 255")


@pytest.mark.parametrize(
    ("name", "pipeline"),
    [
        ("stable_diffusion_euler", openvino_genai.InpaintingPipeline),
        pytest.param("stable_diffusion_xl", openvino_genai.Image2ImagePipeline, marks=pytest.mark.sweep),
        ("stable_diffusion_3", openvino_genai.InpaintingPipeline),
        ("flux_dev", openvino_genai.Image2ImagePipeline),
        ("qwen_image", openvino_genai.Image2ImagePipeline),
    ],
)
def test_the_same_pixels_from_an_image(name: str, pipeline: type[Any]) -> None:
    folder = model_path(name)
    images = [gradient(WIDTH, HEIGHT), halves(WIDTH, HEIGHT)][: 1 + (pipeline is openvino_genai.InpaintingPipeline)]
    theirs = pipeline(folder)
    theirs.reshape(1, HEIGHT, WIDTH, 3.0)
    theirs.compile("CPU")
    given: dict[str, Any] = {"num_inference_steps": 6, "guidance_scale": 3.0, "strength": 0.7}
    tensors = [openvino.Tensor(np.ascontiguousarray(image[None])) for image in images]
    size = {"width": WIDTH, "height": HEIGHT}
    expected = theirs.generate("a red cat", *tensors, generator=openvino_genai.CppStdGenerator(SEED), **size, **given)
    files: dict[str, Any] = dict(zip(("image", "mask"), map(encoded, images), strict=False))
    graph = gf.Graph.from_text(ovms_graph(f'resolution: "{WIDTH}x{HEIGHT}"'), folder)
    found = graph.run(HTTP_REQUEST_PAYLOAD=ImageRequest("a red cat", seed=SEED, **files, **given))
    ours = from_base64([packet.value.b64 for packet in found["HTTP_RESPONSE_PAYLOAD"]])
    assert difference(ours, np.array(expected.data)) == ""
