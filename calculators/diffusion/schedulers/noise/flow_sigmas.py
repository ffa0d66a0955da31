"""The schedule of flow-match models in multistep solvers, as in diffusers with ``use_flow_sigmas``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphframe.calculators.diffusion.schedulers.config import SchedulerConfig
from graphframe.calculators.diffusion.schedulers.noise.flow_match import DynamicShift

_ALMOST = 1e-6
"""The weight of the image in pure noise. With 0, the signal-to-noise ratio has no logarithm."""


@dataclass(frozen=True, slots=True)
class FlowSigmas:
    """Evenly spaced weights of the noise, shifted towards noise.

    Attributes
    ----------
    num_train_timesteps : int
        The timestep of pure noise.
    shift : float
        The shift, for images of any size.
    dynamic : DynamicShift or None
        A shift that depends on the image size, instead of `shift`.
    from_one : bool
        Whether the first weight is almost 1, as in UniPC. In other solvers it is a timestep less.
    terminal : float or None
        The last weight, to which the schedule is stretched.
    """

    num_train_timesteps: int
    shift: float
    dynamic: DynamicShift | None
    from_one: bool
    terminal: float | None

    @classmethod
    def from_config(cls, config: SchedulerConfig, *, from_one: bool = False) -> FlowSigmas | None:
        """Return the schedule in a config, or None if `use_flow_sigmas` is false.

        Raises
        ------
        ValueError
            If a field is not valid.
        """
        if not config.flag("use_flow_sigmas", False):
            return None
        return cls(
            config.integer("num_train_timesteps", 1000, minimum=2),
            config.positive("flow_shift") or 1.0,
            # NOTE: diffusers' default, "exponential", is the form of the shift, not openvino_genai's other formula.
            DynamicShift.from_config(config.with_fields({"time_shift_type": "linear"})),
            from_one,
            config.positive("shift_terminal") if from_one else None,
        )

    def steps(
        self, num_inference_steps: int, image_seq_len: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return the timesteps and the weights of the noise before each step.

        Raises
        ------
        ValueError
            If the number of steps is out of range, or `image_seq_len` is required.
        """
        if num_inference_steps < 1:
            raise ValueError(f"num_inference_steps must be at least 1, not {num_inference_steps}")
        shift = self.shift
        if self.dynamic is not None:
            if image_seq_len is None:
                raise ValueError("the scheduler's use_dynamic_shifting is true, which is not supported for this model")
            shift = math.exp(self.dynamic.mu(image_seq_len, num_inference_steps))
        even = np.linspace(1, 1 / self.num_train_timesteps, num_inference_steps + 1)
        even = even[:-1] if self.from_one else (1 - even)[:0:-1]
        sigmas = shift * even / (1 + (shift - 1) * even)
        if self.terminal is not None:
            sigmas = 1 - (1 - sigmas) * (1 - self.terminal) / (1 - sigmas[-1])
        sigmas = np.minimum(sigmas, 1 - _ALMOST)
        # NOTE: diffusers cuts the fractions of the timesteps off.
        return np.trunc(sigmas * self.num_train_timesteps).astype(np.float32), sigmas
