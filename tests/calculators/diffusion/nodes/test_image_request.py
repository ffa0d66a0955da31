from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphframe as gf
from graphframe.calculators.diffusion.diffusion_request import DiffusionRequest, Task
from graphframe.calculators.diffusion.input_image import InputImage
from graphframe.calculators.diffusion.nodes.image_request import ImageRequestCalculator
from graphframe.calculators.diffusion.nodes.image_request_pb2 import ImageRequestCalculatorOptions
from graphframe.calculators.lora.lora_pb2 import LoraAdapterEntry, LoraOptions
from graphframe.images import ImageRequest, InvalidRequest
from tests.calculators.diffusion.requests import diffusion_request
from tests.calculators.image.files import encoded, gradient, halves
from tests.calculators.lora.adapter_files import random_pairs, write
from tests.models import model_path

IMAGE = encoded(gradient(100, 60))
MASK = encoded(halves(100, 60))


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
    assert resolve(euler) == diffusion_request("a red cat", "", 0, 50, 7.5, (1, 4, 16, 16))


def test_defaults_of_latent_consistency(lcm: Path) -> None:
    assert resolve(lcm) == diffusion_request("a red cat", None, 0, 4, 8.5, (1, 4, 16, 16))


def test_defaults_of_the_graph(euler: Path) -> None:
    options = {"default_resolution": "64x128", "default_num_inference_steps": 7, "default_guidance_scale": 0.0}
    assert resolve(euler, options) == diffusion_request("a red cat", None, 0, 7, 0.0, (1, 4, 16, 8))


def test_defaults_of_the_model_stay_within_the_limits_of_the_graph(flux: Path) -> None:
    resolved = resolve(flux, {"max_resolution": "800x520", "max_num_inference_steps": 20})
    assert resolved == diffusion_request("a red cat", None, 0, 20, 3.5, (1, 4, 64, 64))


def test_what_the_request_says_wins(euler: Path) -> None:
    request: dict[str, Any] = {"negative_prompt": "dog", "n": 2, "width": 64, "height": 72, "seed": 5}
    resolved = resolve(euler, **request, num_inference_steps=3, guidance_scale=2.0)
    assert resolved == diffusion_request("a red cat", "dog", 5, 3, 2.0, (2, 4, 9, 8))


def test_defaults_of_stable_diffusion_xl(xl: Path) -> None:
    assert resolve(xl) == diffusion_request("a red cat", None, 0, 50, 5.0, (1, 4, 16, 16))


def test_defaults_of_stable_diffusion_3(sd3: Path) -> None:
    assert resolve(sd3) == diffusion_request("a red cat", "", 0, 28, 7.0, (1, 4, 16, 16))


def test_defaults_of_flux(flux: Path) -> None:
    assert resolve(flux) == diffusion_request("a red cat", None, 0, 28, 3.5, (1, 4, 128, 128))


def test_transformers_want_multiples_of_their_patches(sd3: Path, flux: Path) -> None:
    for folder in (sd3, flux):
        error = refused(folder, width=64, height=72)
        assert (error.param, str(error)) == ("size", "width and height must be multiples of 16, not 64x72")


def test_flux_has_no_negative_prompt(flux: Path) -> None:
    assert str(refused(flux, negative_prompt="dog")) == "negative_prompt has no effect with this model"


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
        ({"n": 0}, "n", "n must be an integer of at least 1, not 0"),
        ({"n": 11}, "n", "n must be at most 10, not 11"),
        ({"num_inference_steps": 101}, "num_inference_steps", "num_inference_steps must be at most 100, not 101"),
        ({"width": 7, "height": 7}, "size", "width and height must be multiples of 8, not 7x7"),
        ({"width": 0}, "width", "width must be an integer of at least 1, not 0"),
        ({"width": 520}, "size", "the size must be at most 512x512, not 520x128"),
        ({"guidance_scale": 1e300}, "guidance_scale", "guidance_scale must be a number from 0 to 1000, not 1e+300"),
        ({"guidance_scale": math.nan}, "guidance_scale", "guidance_scale must be a number from 0 to 1000, not nan"),
        (
            {"negative_prompt": "dog", "guidance_scale": 1.0},
            "negative_prompt",
            "negative_prompt has no effect at guidance_scale 1; use a larger guidance_scale",
        ),
    ],
)
def test_limits(euler: Path, request_: dict[str, Any], param: str, words: str) -> None:
    error = refused(euler, {"max_resolution": "512x512"}, **request_)
    assert (error.param, str(error)) == (param, words)


