"""`Pipeline` and `generate`: images in Python."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import graphframe as gf
from graphframe.images import InvalidRequest
from graphframe.inference import default_device
from graphframe.inference.default_device import Gpu
from graphframe.serving.api.requests import EditRequest
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.parity.cells import INPAINTING, TEXT_TO_IMAGE
from tests.parity.sides import Genai, images_of

SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 3}


@pytest.fixture(scope="module")
def pipe(euler: Path) -> gf.Pipeline:
    return gf.Pipeline(euler, progress=False)


def pixels(image: Image.Image) -> Any:
    return np.asarray(image)


def test_images_are_those_of_genai(pipe: gf.Pipeline, euler: Path) -> None:
    made = pipe("a red cat", size="64x64", steps=3, seed=7, n=2)
    expected = Genai(euler).images(TEXT_TO_IMAGE, {**SMALL, "n": 2}, 7)
    assert made.seed == 7
    assert [image.mode for image in made.images] == ["RGB", "RGB"]
    for image, wanted in zip(made.images, expected, strict=True):
        assert (pixels(image) == wanted).all()


def test_the_device_is_chosen_when_a_model_is_loaded(euler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gf.Graph, "load", lambda graph: None)
    for device in ("HETERO:CPU", "AUTO:CPU"):
        monkeypatch.setattr(default_device, "gpus", lambda device=device: [Gpu(device, True, 1)])
        assert {node.device for node in gf.Pipeline(euler).graph.nodes if node.device} == {device}


def test_a_seed_generates_the_same_images_again(pipe: gf.Pipeline) -> None:
    first = pipe("a red cat", **SMALL)
    again = pipe("a red cat", seed=first.seed, **SMALL)
    other = pipe("a red cat", **SMALL)
    assert first.files == again.files
    assert first.seed != other.seed


def test_an_image_can_be_saved_and_is_shown_by_jupyter(pipe: gf.Pipeline, tmp_path: Path) -> None:
    made = pipe("a red cat", **SMALL)
    made.images[0].save(tmp_path / "cat.jpg")
    assert Image.open(tmp_path / "cat.jpg").size == (64, 64)
    html: str = made._repr_html_()
    assert html.startswith('<img src="data:image/png;base64,iVBOR')
    assert 'width="64" height="64">' in html


def test_files_tell_how_they_were_made(pipe: gf.Pipeline, euler: Path) -> None:
    made = pipe("a red cat", **SMALL)
    told = {"prompt": "a red cat", "seed": str(made.seed), "model": euler.name, "graph": pipe.graph.digest}
    assert made.images[0].info.items() >= told.items()
    assert made.timings["denoise"] > 0


@pytest.mark.parametrize("form", ["array", "pillow", "bytes", "path", "text"])
def test_forms_of_images(pipe: gf.Pipeline, euler: Path, tmp_path: Path, form: str) -> None:
    given: dict[str, Any] = {}
    for name, array in images_of(INPAINTING, 64, 64).items():
        image = Image.fromarray(array)
        path = tmp_path / f"{name}.png"
        image.save(path)
        forms = {"array": array, "pillow": image, "bytes": path.read_bytes(), "path": path, "text": str(path)}
        given[name] = forms[form]
    (made,) = pipe("a red cat", seed=7, strength=0.75, **SMALL, **given).images
    (expected,) = Genai(euler).images(INPAINTING, {**SMALL, "strength": 0.75}, 7)
    assert (pixels(made) == expected).all()


def test_adapters_by_alias(euler: Path, tmp_path: Path) -> None:
    shapes = {"lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q": (32, 32)}
    write(tmp_path / "ink.safetensors", random_pairs(shapes, scale=1.0))
    for part in euler.iterdir():
        (tmp_path / part.name).symlink_to(part)
    options = """graph_options { [type.googleapis.com/graphframe.LoraOptions] {
        lora_adapters { alias: "ink" path: "ink.safetensors" alpha: 0.5 } } }"""
    text = Path(__file__).parents[1].joinpath("graphs/stable_diffusion.pbtxt").read_text()
    (tmp_path / "graph.pbtxt").write_text(text + options)
    pipe = gf.Pipeline(tmp_path, progress=False)
    none, listed, whole, half = (
        pipe("a red cat", seed=7, adapters=adapters, **SMALL).images[0].tobytes()
        for adapters in ({}, ["ink"], {"ink": 1.0}, {"ink": 0.5})
    )
    assert len({none, whole, half}) == 3
    assert listed in (whole, half)


def test_async(pipe: gf.Pipeline) -> None:
    async def both() -> list[gf.GeneratedImages]:
        return await asyncio.gather(*(pipe.generate_async("a red cat", seed=seed, **SMALL) for seed in (7, 8)))

    made = asyncio.run(both())
    assert [each.files for each in made] == [pipe("a red cat", seed=seed, **SMALL).files for seed in (7, 8)]


def test_progress_is_shown(euler: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gf.Pipeline(euler)("a red cat", **SMALL)
    assert "denoise: 100%" in capsys.readouterr().err


def test_generate_keeps_the_model(euler: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = gf.Pipeline.__init__

    def opens(self: gf.Pipeline, model: str | None) -> None:
        opened.append(model)
        real(self, model)

    monkeypatch.setattr(gf.Pipeline, "__init__", opens)
    for _ in range(2):
        assert gf.generate("a red cat", euler, **SMALL).images[0].size == (64, 64)
    assert len(opened) == 1


def test_without_a_model_pictograms_draws() -> None:
    image = gf.generate("a red star", steps=2, seed=1).images[0]
    assert image.size == (128, 128)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"cfg_scale": 3}, TypeError, 'no field cfg_scale (did you mean "guidance_scale"?)'),
        ({"sceduler": "euler"}, TypeError, 'no field sceduler (did you mean "scheduler"?)'),
        ({"size": "3"}, InvalidRequest, 'size must be WIDTHxHEIGHT, e.g. "512x512", not "3"'),
        ({"size": (64, 64)}, InvalidRequest, "size must be WIDTHxHEIGHT"),
        ({"size": "64x64", "width": 64}, InvalidRequest, "give either size or width, not both"),
        ({"steps": 3, "num_inference_steps": 3}, InvalidRequest, "give either steps or num_inference_steps, not both"),
        ({"steps": "a"}, InvalidRequest, 'num_inference_steps must be an integer of at least 1, not "a"'),
        ({"image": 3}, InvalidRequest, "image must be a path, the bytes of a file, a Pillow image or a uint8 array"),
        ({"image": b"hello"}, InvalidRequest, "image is not a"),
        ({"adapters": ["ink"]}, InvalidRequest, 'unknown LoRA adapter "ink"'),
        ({"size": "100x101"}, InvalidRequest, "multiples of 8, not 100x101"),
    ],
)
def test_wrong_fields(pipe: gf.Pipeline, fields: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        pipe("a red cat", **fields)
    assert message in str(raised.value)


def test_fields_are_those_of_the_api(pipe: gf.Pipeline) -> None:
    for name in {*EditRequest.request_fields(), "size"} - {"partial_images"}:
        with pytest.raises((InvalidRequest, FileNotFoundError)):
            pipe(**{"prompt": "a red cat", **SMALL, name: [None]})


def test_a_file_that_does_not_exist(pipe: gf.Pipeline) -> None:
    with pytest.raises(FileNotFoundError):
        pipe("a red cat", image="no.png")


def test_other_modes_of_pillow(pipe: gf.Pipeline) -> None:
    for mode in ("L", "RGBA", "P", "LA", "1"):
        made = pipe("a red cat", image=Image.new(mode, (64, 64)), **SMALL)
        assert Image.open(BytesIO(made.files[0].content)).size == (64, 64)


def test_a_list_of_images(pipe: gf.Pipeline) -> None:
    with pytest.raises(InvalidRequest, match="this model takes one image, not 2"):
        pipe("a red cat", image=[Image.new("RGB", (64, 64))] * 2, **SMALL)
    made = pipe("a red cat", image=[Image.new("RGB", (64, 64))], **SMALL)
    assert made.images[0].size == (64, 64)
