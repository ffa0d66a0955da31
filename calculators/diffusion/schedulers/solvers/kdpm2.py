"""The second-order DPM2 samplers of k-diffusion: "DPM2" and "DPM2 a"."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.sigma_noise import SigmaNoise
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.midpoint_steps import MidpointSteps, up_and_down


def _middle(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    middle: NDArray[np.float32] = np.exp((np.log(start) + np.log(end)) / 2)
    return middle


def _ancestral_middle(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    return _middle(start, up_and_down(start, end)[1])


class KDPM2DiscreteScheduler(MidpointSteps):
    """DPM-Solver-2 with the slope in the middle of each step, https://arxiv.org/abs/2206.00364, as in diffusers.

    Parameters
    ----------
    noise : SigmaNoise
        The noise schedule.
    prediction_type : str
        The model's prediction: "epsilon" or "v_prediction".
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    _middle = staticmethod(_middle)

    def __init__(
        self,
        noise: SigmaNoise,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        super().__init__(noise, prediction_type, self._middle, num_inference_steps, strength)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config. Raise ValueError for fields that are not valid or not supported."""
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "v_prediction")
        return partial(cls, SigmaNoise.from_config(config), prediction_type)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step to the middle, or from the start to the end; see `Scheduler.step`."""
        image = self.image(model_output, step, sample)
        slope = (sample - image) / self._sigmas[step]
        start, end = self.ends(step)
        if not self.is_in_middle(step):
            latent = self._start + slope * (self._sigmas[step + 1] - start)
        else:
            latent = self._arrived(slope, start, end, randn)
        return Step(latent, latent if self.is_last(step) else image)

    def _arrived(
        self, slope: NDArray[np.float32], start: np.float32, end: np.float32, randn: Randn
    ) -> NDArray[np.float32]:
        """Return the sample at the end of a step."""
        return self._start + slope * (end - start)


class KDPM2AncestralDiscreteScheduler(KDPM2DiscreteScheduler):
    """The same to less noise than wanted, and noise that makes up the difference, as in diffusers."""

    _middle = staticmethod(_ancestral_middle)

    def _arrived(
        self, slope: NDArray[np.float32], start: np.float32, end: np.float32, randn: Randn
    ) -> NDArray[np.float32]:
        up, down = up_and_down(np.asarray(start), np.asarray(end))
        return self._start + slope * (down - start) + up * randn(self._start.shape)
