import numpy as np
import pytest

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.karras import KarrasSigmas, timesteps_at


def test_the_seventh_roots_are_spread_evenly() -> None:
    sigmas = KarrasSigmas(None, None).between(3.0**7, 1.0, 5)
    np.testing.assert_allclose(sigmas, np.array([3, 2.5, 2, 1.5, 1]) ** 7)
    assert KarrasSigmas(None, None).between(10.0, 1.0, 1).tolist() == pytest.approx([10.0])


def test_the_fields_may_set_the_ends() -> None:
    karras = KarrasSigmas.from_config(SchedulerConfig({"use_karras_sigmas": True, "sigma_min": 0.5, "sigma_max": 20.0}))
    assert karras is not None
    assert karras.between(10.0, 1.0, 3)[[0, -1]].tolist() == pytest.approx([20.0, 0.5])


def test_only_if_they_are_wanted() -> None:
    assert KarrasSigmas.from_config(SchedulerConfig({})) is None
    assert KarrasSigmas.from_config(SchedulerConfig({"use_karras_sigmas": True})) == KarrasSigmas(None, None)
    for field in ("use_exponential_sigmas", "use_beta_sigmas"):
        with pytest.raises(ValueError, match=f"{field} is true"):
            KarrasSigmas.from_config(SchedulerConfig({field: True}))


def test_timesteps_at_sigmas() -> None:
    training = np.exp(np.arange(5)).astype(np.float32)
    timesteps = timesteps_at(np.exp([9, 4, 2.6, 0.4, -1]), training)
    assert timesteps.dtype == np.int64
    assert timesteps.tolist() == [4, 4, 3, 0, 0]
