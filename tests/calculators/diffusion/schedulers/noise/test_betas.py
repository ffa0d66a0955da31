import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.betas import (
    AlphasCumprod,
    BetaRange,
    cumulative_alphas,
    with_zero_terminal_snr,
)


def test_linear_betas_stop_one_step_short() -> None:
    betas = BetaRange("linear", np.float32(0.1), np.float32(0.5), 4).betas()
    assert betas.dtype == np.float32
    np.testing.assert_allclose(betas, [0.1, 0.2, 0.3, 0.4], rtol=1e-6)


def test_scaled_linear_betas_are_linear_in_the_square_root() -> None:
    betas = BetaRange("scaled_linear", np.float32(0.01), np.float32(0.25), 4).betas()
    np.testing.assert_allclose(betas, [0.1**2, 0.2**2, 0.3**2, 0.4**2], rtol=1e-6)


def test_reads_the_config() -> None:
    config = SchedulerConfig(
        {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 10}
    )
    assert BetaRange.from_config(config) == BetaRange("scaled_linear", np.float32(0.00085), np.float32(0.012), 10)


def test_a_scheduler_has_its_own_defaults() -> None:
    config = SchedulerConfig({})
    assert BetaRange.from_config(config) == BetaRange("linear", np.float32(0.0001), np.float32(0.02), 1000)
    assert BetaRange.from_config(config, schedule="scaled_linear", start=0.5, end=0.75) == BetaRange(
        "scaled_linear", np.float32(0.5), np.float32(0.75), 1000
    )


def test_trained_betas_are_taken_as_they_are() -> None:
    config = SchedulerConfig({"trained_betas": [0.5, 0.25], "num_train_timesteps": 2, "beta_schedule": "linear"})
    assert BetaRange.from_config(config).betas().tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"trained_betas": [0.5, 0.25]}, "trained_betas has 2 numbers, but num_train_timesteps is 1000"),
        ({"beta_schedule": "sigmoid"}, "beta_schedule is 'sigmoid'.* linear, scaled_linear"),
        ({"num_train_timesteps": 0}, "num_train_timesteps must be an integer of at least 1"),
        ({"beta_start": "small"}, "beta_start must be a finite number"),
    ],
)
def test_refuses(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BetaRange.from_config(SchedulerConfig(fields))


def test_the_image_fades_by_one_minus_beta() -> None:
    assert cumulative_alphas(np.array([0.5, 0.5, 0.75], np.float32)).tolist() == [0.5, 0.25, 0.0625]


def test_zero_terminal_snr_leaves_nothing_at_the_end_and_the_beginning_as_it_was() -> None:
    betas = BetaRange("scaled_linear", np.float32(0.00085), np.float32(0.012), 1000).betas()
    before, after = cumulative_alphas(betas), cumulative_alphas(with_zero_terminal_snr(betas))
    assert after[-1] == 0
    assert after[0] == pytest.approx(before[0], rel=1e-6)
    # between them, the square roots are shifted and stretched
    roots = np.sqrt(before.astype(np.float64))
    stretched = (roots - roots[-1]) / (roots[0] - roots[-1]) * roots[0]
    np.testing.assert_allclose(after, stretched**2, atol=1e-5)


def test_betas_to_the_end() -> None:
    linear = BetaRange("linear", np.float32(0.1), np.float32(0.5), 5).diffusers_betas()
    assert linear.dtype == np.float32
    np.testing.assert_allclose(linear, [0.1, 0.2, 0.3, 0.4, 0.5], rtol=1e-6)
    roots = BetaRange("scaled_linear", np.float32(0.01), np.float32(0.25), 5).diffusers_betas()
    np.testing.assert_allclose(roots, [0.1**2, 0.2**2, 0.3**2, 0.4**2, 0.5**2], rtol=1e-6)
    trained = np.array([0.5, 0.25], np.float32)
    assert BetaRange("linear", np.float32(0), np.float32(0), 2, trained).diffusers_betas() is trained


def test_weights_of_image_and_noise() -> None:
    alphas = AlphasCumprod(np.array([0.75, 0.36], np.float32), np.float32(1))
    for weights, expected in zip(alphas.weights(np.array([1, 0])), ([0.6, 0.75**0.5], [0.8, 0.5]), strict=True):
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights, expected, rtol=1e-6)


@pytest.mark.parametrize(("set_alpha_to_one", "final"), [(True, 1), (False, 0.5)])
def test_below_timestep_0(set_alpha_to_one: bool, final: float) -> None:
    alphas = AlphasCumprod.from_betas(np.array([0.5, 0.5], np.float32), set_alpha_to_one=set_alpha_to_one)
    assert [alphas.at(timestep) for timestep in (1, 0, -1, -5)] == [0.25, 0.5, final, final]
