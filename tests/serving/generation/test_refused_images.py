"""Images and previews that an ImageCheckCalculator refuses, as clients see it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import falcon.testing
import numpy as np
import pytest
from PIL import Image

import graphframe as gf
from graphframe.images import ImageRequest
from graphframe.serving.app import make_app
from graphframe.serving.errors import APIError
from graphframe.serving.generation.event_stream import event_stream
from graphframe.serving.generation.generation import Generation
from graphframe.serving.options import ServerOptions
from tests.calculators.image.classifiers import make_red_classifier
from tests.serving.generation.test_generation import MakeModel

PATH = "/v1/images/generations"
GRAPH = """
input_stream: "REQUEST:request"
output_stream: "IMAGE:encoded_image"
output_stream: "PREVIEW:preview"
node {
  calculator: "ColourCalculator"
  input_stream: "REQUEST:request"
  output_stream: "IMAGE:image"
  output_stream: "PREVIEW:preview_image"
}
node {
  calculator: "ImageCheckCalculator"
  device: "CPU"
  input_stream: "IMAGE:image"
  output_stream: "IMAGE:safe_image"
  node_options {
    [type.googleapis.com/graphframe.ImageCheckCalculatorOptions] {
      model_path: "FOLDER/model.xml" unsafe_class { index: 1 threshold: 0.6 } action: ACTION
    }
  }
}
node {
  calculator: "ImageCheckCalculator"
  device: "CPU"
  input_stream: "IMAGE:preview_image"
  output_stream: "IMAGE:safe_preview"
  node_options {
    [type.googleapis.com/graphframe.ImageCheckCalculatorOptions] {
      model_path: "FOLDER/model.xml" unsafe_class { index: 1 threshold: 0.6 } action: DROP
    }
  }
}
node {
  calculator: "Base64EncodeCalculator"
  input_stream: "REQUEST:request"
  input_stream: "IMAGE:safe_image"
  output_stream: "IMAGE:encoded_image"
}
node {
  calculator: "Base64EncodeCalculator"
  input_stream: "REQUEST:request"
  input_stream: "IMAGE:safe_preview"
  output_stream: "IMAGE:preview"
}
"""


@gf.register
class ColourCalculator(gf.Calculator):
    """Sends an image for each letter of the prompt, red for r and blue for b, after previews of the first."""

    request = gf.Input("REQUEST", ImageRequest)
    image = gf.Output("IMAGE", np.ndarray)
    preview = gf.Output("PREVIEW", np.ndarray)

    def process(self, cc: gf.Context) -> None:
        request = cc[self.request]
        images = [
            np.full((8, 8, 3), (255, 0, 0) if letter == "r" else (0, 0, 255), np.uint8)
            for letter in request.prompt or "b"  # a warm-up has no prompt
        ]
        for number in range(request.partial_images):
            cc.send(self.preview, images[0], number)
        for number, image in enumerate(images):
            cc.send(self.image, image, number)


@pytest.fixture
def graph(tmp_path: Path) -> str:
    make_red_classifier(tmp_path / "model.xml")
    return GRAPH.replace("FOLDER", str(tmp_path)).replace("ACTION", "REFUSE")


def answer(make_model: MakeModel, graph: str, prompt: str) -> falcon.testing.Result:
    client = falcon.testing.TestClient(make_app([make_model(graph=graph)], ServerOptions()))
    return client.simulate_post(PATH, json={"prompt": prompt, "n": len(prompt)})


def events(make_model: MakeModel, graph: str, prompt: str) -> list[tuple[str, dict[str, Any]]]:
    async def read() -> AsyncIterator[Any]:
        request = ImageRequest(prompt, n=len(prompt), partial_images=2)
        generation = Generation(make_model(graph=graph), request, "req", "me")
        made = generation.events(contextlib.nullcontext(), every=60)
        stream = await event_stream(made, "image", request, "low", generation.progress, "req", lambda: "exact")
        async for event in stream:
            yield event

    async def main() -> list[Any]:
        return [event async for event in read()]

    return [(event.event, json.loads(event.data)) for event in asyncio.run(main())]


def colours(data: list[dict[str, str]]) -> str:
    names = {(255, 0, 0): "r", (0, 0, 255): "b", (0, 0, 0): "black "}
    images = [Image.open(io.BytesIO(base64.b64decode(each["b64_json"]))) for each in data]
    return "".join(names[tuple(np.asarray(image)[0, 0].tolist())] for image in images)


def missing(index: int) -> str:
    return f"image {index} is missing: the safety check refused it (moderation_blocked)"


def test_safe_images_pass(make_model: MakeModel, graph: str) -> None:
    response = answer(make_model, graph, "bb")
    assert colours(response.json["data"]) == "bb"
    assert "warnings" not in response.json


@pytest.mark.parametrize("prompt", ["r", "rrr"])
def test_a_request_without_a_safe_image_is_an_error(make_model: MakeModel, graph: str, prompt: str) -> None:
    response = answer(make_model, graph, prompt)
    assert response.status_code == 400
    error = response.json["error"]
    assert "the safety check refused" in error["message"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "prompt", "moderation_blocked")


@pytest.mark.parametrize("prompt", ["rb", "br", "brbrb", "rrb"])
def test_the_others_are_kept(make_model: MakeModel, graph: str, prompt: str) -> None:
    response = answer(make_model, graph, prompt)
    assert response.status_code == 200
    assert colours(response.json["data"]) == prompt.replace("r", "")
    assert response.json["warnings"] == [missing(index) for index, letter in enumerate(prompt) if letter == "r"]


def test_black_images(make_model: MakeModel, graph: str) -> None:
    response = answer(make_model, graph.replace("REFUSE", "BLANK"), "rb")
    assert colours(response.json["data"]) == "black b"
    assert response.json["warnings"] == ["image 0 is black: the safety check refused it (moderation_blocked)"]


@pytest.mark.parametrize("prompt", ["rb", "br", "brrbr"])
def test_a_stream_keeps_the_others(make_model: MakeModel, graph: str, prompt: str) -> None:
    """The last event has all warnings, whichever image was refused."""
    found = events(make_model, graph, prompt)
    completed = [event for name, event in found if name == "image.completed"]
    assert {name for name, _ in found} <= {"image.completed", "image.partial_image"}
    assert colours(completed) == prompt.replace("r", "")
    assert completed[-1]["warnings"] == [missing(index) for index, letter in enumerate(prompt) if letter == "r"]


@pytest.mark.parametrize("prompt", ["r", "rr"])
def test_a_stream_without_a_safe_image_is_an_error(make_model: MakeModel, graph: str, prompt: str) -> None:
    """The previews were refused, too, so no event came before the error."""
    with pytest.raises(APIError) as raised:
        events(make_model, graph, prompt)
    assert "the safety check refused" in str(raised.value.description)
    assert raised.value.error_code == "moderation_blocked"


def test_refused_previews_are_not_sent(graph: str) -> None:
    loaded = gf.Graph.from_text(graph)
    for prompt, count in (("r", 0), ("b", 2)):
        previews: list[gf.Packet] = []
        refused = pytest.raises(gf.CalculatorError, match="refused") if prompt == "r" else contextlib.nullcontext()
        with refused:
            run = loaded.start_run(observers={"PREVIEW": previews.append})
            run.add("REQUEST", ImageRequest(prompt, partial_images=2))
            run.close_inputs()
            run.wait_until_done(60)
        assert len(previews) == count
