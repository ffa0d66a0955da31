import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.sigma_spread import (
    SigmaSpread,
    rounded_timesteps_at,
    timesteps_at,
)


def test_the_seventh_roots_of_karras_are_spread_evenly() -> None:
    sigmas = SigmaSpread().between(3.0**7, 1.0, 5)
    np.testing.assert_allclose(sigmas, np.array([3, 2.5, 2, 1.5, 1]) ** 7)
    assert SigmaSpread().between(10.0, 1.0, 1).tolist() == pytest.approx([10.0])


def test_exponential_sigmas_have_a_constant_quotient() -> None:
    assert SigmaSpread("use_exponential_sigmas").between(8.0, 1.0, 4).tolist() == pytest.approx([8, 4, 2, 1])


def test_beta_sigmas_are_symmetric() -> None:
    sigmas = SigmaSpread("use_beta_sigmas").between(10.0, 0.0, 5)
    # scipy.stats.beta.ppf([1, .75, .5, .25, 0], 0.6, 0.6) * 10
    np.testing.assert_allclose(sigmas, [10, 8.243196, 5, 1.756804, 0], atol=1e-5)


def test_the_fields_may_set_the_ends() -> None:
    spread = SigmaSpread.from_config(SchedulerConfig({"use_karras_sigmas": True, "sigma_min": 0.5, "sigma_max": 20.0}))
    assert spread is not None
    assert spread.between(10.0, 1.0, 3)[[0, -1]].tolist() == pytest.approx([20.0, 0.5])


@pytest.mark.parametrize("field", ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"])
def test_only_the_one_that_is_wanted(field: str) -> None:
    assert SigmaSpread.from_config(SchedulerConfig({field: False})) is None
    assert SigmaSpread.from_config(SchedulerConfig({field: True})) == SigmaSpread(field)


def test_refuses_two() -> None:
    fields = {"use_karras_sigmas": True, "use_beta_sigmas": True}
    with pytest.raises(ValueError, match="use_beta_sigmas and use_karras_sigmas are true; set one of them to false"):
        SigmaSpread.from_config(SchedulerConfig(fields))


def test_timesteps_at_sigmas() -> None:
    training = np.exp(np.arange(5)).astype(np.float32)
    sigmas = np.exp([9, 4, 2.6, 0.4, -1])
    assert timesteps_at(sigmas, training).tolist() == pytest.approx([4, 4, 2.6, 0.4, 0])
    assert rounded_timesteps_at(sigmas, training).tolist() == [4, 4, 3, 0, 0]
