from __future__ import annotations

import numpy as np

from graphframe.calculators.diffusion.latent_statistics import LatentStatistics, shift_and_scale

CONFIG = {"bn_running_mean_data": list(range(8)), "bn_running_var_data": [3.9999] * 8, "batch_norm_eps": 1e-4}


def test_each_of_the_four_latents_of_a_token_has_its_own() -> None:
    statistics = LatentStatistics.from_config(CONFIG)
    assert statistics is not None
    restored = statistics.restore(np.zeros((1, 2, 2, 4), np.float32))
    assert restored[0].tolist() == [[[0, 1, 0, 1], [2, 3, 2, 3]], [[4, 5, 4, 5], [6, 7, 6, 7]]]
    restored = statistics.restore(np.ones((1, 2, 2, 4), np.float32))
    assert restored[0, 1, 1].tolist() == [8, 9, 8, 9]


def test_normalising_undoes_it() -> None:
    statistics = LatentStatistics.from_config(CONFIG)
    assert statistics is not None
    latents = np.random.default_rng(0).normal(size=(2, 2, 4, 6)).astype(np.float32)
    np.testing.assert_allclose(statistics.normalise(statistics.restore(latents)), latents, atol=1e-5)


OF_VIDEOS = {"_class_name": "AutoencoderKLQwenImage", "latents_mean": [1, -1], "latents_std": [2, 4]}


def test_each_channel_of_a_vae_of_videos_has_its_own() -> None:
    statistics = LatentStatistics.from_config(OF_VIDEOS)
    assert statistics is not None
    latents = np.random.default_rng(0).normal(size=(3, 2, 4, 6)).astype(np.float32)
    restored = statistics.restore(latents)
    assert (restored[:, 0] == latents[:, 0] * 2 + 1).all()
    assert (restored[:, 1] == latents[:, 1] * 4 - 1).all()
    shift, scale = shift_and_scale(OF_VIDEOS)
    np.testing.assert_allclose((restored - shift) * scale, latents, atol=1e-6)


def test_shift_and_scale_are_numbers_of_most() -> None:
    assert [*map(float, shift_and_scale({"scaling_factor": 0.5, "shift_factor": 0.25}))] == [0.25, 0.5]
    assert [*map(float, shift_and_scale({"shift_factor": None, "latents_mean": None}))] == [0, 1]


def test_most_models_have_none() -> None:
    assert LatentStatistics.from_config({"scaling_factor": 0.18}) is None
