from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import openvino_genai
import pytest

import graphframe as gf
from graphframe.calculators.diffusion.image_latents import ImageLatents, LatentDistribution
from graphframe.calculators.diffusion.input_image import InputImage
from graphframe.calculators.diffusion.nodes.vae_encode import VaeEncodeCalculator
from graphframe.calculators.diffusion.nodes.vae_encode_pb2 import VaeEncodeCalculatorOptions
from graphframe.images import InvalidRequest
from tests.calculators.image.files import gradient, halves

MASK = halves(64, 48)[..., 0] > 0


def latents(folder: Path, image: InputImage) -> ImageLatents:
    (packet,) = gf.CalculatorRunner(VaeEncodeCalculator, base=folder).run(IMAGE=[image])["IMAGE_LATENTS"]
    assert isinstance(packet.value, ImageLatents)
    return packet.value


def drawn(distribution: LatentDistribution | None) -> np.ndarray:
    assert distribution is not None
    return distribution.sample(lambda shape: np.random.default_rng(0).normal(size=shape).astype(np.float32))


def test_encodes_as_openvino_genai(euler: Path) -> None:
    pixels = gradient(64, 48)
    found = latents(euler, InputImage(pixels))
    assert found.whole is not None
    assert found.masked is None
    assert found.mask is None
    vae = openvino_genai.AutoencoderKL(euler / "vae_encoder", euler / "vae_decoder", device="CPU")
    generator, again = openvino_genai.CppStdGenerator(3), openvino_genai.CppStdGenerator(3)
    normalised = pixels.astype(np.float32) * np.float32(1 / 127.5) - 1
    theirs = vae.encode(openvino.Tensor(np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])), generator)
    ours = found.whole.sample(lambda shape: np.array(again.randn_tensor(openvino.Shape(shape)).data))
    assert (ours == np.array(theirs.data)).all()


def test_what_the_denoiser_does_not_need_is_not_encoded(euler: Path) -> None:
    found = latents(euler, InputImage(gradient(64, 48), MASK, whole=False, masked=True))
    assert found.whole is None
    assert found.masked is not None
    assert found.mask is MASK


def test_masked_image_is_gray_where_to_repaint(euler: Path) -> None:
    pixels = gradient(64, 48)
    changed = pixels.copy()
    changed[:, 32:] = 99
    (one, other) = (latents(euler, InputImage(each, MASK, masked=True)) for each in (pixels, changed))
    assert (drawn(one.masked) == drawn(other.masked)).all()
    assert not (drawn(one.whole) == drawn(other.whole)).all()


def test_model_without_vae_encoder_takes_no_images(tmp_path: Path) -> None:
    with pytest.raises(gf.CalculatorError) as caught:
        latents(tmp_path, InputImage(gradient(64, 48)))
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidRequest)
    assert cause.param == "image"
    assert str(cause) == "this model generates images from text only: it has no VAE encoder"


def test_a_file_that_is_missing_in_the_folder_is_an_error_of_the_graph(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    runner = gf.CalculatorRunner(VaeEncodeCalculator, VaeEncodeCalculatorOptions(model_path="encoder"), base=tmp_path)
    with pytest.raises(gf.CalculatorError, match="load failed"):
        runner.run(IMAGE=[])


def test_a_vae_that_draws_nothing() -> None:
    mean = np.full((1, 4, 2, 2), 3, np.float32)
    distribution = LatentDistribution(mean, None, np.float32(1), np.float32(0.5))
    assert (drawn(distribution) == 1).all()
