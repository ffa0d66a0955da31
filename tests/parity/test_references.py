"""Images from several images have the pixels of diffusers, since openvino_genai takes one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

import graphframe as gf
from graphframe.images import ImageRequest
from tests.calculators.image.files import encoded
from tests.models import model_path
from tests.parity.images import difference, from_base64
from tests.parity.references import PROMPT, REFERENCES, SEED, STEPS, WIDE
from tests.parity.sides import Ours

FIXTURES = Path(__file__).with_name("fixtures")


@pytest.fixture(scope="module")
def klein() -> Ours:
    return Ours(model_path("flux2_klein"), {"INFERENCE_PRECISION_HINT": "f32"})


@pytest.mark.parametrize("name", REFERENCES)
def test_flux_2_klein(klein: Ours, name: str) -> None:
    (width, height), images = REFERENCES[name]
    request = ImageRequest(
        PROMPT, images=[*map(encoded, images)], width=width, height=height, seed=SEED, num_inference_steps=STEPS
    )
    ours = from_base64([packet.value.b64 for packet in klein.graph.run(REQUEST=request)["IMAGE"]])
    theirs = np.load(FIXTURES / "flux2_klein_references.npz")[name]
    assert difference(ours, theirs) in ("", "up to 1 of 255")


def test_static_shapes(klein: Ours) -> None:
    """The further images have the size of the first, so that the shapes are known."""
    images = [*map(encoded, (WIDE, 255 - WIDE))]
    request = ImageRequest(PROMPT, images=images, width=96, height=64, num_inference_steps=STEPS)
    shapes = 'resolution: "96x64" max_input_images: 2'
    options = f"graph_options {{ [type.googleapis.com/graphframe.StaticShapes] {{ {shapes} }} }}"
    graph = gf.Graph.from_text(klein.text + options, model_path("flux2_klein"))
    ours = from_base64([packet.value.b64 for packet in graph.run(REQUEST=request)["IMAGE"]])
    theirs = from_base64([packet.value.b64 for packet in klein.graph.run(REQUEST=request)["IMAGE"]])
    assert difference(ours, theirs) in ("", "up to 1 of 255")
    with pytest.raises(gf.CalculatorError) as caught:
        graph.run(REQUEST=replace(request, images=[*request.images, images[0]]))
    assert str(caught.value.__cause__) == "this graph, whose shapes are static, takes at most 2 images, not 3"