def test_latent_consistency_has_no_negative_prompt(lcm: Path) -> None:
    error = refused(lcm, negative_prompt="dog")
    assert str(error) == "negative_prompt has no effect with this model"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_resolution": "big"}, 'max_resolution must be WIDTHxHEIGHT, e.g. "512x512", not "big"'),
        ({"default_resolution": "64x60"}, "width and height must be multiples of 8, not 64x60"),
        ({"default_resolution": "64x64", "max_resolution": "32x32"}, "the size must be at most 32x32, not 64x64"),
        ({"model_path": "nowhere"}, "is missing"),
    ],
)
def test_graph_that_makes_no_sense_does_not_load(euler: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(gf.CalculatorError, match="load failed") as caught:
        resolve(euler, options)
    assert words in str(caught.value)


def with_image(folder: Path, options: dict[str, Any] | None = None, **request: Any) -> tuple[Any, Any]:
    runner = gf.CalculatorRunner(ImageRequestCalculator, ImageRequestCalculatorOptions(**(options or {})), base=folder)
    outputs = runner.run(REQUEST=[ImageRequest("a red cat", **request)])
    resolved, image = outputs["REQUEST"][0].value, outputs["IMAGE"][0].value
    assert isinstance(resolved, DiffusionRequest)
    assert isinstance(image, InputImage)
    return resolved, image


@pytest.mark.parametrize(
    ("model", "image_to_image", "inpainting"),
    [
        ("euler", (50, 7.5, 0.8), (50, 7.5, 1.0)),
        ("lcm", (4, 8.5, 0.8), (4, 8.5, 1.0)),
        ("xl", (50, 5.0, 0.3), (50, 7.5, 0.9999)),
        ("sd3", (28, 7.0, 0.6), (28, 7.0, 0.6)),
        ("flux", (28, 7.0, 0.6), (28, 7.0, 0.6)),
    ],
)
def test_defaults_with_an_image(
    request: pytest.FixtureRequest, model: str, image_to_image: object, inpainting: object
) -> None:
    folder = request.getfixturevalue(model)
    for mask, task, wanted in ((None, Task.IMAGE_TO_IMAGE, image_to_image), (MASK, Task.INPAINTING, inpainting)):
        resolved, image = with_image(folder, image=IMAGE, mask=mask)
        assert resolved.task is task
        assert (resolved.num_inference_steps, resolved.guidance_scale, resolved.strength) == wanted
        assert (image.mask is None) == (mask is None)
        assert image.whole
        assert not image.masked


def test_the_size_is_that_of_the_image(euler: Path, flux: Path) -> None:
    for folder, size in ((euler, (96, 56)), (flux, (96, 48))):
        resolved, image = with_image(folder, image=IMAGE)
        assert (resolved.latent_shape[3] * 8, resolved.latent_shape[2] * 8) == size
        assert image.pixels.shape == (size[1], size[0], 3)


def test_the_size_is_that_of_the_request(euler: Path) -> None:
    _, image = with_image(euler, image=IMAGE, mask=MASK, width=64, height=128)
    assert image.pixels.shape == (128, 64, 3)
    assert image.mask.shape == (128, 64)
    assert image.mask[:, 32:].all()
    assert not image.mask[:, :31].any()


def test_an_image_above_the_limit_is_made_smaller(euler: Path) -> None:
    _, image = with_image(euler, {"max_resolution": "64x64"}, image=IMAGE)
    assert image.pixels.shape == (32, 64, 3)  # 100x60 would be 64x38


def test_an_image_smaller_than_anything_the_model_can_do(euler: Path) -> None:
    _, image = with_image(euler, image=encoded(gradient(3, 20)))
    assert image.pixels.shape == (16, 8, 3)


def test_holes_in_the_image_are_repainted(euler: Path) -> None:
    alpha = np.full((64, 64, 1), 255, np.uint8)
    alpha[:16] = 0
    resolved, image = with_image(euler, image=encoded(np.concatenate((gradient(64, 64), alpha), axis=2)))
    assert resolved.task is Task.INPAINTING
    assert image.mask[:16].all()
    assert not image.mask[16:].any()


def test_holes_mean_nothing_to_a_model_that_does_no_inpainting() -> None:
    alpha = np.zeros((64, 64, 1), np.uint8)
    image_file = encoded(np.concatenate((gradient(64, 64), alpha), axis=2))
    resolved, image = with_image(model_path("flux2_klein"), image=image_file)
    assert resolved.task is Task.IMAGE_TO_IMAGE
    assert (image.pixels == gradient(64, 64)).all()


def test_a_mask_counts_more_than_holes(euler: Path) -> None:
    alpha = np.zeros((64, 64, 1), np.uint8)
    _, image = with_image(euler, image=encoded(np.concatenate((gradient(64, 64), alpha), axis=2)), mask=MASK)
    assert not image.mask[:, :31].any()


@pytest.mark.parametrize(
    ("request_", "param", "words"),
    [
        ({"mask": MASK}, "mask", "mask needs an image"),
        ({"strength": 0.5}, "strength", "strength needs an image"),
        ({"image": IMAGE, "strength": 1.5}, "strength", "strength must be a number from 0 to 1, not 1.5"),
    ],
)
def test_refuses_contradictory_images(euler: Path, request_: dict[str, Any], param: str, words: str) -> None:
    error = refused(euler, **request_)
    assert (error.param, str(error)) == (param, words)


def test_a_graph_without_vae_encode_takes_no_images(euler: Path) -> None:
    runner = gf.CalculatorRunner(ImageRequestCalculator, outputs=["REQUEST"], base=euler)
    with pytest.raises(gf.CalculatorError) as caught:
        runner.run(REQUEST=[ImageRequest("a red cat", image=IMAGE)])
    assert isinstance(caught.value.__cause__, InvalidRequest)
    assert str(caught.value.__cause__) == "this graph generates images from text only: it has no vae_encode node"


def test_a_text_encoder_that_the_model_does_not_have(euler: Path, xl: Path, sd3: Path, flux: Path) -> None:
    for folder, most in ((euler, 1), (xl, 2), (sd3, 3), (flux, 2)):
        for number in (2, 3):
            for field in (f"prompt_{number}", f"negative_prompt_{number}"):
                fields: dict[str, Any] = {field: "dog"}
                if folder == flux and field.startswith("negative"):
                    words = f"{field} has no effect with this model"
                    assert str(refused(folder, **fields)) == words
                elif number <= most:
                    assert getattr(resolve(folder, **fields), field) == "dog"
                else:
                    error = refused(folder, **fields)
                    assert error.param == field
                    assert str(error) == f"{field} needs a text encoder that this model does not have"


def test_stable_diffusion_3_without_t5_has_two_text_encoders(sd3: Path, tmp_path: Path) -> None:
    for part in sd3.iterdir():
        if not part.name.endswith("_3"):
            (tmp_path / part.name).symlink_to(part)
    assert resolve(tmp_path, prompt_2="dog").prompt_2 == "dog"
    assert refused(tmp_path, prompt_3="dog").param == "prompt_3"
    assert refused(tmp_path, max_sequence_length=77).param == "max_sequence_length"


def test_max_sequence_length_is_for_t5(euler: Path, sd3: Path, flux: Path) -> None:
    for folder in (sd3, flux):
        assert resolve(folder, max_sequence_length=300).max_sequence_length == 300
        error = refused(folder, max_sequence_length=513)
        assert str(error) == "max_sequence_length must be at most 512, not 513"
    assert refused(euler, max_sequence_length=77).param == "max_sequence_length"


def test_a_second_negative_prompt_alone(xl: Path) -> None:
    resolved = resolve(xl, negative_prompt_2="dog")
    assert resolved.prompts(1) == ["", "a red cat"]
    assert resolved.prompts(2) == ["dog", "a red cat"]


def lora(folder: Path, *layers: str) -> dict[str, Any]:
    """Options with an adapter for these layers."""
    path = write(folder / "ink.safetensors", random_pairs(dict.fromkeys(layers, (32, 32))))
    return {"lora": LoraOptions(lora_adapters=[LoraAdapterEntry(alias="ink", path=str(path))])}


def test_adapters(euler: Path, tmp_path: Path) -> None:
    options = lora(tmp_path, "lora_te_text_model_encoder_layers_0_self_attn_q_proj")
    assert resolve(euler, options, adapters={"ink": 0.5}).adapters == {"ink": 0.5}
    assert resolve(euler, options).adapters == {}
    assert refused(euler, options, adapters={"inc": 0.5}).param == "lora_alphas"
    assert refused(euler, adapters={"ink": 0.5}).param == "lora_alphas"


def test_an_adapter_for_models_that_there_are_not(euler: Path, tmp_path: Path) -> None:
    expected = "is for the text_encoder_2, text_encoder_3; the pipeline has denoiser, text_encoder$"
    with pytest.raises(gf.CalculatorError, match=expected):
        resolve(euler, lora(tmp_path, "lora_te2_x", "text_encoder_3.x"))


def test_an_adapter_for_another_model(euler: Path, tmp_path: Path) -> None:
    with pytest.raises(gf.CalculatorError, match="does not fit the models: 0 of 1 pairs applied, at least 90% must be"):
        resolve(euler, lora(tmp_path, "lora_te_x"))


def test_a_model_that_takes_the_image_has_no_strength_and_no_mask() -> None:
    klein = model_path("flux2_klein")
    resolved, image = with_image(klein, image=IMAGE)
    assert resolved.task is Task.IMAGE_TO_IMAGE
    assert (resolved.num_inference_steps, resolved.guidance_scale, resolved.strength) == (50, 4.0, 1.0)
    assert resolved.negative_prompt is None  # distilled: it needs no guidance
    assert image.pixels.shape == (48, 96, 3)
    error = refused(klein, image=IMAGE, strength=0.5)
    assert (error.param, str(error)) == ("strength", "strength has no effect with this model")
    error = refused(klein, image=IMAGE, mask=MASK)
    assert (error.param, str(error)) == ("mask", "this model supports text-to-image and image-to-image, not inpainting")


def test_there_is_no_guidance_without_a_negative_prompt_where_the_model_has_it_so() -> None:
    folder = model_path("qwen_image")
    assert resolve(folder).negative_prompt is None
    assert resolve(folder, negative_prompt="").negative_prompt == ""
    assert resolve(folder, max_sequence_length=1024).max_sequence_length == 1024
    error = refused(folder, max_sequence_length=1025)
    assert str(error) == "max_sequence_length must be at most 1024, not 1025"


@pytest.mark.parametrize(
    ("given", "param", "task"),
    [({}, "image", "text-to-image"), ({"image": IMAGE}, "mask", "image-to-image")],
)
def test_a_model_for_inpainting_does_nothing_else(given: dict[str, Any], param: str, task: str) -> None:
    error = refused(model_path("stable_diffusion_inpaint"), **given)
    assert (error.param, str(error)) == (param, f"this model supports inpainting, not {task}")


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_model_for_inpainting_is_given_what_it_needs(strength: float) -> None:
    folder = model_path("stable_diffusion_inpaint")
    _, image = with_image(folder, image=IMAGE, mask=MASK, strength=strength)
    assert image.masked
    assert image.whole == (strength < 1)


def test_a_model_that_takes_references() -> None:
    klein = model_path("flux2_klein")
    resolved, image = with_image(klein, image=IMAGE, images=[MASK, encoded(gradient(40, 70))])
    assert [each.shape for each in image.further] == [(48, 96, 3), (64, 32, 3)]
    assert resolved.reference_shapes == ((6, 12), (6, 12), (8, 4))
    error = refused(klein, images=[IMAGE] * 17)
    assert (error.param, str(error)) == ("image", "this model takes at most 16 images, not 17")
    error = refused(klein, images=[IMAGE, IMAGE, b"no image"])
    assert (error.param, str(error)[:32]) == ("image", "image 3 is not a PNG, JPEG, WebP")
    error = refused(klein, {"static_shapes": {"resolution": "64x64"}}, image=IMAGE)
    assert str(error) == "this graph, whose shapes are static, takes no images, not 1"


def test_a_model_that_takes_one_image(euler: Path) -> None:
    error = refused(euler, images=[IMAGE, IMAGE], mask=MASK)
    assert (error.param, str(error)) == ("image", "this model takes one image, not 2")
