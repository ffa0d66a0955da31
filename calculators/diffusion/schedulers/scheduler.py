"""What a scheduler is: the steps that lead from noise to a latent, and the arithmetic of one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Randn: TypeAlias = Callable[[tuple[int, ...]], NDArray[np.float32]]
"""Draws standard normal float32 noise of a shape, from the one generator of the run."""


class Step(NamedTuple):
    """What one step gives.

    Attributes
    ----------
    sample
        float32, the latent that the next step starts from.
    denoised
        float32, of the same shape: the picture as foreseen at this step, for a preview to decode. After the last step,
        what is to be decoded as the picture.
    """

    sample: NDArray[np.float32]
    denoised: NDArray[np.float32]


class Scheduler(Protocol):
    """The steps of one run; a run makes its own, since some remember earlier steps.

    Attributes
    ----------
    timesteps
        int64, shape (steps,): what the model is told at each step, in the order of the steps. There may be one more
        than `num_inference_steps` (PNDM).
    init_noise_sigma
        Standard deviation of the noise that the first step starts from.
    """

    @property
    def timesteps(self) -> NDArray[np.int64]: ...
    @property
    def init_noise_sigma(self) -> np.float32: ...

    def scale_model_input(self, sample: NDArray[np.float32], step: int) -> NDArray[np.float32]:
        """Return what the model is given for the latent `sample` at `step`; it may be `sample` itself."""
        ...

    def step(
        self,
        model_output: NDArray[np.float32],
        step: int,
        sample: NDArray[np.float32],
        randn: Randn,
    ) -> Step:
        """Take one step. To be called once for each step, in order.

        Parameters
        ----------
        model_output
            float32, what the model (after guidance) said at this step. Left as it is, like `sample`.
        step
            Index into `timesteps`.
        sample
            float32, of the same shape, any shape: the latent before the step, not scaled.
        randn
            Where noise comes from. It is drawn for the whole batch at once, and only by schedulers that add noise.
        """
        ...


class SchedulerFactory(Protocol):
    """A scheduler of which everything is known but the number of steps. May be called by several runs at once."""

    def __call__(self, num_inference_steps: int) -> Scheduler:
        """Make the scheduler of one run.

        Raises
        ------
        ValueError
            If the number of steps is not possible with this scheduler.
        """
        ...
