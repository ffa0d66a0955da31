"""A whole run of a scheduler with a model of one line, on a latent of three numbers.

The expected results were computed by diffusers 0.39 with the same model. The config has the betas themselves, so that
the different formulas of diffusers and openvino_genai for them do not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers import SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig

BETAS = np.linspace(0.01, 0.2, 20).astype(np.float32)
ALPHAS_CUMPROD = np.cumprod(1 - BETAS.astype(np.float64))
NOISE = np.array([0.5, -1.0, 0.25], np.float32)


class ToyRun(NamedTuple):
    timesteps: list[int]
    init_noise_sigma: float
    steps: list[Step]

    @property
    def last(self) -> Step:
        return self.steps[-1]


def toy_config(**fields: object) -> SchedulerConfig:
    return SchedulerConfig({"num_train_timesteps": 20, "trained_betas": BETAS.tolist(), **fields})


def toy_run(factory: SchedulerFactory) -> ToyRun:
    """Take four steps."""
    scheduler = factory(4)
    sample = np.array([-1.5, 0.25, 2.0], np.float32) * scheduler.init_noise_sigma
    steps = []
    for index, timestep in enumerate(scheduler.timesteps):
        model_output = scheduler.scale_model_input(sample, index) * np.float32(0.3) + np.float32(0.01) * np.float32(
            timestep
        )
        steps.append(scheduler.step(model_output, index, sample, lambda shape: NOISE.reshape(shape)))
        sample = steps[-1].sample
    return ToyRun(scheduler.timesteps.tolist(), float(scheduler.init_noise_sigma), steps)


def no_noise(shape: tuple[int, ...]) -> NDArray[np.float32]:
    raise AssertionError("this scheduler draws no noise")


def check_arrays_may_change(
    factory: SchedulerFactory, output: NDArray[np.float32], sample: NDArray[np.float32]
) -> None:
    """Check that a step is the same if the arrays that the step before took have changed since."""
    first, second = factory(3), factory(3)
    given_output, given_sample = output.copy(), sample.copy()
    latent = first.step(given_output, 0, given_sample, no_noise).sample
    assert (second.step(output, 0, sample, no_noise).sample == latent).all()
    given_output[:] = given_sample[:] = 7
    assert (first.step(sample, 1, latent, no_noise).sample == second.step(sample, 1, latent, no_noise).sample).all()
