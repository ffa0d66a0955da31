"""DPM-Solver++ for models in the EDM framework, e.g. Playground 2.5."""

from __future__ import annotations

from collections import deque
from functools import partial

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.edm_noise import EdmNoise, EdmSamples
from graphframe.calculators.diffusion.schedulers.noise.multistep_noise import NoiseLevels
from graphframe.calculators.diffusion.schedulers.scheduler import Randn, SchedulerFactory, Step
from graphframe.calculators.diffusion.schedulers.solvers.dpm_solver_multistep import FinalSteps
from graphframe.calculators.diffusion.schedulers.solvers.dpm_terms import DpmSolver


class EDMDPMSolverMultistepScheduler(EdmSamples):
    """DPM-Solver++ with the predictions of earlier steps, https://arxiv.org/abs/2211.01095, as in diffusers.

    Parameters
    ----------
    noise : EdmNoise
        The noise schedule.
    solver : DpmSolver
        The form of the solver.
    final : FinalSteps
        The config fields of the last steps.
    num_inference_steps, strength, image_seq_len : int, float, int or None
        See `SchedulerFactory`.
    """

    def __init__(
        self,
        noise: EdmNoise,
        solver: DpmSolver,
        final: FinalSteps,
        num_inference_steps: int,
        strength: float = 1.0,
        image_seq_len: int | None = None,
    ) -> None:
        super().__init__(noise, num_inference_steps, strength)
        with np.errstate(divide="ignore"):
            log_snr = -np.log(self._sigmas.astype(np.float64))
        levels = NoiseLevels(self.timesteps, np.ones_like(self._sigmas), self._sigmas, log_snr, "sample")
        self._updates = final.updates(solver, levels, num_inference_steps, to_zero=noise.to_zero)
        self._images: deque[NDArray[np.float32]] = deque(maxlen=solver.order)  # the latest first

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `thresholding` must be false. See also `DpmSolver.from_config`.
        """
        solver = DpmSolver.from_config(config, "dpmsolver++", "sde-dpmsolver++")
        return partial(cls, EdmNoise.from_config(config), solver, FinalSteps.from_config(config))

    def step(self, model_output: NDArray[np.float32], step: int, sample: NDArray[np.float32], randn: Randn) -> Step:
        """Take a step, with noise if the solver is stochastic; see `Scheduler.step`."""
        self._images.appendleft(self.image(model_output, step, sample))
        latent = self._updates[step].applied(sample, self._images, randn)
        return Step(latent, latent if step == len(self.timesteps) - 1 else self._images[0])
