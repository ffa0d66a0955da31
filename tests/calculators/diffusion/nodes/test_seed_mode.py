"""Seeds of several images, and batches of them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

import graphframe as gf
from graphframe.images import MAX_SEED, EncodedImage, ImageRequest
from graphframe.repository.model_folder import find_graph
from tests.calculators.image.files import encoded, gradient
from tests.models import model_path

SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 3, "metadata": {"model": "toy"}}
IMAGE = encoded(gradient(64, 64))


@pytest.fixture(scope="module")
def graphs() -> dict[int, gf.Graph]:
    """The graph for a model, by the most images of a batch; 0 for all."""
    folder = model_path("stable_diffusion_euler")
    in_full = 'device: "CPU" device_properties { key: "INFERENCE_PRECISION_HINT" value: "f32" }'
    text = find_graph(folder).read_text().replace('device: "DEFAULT"', in_full)
    batches = 'scheduler_path: "scheduler" max_batch_size: 2'
    return {
        0: gf.Graph.from_text(text, folder),
        2: gf.Graph.from_text(text.replace('scheduler_path: "scheduler"', batches), folder),
    }


def made(graph: gf.Graph, **fields: Any) -> list[EncodedImage]:
    packets = graph.run(REQUEST=ImageRequest("a red cat", **SMALL, **fields))["IMAGE"]
    assert [packet.timestamp for packet in packets] == [*range(fields.get("n", 1))]
    return [packet.value for packet in packets]


@pytest.mark.parametrize(
    "fields",
    [{}, {"scheduler": "euler ancestral"}, {"image": IMAGE, "strength": 0.7}, {"image": IMAGE, "mask": IMAGE}],
    ids=["text", "with noise of the scheduler", "image", "mask"],
)
def test_each_image_can_be_made_again_alone(graphs: dict[int, gf.Graph], fields: dict[str, Any]) -> None:
    images = made(graphs[0], n=3, seed=MAX_SEED, seed_mode="each", **fields)
    assert [image.seed for image in images] == [MAX_SEED, 0, 1]
    for image, seed in zip(images, (MAX_SEED, 0, 1), strict=True):
        (alone,) = made(graphs[0], seed=seed, **fields)
        assert alone.content == image.content  # also the text in the file
        assert alone.seed is None
    assert Image.open(io.BytesIO(images[1].content)).info["seed"] == "0"


def test_the_seed_of_a_batch_is_one(graphs: dict[int, gf.Graph]) -> None:
    first, second = made(graphs[0], n=2, seed=5)
    assert (first.seed, second.seed) == (None, None)
    info = Image.open(io.BytesIO(second.content)).info
    assert (info["seed"], info["index"], info["n"]) == ("5", "1", "2")
    assert made(graphs[0], seed=6)[0].content != second.content


def test_batches_have_the_images_of_one_batch(graphs: dict[int, gf.Graph]) -> None:
    reported: list[tuple[str, int, int]] = []
    request = ImageRequest("a red cat", **SMALL, n=5, seed=5)
    packets = graphs[2].run(REQUEST=request, on_progress=lambda *news: reported.append(news))["IMAGE"]
    assert [packet.value for packet in packets] == made(graphs[0], n=5, seed=5)
    assert [news for news in reported if news[0] == "denoise"] == [("denoise", step, 9) for step in range(1, 10)]


def test_previews_are_of_the_first_image(graphs: dict[int, gf.Graph]) -> None:
    request = ImageRequest("a red cat", **SMALL, n=2, seed=5, seed_mode="each", partial_images=2)
    previews = graphs[0].run(REQUEST=request)["PREVIEW"]
    assert [preview.value.seed for preview in previews] == [5, 5]
