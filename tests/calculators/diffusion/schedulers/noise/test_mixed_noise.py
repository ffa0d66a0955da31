import numpy as np

from graphframe.calculators.diffusion.schedulers.noise.mixed_noise import MixedNoise

NOISE = MixedNoise(np.array([0, 0.6], np.float32), np.array([1, 0.8], np.float32))


def test_mixes_an_image_with_noise() -> None:
    mixed = NOISE.add_noise(np.array([1, 0, 2], np.float32), np.array([0, 1, 1], np.float32), 1)
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, [0.6, 0.8, 2.0], rtol=1e-6)


def test_the_model_takes_the_sample_as_it_is() -> None:
    sample = np.array([1, 2], np.float32)
    assert NOISE.scale_model_input(sample, 0) is sample
