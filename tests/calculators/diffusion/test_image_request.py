from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import graphframe as gf
from calculators.diffusion.diffusion_request import DiffusionRequest
from calculators.diffusion.image_request import ImageRequestCalculator
from calculators.diffusion.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.image import ImageRequest, InvalidRequest


def resolve(folder: Path, options: dict[str, Any] | None = None, **request: Any) -> DiffusionRequest:
    runner = gf.CalculatorRunner(ImageRequestCalculator, ImageRequestCalculatorOptions(**(options or {})), base=folder)
    (packet,) = runner.run(REQUEST=[ImageRequest("a red cat", **request)])["REQUEST"]
    resolved: DiffusionRequest = packet.value
    return resolved


def refused(folder: Path, options: dict[str, Any] | None = None, **request: Any) -> InvalidRequest:
    with pytest.raises(gf.CalculatorError) as caught:
        resolve(folder, options, **request)
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidRequest)
    return cause


def test_defaults_of_stable_diffusion(euler: Path) -> None:
    assert resolve(euler) == DiffusionRequest("a red cat", "", 0, 50, 7.5, (1, 4, 16, 16))


def test_defaults_of_latent_consistency(lcm: Path) -> None:
    assert resolve(lcm) == DiffusionRequest("a red cat", None, 0, 4, 8.5, (1, 4, 16, 16))


def test_defaults_of_the_graph(euler: Path) -> None:
    options = {"default_resolution": "64x128", "default_num_inference_steps": 7, "default_guidance_scale": 0.0}
    assert resolve(euler, options) == DiffusionRequest("a red cat", None, 0, 7, 0.0, (1, 4, 16, 8))


def test_what_the_request_says_wins(euler: Path) -> None:
    request: dict[str, Any] = {"negative_prompt": "dog", "n": 2, "width": 64, "height": 72, "seed": 5}
    resolved = resolve(euler, **request, num_inference_steps=3, guidance_scale=2.0)
    assert resolved == DiffusionRequest("a red cat", "dog", 5, 3, 2.0, (2, 4, 9, 8))


def test_defaults_of_stable_diffusion_xl(xl: Path) -> None:
    assert resolve(xl) == DiffusionRequest("a red cat", None, 0, 50, 5.0, (1, 4, 16, 16))


def test_defaults_of_stable_diffusion_3(sd3: Path) -> None:
    assert resolve(sd3) == DiffusionRequest("a red cat", "", 0, 28, 7.0, (1, 4, 16, 16))


def test_defaults_of_flux(flux: Path) -> None:
    assert resolve(flux) == DiffusionRequest("a red cat", None, 0, 28, 3.5, (1, 4, 128, 128))


def test_transformers_want_multiples_of_their_patches(sd3: Path, flux: Path) -> None:
    for folder in (sd3, flux):
        error = refused(folder, width=64, height=72)
        assert (error.param, str(error)) == ("size", "width and height must be multiples of 16, not 64x72")


def test_flux_has_no_negative_prompt(flux: Path) -> None:
    assert str(refused(flux, negative_prompt="dog")) == "a negative_prompt has no effect on the images of this model"


def test_an_empty_negative_prompt_is_not_none_in_stable_diffusion_xl(xl: Path) -> None:
    assert resolve(xl, negative_prompt="").negative_prompt == ""
    assert resolve(xl, negative_prompt="", guidance_scale=1.0).negative_prompt is None


def test_stable_diffusion_xl_that_encodes_empty_prompts(xl: Path, tmp_path: Path) -> None:
    for part in xl.iterdir():
        (tmp_path / part.name).symlink_to(part)
    (tmp_path / "model_index.json").unlink()
    (tmp_path / "model_index.json").write_text('{"force_zeros_for_empty_prompt": false}')
    assert resolve(tmp_path).negative_prompt == ""


def test_the_scheduler_is_passed_on(euler: Path) -> None:
    assert resolve(euler).scheduler is None
    assert resolve(euler, scheduler="Euler Ancestral").scheduler == "Euler Ancestral"


@pytest.mark.parametrize(
    ("request_", "param", "words"),
    [
        ({"n": 0}, "n", "n must be from 1 to 10, not 0"),
        ({"n": 11}, "n", "n must be from 1 to 10, not 11"),
        ({"num_inference_steps": 101}, "num_inference_steps", "num_inference_steps must be from 1 to 100, not 101"),
        ({"width": 7, "height": 7}, "size", "width and height must be multiples of 8, not 7x7"),
        ({"width": 0}, "size", "width and height must be multiples of 8, not 0x128"),
        ({"width": 520}, "size", "the size must be at most 512x512, not 520x128"),
        ({"guidance_scale": 1e300}, "guidance_scale", "guidance_scale must be from 0 to 1000, not 1e+300"),
        ({"guidance_scale": math.nan}, "guidance_scale", "guidance_scale must be from 0 to 1000, not nan"),
        (
            {"negative_prompt": "dog", "guidance_scale": 1.0},
            "negative_prompt",
            "a negative_prompt has no effect on the images at guidance_scale 1, only above 1",
        ),
    ],
)
def test_limits(euler: Path, request_: dict[str, Any], param: str, words: str) -> None:
    error = refused(euler, {"max_resolution": "512x512"}, **request_)
    assert (error.param, str(error)) == (param, words)


def test_latent_consistency_has_no_negative_prompt(lcm: Path) -> None:
    error = refused(lcm, negative_prompt="dog")
    assert str(error) == "a negative_prompt has no effect on the images of this model"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_resolution": "big"}, 'max_resolution must be "WIDTHxHEIGHT", as in "512x512", not "big"'),
        ({"default_resolution": "64x60"}, "width and height must be multiples of 8, not 64x60"),
        ({"default_resolution": "64x64", "max_resolution": "32x32"}, "the size must be at most 32x32, not 64x64"),
        ({"model_path": "nowhere"}, "there is no such file"),
    ],
)
def test_graph_that_makes_no_sense_does_not_load(euler: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(gf.CalculatorError, match="load failed") as caught:
        resolve(euler, options)
    assert words in str(caught.value)
