"""Latent consistency sampling for flow-match models."""

from __future__ import annotations

from functools import partial

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.flow_match import FlowMatchNoise
from graphframe.calculators.diffusion.schedulers.scheduler import SchedulerFactory
from graphframe.calculators.diffusion.schedulers.solvers.flow_match_euler import FlowMatchEulerDiscreteScheduler


class FlowMatchLCMScheduler(FlowMatchEulerDiscreteScheduler):
    """The steps of `FlowMatchEulerDiscreteScheduler`, each to the predicted image with new noise, as in diffusers."""

    @classmethod
    def factory(cls, config: SchedulerConfig) -> SchedulerFactory:
        """Return the factory for a config.

        Raises
        ------
        ValueError
            If a field is not valid or not supported: `scale_factors` must be empty. See also `FlowMatchNoise`.
        """
        if config.numbers("scale_factors") is not None:
            raise config.error("scale_factors", "is not empty, which is not supported; remove it")
        return partial(cls, FlowMatchNoise.from_config(config), True)
