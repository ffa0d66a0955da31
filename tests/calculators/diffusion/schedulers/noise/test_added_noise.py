import numpy as np

from graphframe.calculators.diffusion.schedulers.noise.added_noise import AddedNoise

NOISE = AddedNoise(np.array([2, 0.75, 0], np.float32))


def test_adds_noise_to_an_image() -> None:
    noisy = NOISE.add_noise(np.array([1, 2], np.float32), np.array([4, -4], np.float32), 1)
    assert noisy.dtype == np.float32
    assert noisy.tolist() == [4, -1]


def test_the_model_takes_unit_variance() -> None:
    scaled = NOISE.scale_model_input(np.array([2.5], np.float32), 1)
    assert scaled.dtype == np.float32
    assert scaled.tolist() == [2.0]
