from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino_genai
import pytest

import graphframe as gf
from graphframe.calculators.genai.pipeline_pb2 import PipelineCalculatorOptions
from graphframe.calculators.genai.pipelines import (
    Image2ImagePipelineCalculator,
    InpaintingPipelineCalculator,
    Text2ImagePipelineCalculator,
)
from graphframe.calculators.image.image_file import EncodedInput
from graphframe.framework.running.cancellation import Cancellation
from graphframe.images import ImageRequest, InvalidRequest
from tests.calculators.image.files import encoded, gradient, halves

SECONDS = 60
SIZE: dict[str, Any] = {"width": 64, "height": 64}
IMAGE = encoded(gradient(64, 64))
MASK = encoded(halves(64, 64))

Runner = Callable[..., list[np.ndarray]]


def runner(calculator: type[gf.Calculator], folder: Path, **options: Any) -> Runner:
    """Return a function that runs the calculator with the fields of a request."""
    found = gf.CalculatorRunner(calculator, PipelineCalculatorOptions(**options), base=folder)

    def run(**request: Any) -> list[np.ndarray]:
        asked = ImageRequest("a red cat", **{"seed": 3, "num_inference_steps": 3, **request})
        return [packet.value for packet in found.run(REQUEST=[asked])["IMAGE"]]

    return run


@pytest.fixture(scope="module")
def text2image(euler: Path) -> Runner:
    return runner(Text2ImagePipelineCalculator, euler, max_resolution="128x128")


def tensor_of(file: bytes) -> ov.Tensor:
    """Return the pixels of an image file."""
    source = EncodedInput(file, "image")
    return ov.Tensor(np.ascontiguousarray(source.pixels(source.size, Cancellation()).rgb[None]))


def refused(run: Runner, **request: Any) -> InvalidRequest:
    with pytest.raises(gf.CalculatorError) as caught:
        run(**request)
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidRequest)
    return cause


def test_the_pixels_of_the_pipeline(text2image: Runner, euler: Path) -> None:
    pipeline = openvino_genai.Text2ImagePipeline(euler, "CPU")
    generator = openvino_genai.CppStdGenerator(3)
    expected = pipeline.generate(
        "a red cat", num_images_per_prompt=2, num_inference_steps=3, width=128, height=64, generator=generator
    )
    assert (np.stack(text2image(n=2, width=128, height=64)) == expected.data).all()


def test_from_an_image(euler: Path) -> None:
    (image,) = runner(Image2ImagePipelineCalculator, euler)(image=IMAGE, strength=0.7)
    pipeline = openvino_genai.Image2ImagePipeline(euler, "CPU")
    tensor = tensor_of(IMAGE)
    generator = openvino_genai.CppStdGenerator(3)
    expected = pipeline.generate("a red cat", tensor, strength=0.7, num_inference_steps=3, generator=generator)
    assert (image == expected.data[0]).all()


def test_what_the_mask_leaves_stays(euler: Path) -> None:
    paint = runner(InpaintingPipelineCalculator, euler)
    (image,) = paint(image=IMAGE, mask=MASK)
    pipeline = openvino_genai.InpaintingPipeline(euler, "CPU")
    tensors = [tensor_of(file) for file in (IMAGE, MASK)]
    generator = openvino_genai.CppStdGenerator(3)
    expected = pipeline.generate("a red cat", *tensors, num_inference_steps=3, generator=generator)
    assert (image == expected.data[0]).all()


@pytest.mark.parametrize(
    ("request_", "param"),
    [
        ({"n": 11}, "n"),
        ({"num_inference_steps": 101}, "num_inference_steps"),
        ({"width": 256}, "size"),
        ({"scheduler": "euler"}, "scheduler"),
        ({"adapters": {"ink": 1.0}}, "model"),
        ({"image": IMAGE}, "image"),
        ({"prompt_2": "a dog"}, "model"),
        ({"width": 100}, "model"),
    ],
)
def test_what_it_refuses(text2image: Runner, request_: dict[str, Any], param: str) -> None:
    assert refused(text2image, **{**SIZE, **request_}).param == param


def test_what_a_request_must_bring(euler: Path) -> None:
    change = runner(Image2ImagePipelineCalculator, euler)
    assert refused(change).param == "image"
    assert refused(change, image=IMAGE, mask=MASK).param == "mask"
    assert refused(change, image=b"not an image").param == "image"
    assert refused(runner(InpaintingPipelineCalculator, euler), image=IMAGE).param == "mask"


def test_an_image_above_the_limit_needs_a_size(euler: Path) -> None:
    for calculator, files in (
        (Image2ImagePipelineCalculator, {"image": IMAGE}),
        (InpaintingPipelineCalculator, {"image": IMAGE, "mask": MASK}),
    ):
        change = runner(calculator, euler, max_resolution="32x64")
        error = refused(change, **files)
        assert (error.param, str(error)) == ("size", "the image has 64x64 pixels; ask for at most 32x64")
        (image,) = change(width=32, height=64, **files)
        assert image.shape == (64, 32, 3)


def graph(folder: Path, pipelines: int) -> gf.Graph:
    text = Path("graphs/text2image_pipeline.pbtxt").read_text()
    return gf.Graph.from_text(text.replace("num_pipelines: 1", f"num_pipelines: {pipelines}"), folder)


@pytest.mark.parametrize("pipelines", [1, 2])
def test_requests_at_once(euler: Path, pipelines: int) -> None:
    made = graph(euler, pipelines)
    requests = [ImageRequest(f"cat {index}", seed=index, num_inference_steps=3, **SIZE) for index in range(4)]
    runs = [made.start_run(pollers=["IMAGE"]) for _ in requests]
    for run, request in zip(runs, requests, strict=True):
        run.add("REQUEST", request)
        run.close_inputs()
    together = [[packet.value.b64 for packet in run.pollers["IMAGE"]] for run in runs]
    assert together == [[packet.value.b64 for packet in made.run(REQUEST=each)["IMAGE"]] for each in requests]


def test_progress_and_cancellation(euler: Path) -> None:
    made = graph(euler, 1)
    steps: list[tuple[str, int, int]] = []
    under_way = threading.Event()

    def follow(*step: Any) -> None:
        steps.append(step)
        if step[1] == 2:
            run.cancel("enough")
            under_way.set()

    run = made.start_run(on_progress=follow)
    run.add("REQUEST", ImageRequest("a cat", num_inference_steps=50, **SIZE))
    run.close_inputs()
    assert under_way.wait(SECONDS)
    with pytest.raises(gf.Cancelled, match="enough"):
        run.wait_until_done(SECONDS)
    assert steps == [("text2image", 1, 50), ("text2image", 2, 50)]
    assert made.run(REQUEST=ImageRequest("a cat", num_inference_steps=1, **SIZE))["IMAGE"]
