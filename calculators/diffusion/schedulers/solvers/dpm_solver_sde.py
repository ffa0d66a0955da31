"""The stochastic DPM-Solver++ of second order of k-diffusion: "DPM++ SDE"."""

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


class DPMSolverSDEScheduler(MidpointSteps):
    """`sample_dpmpp_sde` of k-diffusion, as in diffusers.

    Both calls of a step add noise of the same Brownian motion: that to the end of the step contains that to its middle.

    Parameters
    ----------
    noise : SigmaNoise
        The noise schedule.
    prediction_type : str
        The model's prediction: "epsilon" or "v_prediction".
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: SigmaNoise,
        prediction_type: str,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        super().__init__(noise, prediction_type, _middle, num_inference_steps, strength)
        self._noise: NDArray[np.float32] = np.empty(0, np.float32)

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config. Raise ValueError for fields that are not valid or not supported."""
        prediction_type = config.choice("prediction_type", "epsilon", "epsilon", "v_prediction")
        return partial(cls, SigmaNoise.from_config(config), prediction_type)

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step with noise to the middle, or from the start to the end; see `Scheduler.step`."""
        image = self.image(model_output, step, sample)
        if self.is_last(step):
            return Step(image, image)
        start, end = self.ends(step)
        middle = self._sigmas[step if self.is_in_middle(step) else step + 1]
        drawn = randn(sample.shape)
        if not self.is_in_middle(step):
            self._noise, arrival = drawn, middle
        else:
            before, after = (start - middle) / (start - end), (middle - end) / (start - end)
            drawn, arrival = np.sqrt(before) * self._noise + np.sqrt(after) * drawn, end
        up, down = up_and_down(np.asarray(start), np.asarray(arrival))
        kept = down / start
        return Step(kept * self._start + (1 - kept) * image + up * drawn, image)
