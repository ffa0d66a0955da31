"""Every graph that ships sends previews, and they change nothing of the image."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from graphframe.framework.graph import Graph
from graphframe.images import ImageRequest
from graphframe.repository.model_folder import find_graph
from tests.models import model_path


@pytest.mark.parametrize(
    "model",
    [
        "stable_diffusion_euler",
        "latent_consistency",
        "stable_diffusion_xl",
        "stable_diffusion_3",
        "flux_dev",
        "flux2_klein",
        "z_image",
        "qwen_image",
    ],
)
def test_previews(model: str) -> None:
    folder = model_path(model)
    graph = Graph.from_file(find_graph(folder), folder)
    request = ImageRequest("a cat", n=2, width=64, height=128, seed=7, num_inference_steps=4)
    plain, streamed = graph.run(REQUEST=request), graph.run(REQUEST=replace(request, partial_images=2))
    assert plain["PREVIEW"] == []
    assert streamed["IMAGE"] == plain["IMAGE"]
    assert [packet.timestamp for packet in streamed["PREVIEW"]] == [0, 1]
    for packet in streamed["PREVIEW"]:
        assert (packet.value.width, packet.value.height) == (64, 128)
        assert packet.value.b64 not in [image.value.b64 for image in streamed["IMAGE"]]


def test_the_decoder_is_held_once() -> None:
    folder = model_path("stable_diffusion_euler")
    graph = Graph.from_file(find_graph(folder), folder)
    graph.load()
    assert graph._loaded is not None
    nodes = {node.name: calculator for node, calculator in zip(graph.nodes, graph._loaded.calculators, strict=True)}
    assert nodes["vae_decode"].__dict__["model"] is nodes["preview_decode"].__dict__["model"]
