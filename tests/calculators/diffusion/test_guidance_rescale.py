"""Against diffusers' `rescale_noise_cfg`, written in NumPy, with torch's unbiased standard deviation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino
import openvino_genai
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

import graphframe as gf
from graphframe.calculators.diffusion.guidance_rescale import rescaled, std_of_each
from graphframe.calculators.diffusion.nodes.denoise import DenoiseCalculator
from graphframe.calculators.diffusion.schedulers import ModelSchedulers
from graphframe.calculators.text.embeddings import Embeddings
from graphframe.images import InvalidRequest
from tests.calculators.diffusion.requests import diffusion_request
from tests.models import model_path

Array = NDArray[Any]
SHAPE = (2, 4, 8, 16)


def rescale_noise_cfg(noise_cfg: Array, noise_pred_text: Array, guidance_rescale: float) -> Array:
    axes = tuple(range(1, noise_pred_text.ndim))
    std_text = noise_pred_text.std(axis=axes, keepdims=True, ddof=1)
    std_cfg = noise_cfg.std(axis=axes, keepdims=True, ddof=1)
    noise_pred_rescaled = noise_cfg * (std_text / std_cfg)
    found: Array = guidance_rescale * noise_pred_rescaled + (1 - guidance_rescale) * noise_cfg
    return found


@pytest.mark.parametrize("shape", [(2, 4, 8, 8), (3, 16, 64)])
@pytest.mark.parametrize("amount", [0.25, 0.7, 1.0])
def test_the_formula_of_diffusers(shape: tuple[int, ...], amount: float) -> None:
    guided, text = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    guided *= np.arange(2, 2 + shape[0], dtype=np.float32).reshape(-1, *[1] * (len(shape) - 1))
    found = rescaled(guided, std_of_each(text), amount)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, rescale_noise_cfg(guided, text, amount), rtol=1e-5)


def denoised(folder: Path, prompts: Embeddings, **fields: Any) -> Array:
    """The latents after one step."""
    request = diffusion_request("", "", 0, 1, 1.0, SHAPE)
    runner = gf.CalculatorRunner(DenoiseCalculator, base=folder)
    (packet,) = runner.run(REQUEST=[replace(request, **fields)], EMBEDDINGS=[prompts])["LATENTS"]
    return np.asarray(packet.value.samples)


def test_a_step_with_it(euler: Path) -> None:
    negative, prompt = np.random.default_rng(0).normal(size=(2, 1, 77, 32)).astype(np.float32)
    both = Embeddings(np.concatenate((negative, prompt)))
    scheduler = ModelSchedulers.from_file(euler / "scheduler" / "scheduler_config.json", {}).get(None)(1, 1.0, None)
    noise = np.array(openvino_genai.CppStdGenerator(0).randn_tensor(openvino.Shape(SHAPE)).data)
    latents = noise * scheduler.init_noise_sigma

    def step(output: Array) -> Array:
        _, x0 = scheduler.step(output.astype(np.float32), 0, latents.copy(), lambda shape: np.zeros(shape, np.float32))
        return x0

    without, unit = step(np.zeros(SHAPE)), step(np.ones(SHAPE)) - step(np.zeros(SHAPE))
    uncond, text = ((denoised(euler, Embeddings(each)) - without) / unit for each in (negative, prompt))
    expected = step(rescale_noise_cfg(uncond + 7.5 * (text - uncond), text, 0.7))
    found = denoised(euler, both, guidance_scale=7.5, guidance_rescale=0.7)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert not np.allclose(found, denoised(euler, both, guidance_scale=7.5), atol=1e-2)


@pytest.mark.parametrize("amount", [0.0, None])
def test_zero_changes_nothing(euler: Path, amount: float | None) -> None:
    both = Embeddings(np.random.default_rng(0).normal(size=(2, 77, 32)).astype(np.float32))
    plain = denoised(euler, both, guidance_scale=7.5)
    assert (denoised(euler, both, guidance_scale=7.5, guidance_rescale=amount) == plain).all()


def refused(folder: Path, **fields: Any) -> InvalidRequest:
    with pytest.raises(gf.CalculatorError) as raised:
        denoised(folder, Embeddings(np.zeros((1, 77, 32), np.float32)), guidance_rescale=0.5, **fields)
    cause = raised.value.__cause__
    assert isinstance(cause, InvalidRequest)
    return cause


@pytest.mark.parametrize(("model", "scale"), [("latent_consistency", 8.5), ("stable_diffusion_euler", 1.0)])
def test_it_is_refused_without_guidance(model: str, scale: float) -> None:
    request: dict[str, Any] = {"guidance_scale": scale, "negative_prompt": None}
    error = refused(model_path(model), **request)
    assert error.param == "guidance_rescale"
    assert str(error) == (
        f"guidance_rescale needs classifier-free guidance, which this model does not use at guidance_scale {scale:g}"
    )
